#pragma once

#include "viewer/tools/tool.h"

namespace mcj {

/// Clicking or dragging sets the similarity query to the position under the pointer; with Shift,
/// moving the pointer is enough. Each position replaces the previous one without a queue. Positions
/// outside the picture are ignored. Delete clears the query.
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
