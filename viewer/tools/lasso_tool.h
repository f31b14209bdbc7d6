#pragma once

#include <optional>
#include <vector>

#include "viewer/tools/edited_frame.h"
#include "viewer/tools/tool.h"

namespace mcj {

/// A drag is the outline of a region, closed by a straight line when the button is released: the
/// active object gets its pixels, with Alt or Ctrl it loses them. One undo step.
class LassoTool : public Tool {
public:
    explicit LassoTool(Session& session) : session_(session) {}

    void press(const ToolPointer& pointer) override;
    void drag(const ToolPointer& pointer) override;
    void release(const ToolPointer& pointer) override;
    void cancel() override { on_.reset(); }
    [[nodiscard]] bool edits() const override { return true; }
    [[nodiscard]] ToolCursor cursor() const override { return ToolCursor::Cross; }
    [[nodiscard]] ToolOverlay overlay() const override;

private:
    Session& session_;
    std::optional<EditedFrame> on_;  ///< during a drag
    StrokeMode mode_ = StrokeMode::Paint;
    std::vector<ImagePos> points_;
};

}  // namespace mcj
