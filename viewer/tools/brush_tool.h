#pragma once

#include <optional>

#include "viewer/session/session.h"
#include "viewer/tools/tool.h"

namespace mcj {

/// Paints or erases on the mask of the shown frame: one drag is one stroke and one undo step.
/// Pressing stops playback and keeps the frame on screen, even if another one is being decoded. A
/// stroke ends when another frame is shown.
class BrushTool : public Tool {
public:
    BrushTool(Session& session, StrokeMode mode) : session_(session), mode_(mode) {}
    ~BrushTool() override;

    void press(const ToolPointer& pointer) override;
    void move(const ToolPointer& pointer) override;
    void release(const ToolPointer& pointer) override;
    void cancel() override;
    [[nodiscard]] ToolCursor cursor() const override;

private:
    void end();

    Session& session_;
    StrokeMode mode_;
    std::optional<FrameIndex> strokeFrame_;  ///< during a stroke of this tool
};

}  // namespace mcj
