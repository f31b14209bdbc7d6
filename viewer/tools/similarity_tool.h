#pragma once

#include "viewer/tools/tool.h"

namespace mcj {

/// Clicking or dragging sets the similarity query to the position under the pointer. Each position
/// replaces the previous one without a queue. Positions outside the picture are ignored.
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
