#pragma once

#include <optional>

#include "viewer/session/session.h"
#include "viewer/tools/edited_frame.h"
#include "viewer/tools/tool.h"

namespace mcj {

/// Paints or erases on the mask of the shown frame: one drag is one stroke and one undo step.
/// Pressing stops playback and keeps the frame on screen, even if another one is being decoded. A
/// stroke ends when another frame is shown. Shift and a press draw a straight line from the end of
/// the last stroke on the frame; a drag with Ctrl or Alt erases; Alt and a click choose the object
/// under the pointer; Ctrl and the wheel change the brush size. A pen's pressure changes the radius
/// of the stroke (MaskEditor::penPressure).
class BrushTool : public Tool {
public:
    BrushTool(Session& session, StrokeMode mode) : session_(session), mode_(mode) {}
    ~BrushTool() override;

    void press(const ToolPointer& pointer) override;
    void drag(const ToolPointer& pointer) override;
    void release(const ToolPointer& pointer) override;
    void cancel() override;
    bool wheel(const ToolPointer& pointer, double notches) override;
    [[nodiscard]] bool edits() const override { return true; }
    [[nodiscard]] ToolCursor cursor() const override { return ToolCursor::Cross; }
    [[nodiscard]] ToolOverlay overlay() const override;

private:
    void begin(const EditedFrame& on, const ToolPointer& pointer, StrokeMode mode);
    void end();

    struct StrokeEnd {
        EditedFrame on;
        PointF at;
    };

    struct Tap {
        EditedFrame on;
        ToolPointer pressed;
    };

    Session& session_;
    StrokeMode mode_;
    std::optional<EditedFrame> on_;  ///< during a stroke of this tool
    StrokeMode strokeMode_ = mode_;  ///< of that stroke
    std::optional<StrokeEnd> last_;
    std::optional<Tap> tap_;  ///< Alt is held, and the pointer has not moved so far
};

}  // namespace mcj
