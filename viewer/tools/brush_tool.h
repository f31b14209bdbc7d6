#pragma once

#include <optional>

#include "viewer/session/session.h"
#include "viewer/tools/tool.h"

namespace mcj {

/// Paints or erases on the mask of the shown frame: one drag is one stroke and one undo step.
/// Pressing stops playback and holds the picture that is on screen, also where another one was
/// asked for and is still being decoded. A stroke ends where the user goes to another frame.
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
    std::optional<FrameIndex> strokeFrame_;  ///< while a stroke of ours is under way
};

}  // namespace mcj
