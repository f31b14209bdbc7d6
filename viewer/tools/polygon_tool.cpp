#include "viewer/tools/polygon_tool.h"

#include <cmath>

#include "viewer/session/session.h"

namespace mcj {

namespace {

/// The least number of points that encloses something.
constexpr std::size_t kLeast = 3;

}  // namespace

void PolygonTool::press(const ToolPointer& pointer) {
    if (!open()) {
        forget();
        const auto on = holdShownFrame(session_, Session::tr("Drawing"));
        if (!on || !session_.masks().changeable(on->frame)) return;
        on_ = *on;
        mode_ = takesAway(pointer) ? StrokeMode::Erase : StrokeMode::Paint;
    }
    if (const auto taken = pointAt(pointer.view)) {
        grip_ = Grip{*taken, pointer.view, points_[*taken]};
        return;
    }
    points_.push_back(pointer.at);
    grip_ = Grip{points_.size() - 1, pointer.view, std::nullopt};
}

void PolygonTool::drag(const ToolPointer& pointer) {
    if (!grip_ || !open()) return;
    const double away =
        std::hypot(pointer.view.x - grip_->pressed.x, pointer.view.y - grip_->pressed.y);
    // A hand that clicks is not quite still.
    if (!grip_->moved && away < kStillPx) return;
    points_[grip_->point] = pointer.at;
    grip_->moved = true;
}

void PolygonTool::release(const ToolPointer&) {
    if (!grip_) return;
    const Grip grip = *grip_;
    grip_.reset();
    if (grip.point == 0 && grip.before && !grip.moved && points_.size() >= kLeast) close();
}

void PolygonTool::cancel() {
    if (!grip_) return;
    if (grip_->before) {
        points_[grip_->point] = *grip_->before;
    } else {
        points_.pop_back();
    }
    grip_.reset();
}

bool PolygonTool::doubleClick(const ToolPointer&) {
    close();
    return true;
}

bool PolygonTool::claims(int key) const {
    if (!open()) return false;
    return key == Qt::Key_Return || key == Qt::Key_Enter || key == Qt::Key_Escape ||
           key == Qt::Key_Backspace;
}

bool PolygonTool::key(int key, Qt::KeyboardModifiers) {
    if (!claims(key)) return false;
    grip_.reset();
    if (key == Qt::Key_Escape) {
        forget();
    } else if (key == Qt::Key_Backspace) {
        points_.pop_back();
    } else {
        close();
    }
    return true;
}

ToolOverlay PolygonTool::overlay() const {
    ToolOverlay shown{.hidesValues = true};
    if (open()) {
        shown.outline = ToolOutline{
            .points = points_, .mode = mode_, .marksPoints = true, .toPointer = !grip_.has_value()};
    }
    return shown;
}

void PolygonTool::close() {
    if (!open() || points_.size() < kLeast) return;
    std::vector<PointF> outline;
    outline.reserve(points_.size());
    for (const ImagePos& point : points_) outline.push_back(pointOf(point));
    forget();
    session_.masks().paintRegion(on_.frame, mode_,
                                 polygonRegion(session_.document().size(), outline));
}

void PolygonTool::forget() {
    points_.clear();
    grip_.reset();
}

bool PolygonTool::open() const { return !points_.empty() && shownFrame(session_) == on_; }

std::optional<std::size_t> PolygonTool::pointAt(ViewPos at) const {
    std::optional<std::size_t> nearest;
    double least = kPickPx;
    for (std::size_t i = 0; i < points_.size(); ++i) {
        const ViewPos mark = view_.viewFromImage(points_[i]);
        const double away = std::hypot(mark.x - at.x, mark.y - at.y);
        if (away > least) continue;
        least = away;
        nearest = i;
    }
    return nearest;
}

}  // namespace mcj
