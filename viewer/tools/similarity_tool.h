#pragma once

#include "viewer/tools/tool.h"

namespace mcj {

/// Click or drag asks what in the shown frames looks like the place under the pointer. Each place
/// replaces the one before; nothing queues. Places beside the picture are not asked for.
class SimilarityTool : public Tool {
public:
    explicit SimilarityTool(Session& session) : session_(session) {}

    void press(const ToolPointer& pointer) override;
    void move(const ToolPointer& pointer) override;
    void release(const ToolPointer&) override { dragging_ = false; }
    void cancel() override { dragging_ = false; }
    [[nodiscard]] ToolCursor cursor() const override { return ToolCursor::Cross; }

private:
    void ask(const ToolPointer& pointer);

    Session& session_;
    bool dragging_ = false;
};

}  // namespace mcj
