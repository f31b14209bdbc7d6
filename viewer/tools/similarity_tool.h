#pragma once

#include "viewer/tools/tool.h"

namespace mcj {

/// Click or drag asks what in the shown frames looks like the place under the pointer; with Shift
/// moving the pointer is enough. Each place replaces the one before; nothing queues. Places beside
/// the picture are ignored. Delete forgets the place.
class SimilarityTool : public Tool {
public:
    explicit SimilarityTool(Session& session) : session_(session) {}

    void press(const ToolPointer& pointer) override;
    void drag(const ToolPointer& pointer) override;
    void release(const ToolPointer&) override { dragging_ = false; }
    void cancel() override { dragging_ = false; }
    void hover(const ToolPointer& pointer) override;
    bool key(int key, Qt::KeyboardModifiers modifiers) override;
    [[nodiscard]] ToolCursor cursor() const override { return ToolCursor::Cross; }
    [[nodiscard]] ToolOverlay overlay() const override { return {.marksQuery = true}; }

private:
    void ask(const ToolPointer& pointer);

    Session& session_;
    bool dragging_ = false;
};

}  // namespace mcj
