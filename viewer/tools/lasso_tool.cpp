#include "viewer/tools/lasso_tool.h"

#include "viewer/session/session.h"

namespace mcj {

void LassoTool::press(const ToolPointer& pointer) {
    points_.clear();
    on_ = holdShownFrame(session_, Session::tr("Drawing"));
    if (on_ && !session_.masks().changeable(on_->frame)) on_.reset();
    mode_ = takesAway(pointer) ? StrokeMode::Erase : StrokeMode::Paint;
    drag(pointer);
}

void LassoTool::drag(const ToolPointer& pointer) {
    // Another frame on screen ends the drag without effect.
    if (on_ && shownFrame(session_) != on_) on_.reset();
    if (on_) points_.push_back(pointer.at);
}

void LassoTool::release(const ToolPointer& pointer) {
    drag(pointer);
    if (!on_) return;
    std::vector<PointF> outline;
    outline.reserve(points_.size());
    for (const ImagePos& point : points_) outline.push_back(pointOf(point));
    const FrameIndex frame = on_->frame;
    on_.reset();
    session_.masks().paintRegion(frame, mode_, polygonRegion(session_.document().size(), outline));
}

ToolOverlay LassoTool::overlay() const {
    ToolOverlay shown{.hidesValues = true};
    if (on_) shown.outline = ToolOutline{.points = points_, .mode = mode_};
    return shown;
}

}  // namespace mcj
