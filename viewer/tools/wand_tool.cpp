#include "viewer/tools/wand_tool.h"

#include "viewer/session/session.h"
#include "viewer/tools/edited_frame.h"

namespace mcj {
namespace {

/// Cosine per logical pixel: the useful range, about 0.2 to 0.8, is 200 px wide.
constexpr double kPerPx = 0.003;
constexpr float kPerNotch = 0.02F;

}  // namespace

WandTool::~WandTool() { session_.maskTools().wand.forget(); }

void WandTool::press(const ToolPointer& pointer) {
    dragging_ = false;
    const auto on = holdShownFrame(session_, Session::tr("Selecting"));
    if (!on || !session_.masks().changeable(on->frame)) return;
    const SizePx size = session_.playhead().shown()->size();
    const PointPx pixel = pixelOf(pointer.at);
    if (pixel.x < 0 || pixel.y < 0 || pixel.x >= size.width || pixel.y >= size.height) return;
    dragging_ = true;
    pressedX_ = pointer.view.x;
    thresholdBefore_ = session_.maskTools().wand.threshold();
    session_.maskTools().wand.choose({static_cast<float>(pixel.x), static_cast<float>(pixel.y)},
                                     takesAway(pointer) ? StrokeMode::Erase : StrokeMode::Paint);
}

void WandTool::drag(const ToolPointer& pointer) {
    if (!dragging_) return;
    session_.maskTools().wand.setThreshold(
        thresholdBefore_ - static_cast<float>(kPerPx * (pointer.view.x - pressedX_)));
}

void WandTool::cancel() {
    if (!dragging_) return;
    dragging_ = false;
    session_.maskTools().wand.setThreshold(thresholdBefore_);
    session_.maskTools().proposals.reject();
}

bool WandTool::wheel(const ToolPointer& pointer, double notches) {
    if (pointer.modifiers != Qt::NoModifier || !session_.maskTools().wand.waits()) return false;
    session_.maskTools().wand.setThreshold(session_.maskTools().wand.threshold() -
                                           kPerNotch * static_cast<float>(notches));
    return true;
}

}  // namespace mcj
