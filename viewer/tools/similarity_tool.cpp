#include "viewer/tools/similarity_tool.h"

#include <algorithm>
#include <cmath>

#include "viewer/session/session.h"

namespace mcj {

namespace {

bool inside(ImagePos pos, SizePx size) {
    constexpr double kHalf = 0.5;
    return pos.x >= -kHalf && pos.y >= -kHalf && pos.x < size.width - kHalf &&
           pos.y < size.height - kHalf;
}

/// Positions in the outer half of border pixels are clamped: features are read between pixel
/// centres.
ImagePos betweenCentres(ImagePos pos, SizePx size) {
    return {std::clamp(pos.x, 0.0, size.width - 1.0), std::clamp(pos.y, 0.0, size.height - 1.0)};
}

}  // namespace

void SimilarityTool::press(const ToolPointer& pointer) {
    if (session_.playhead().waitsForExact(Session::tr("Similarity"))) return;
    if (pointer.modifiers.testFlag(Qt::ShiftModifier)) {
        if (const auto where = askedAt(pointer.at)) session_.view().addPin(*where);
    } else if (const auto pin = otherPinAt(pointer)) {
        session_.view().selectPin(*pin);
    } else {
        dragging_ = true;
        ask(pointer);
    }
}

void SimilarityTool::drag(const ToolPointer& pointer) {
    if (dragging_) ask(pointer);
}

void SimilarityTool::hover(const ToolPointer& pointer) {
    const bool exact = session_.playhead().approximate() == nullptr;
    if (exact && pointer.modifiers.testFlag(Qt::ControlModifier)) ask(pointer);
}

bool SimilarityTool::key(int key, Qt::KeyboardModifiers modifiers) {
    if (key != Qt::Key_Delete || modifiers != Qt::NoModifier) return false;
    session_.view().clearQuery();
    return true;
}

void SimilarityTool::ask(const ToolPointer& pointer) {
    if (const auto where = askedAt(pointer.at)) session_.view().setQuery(*where);
}

std::optional<PointF> SimilarityTool::askedAt(ImagePos at) const {
    const FramePtr& shown = session_.view().frame();
    if (!shown || !inside(at, shown->size())) return std::nullopt;
    return pointOf(betweenCentres(at, shown->size()));
}

std::optional<std::size_t> SimilarityTool::otherPinAt(const ToolPointer& pointer) const {
    const FramePtr& shown = session_.view().frame();
    if (!shown) return std::nullopt;
    const Pins& pins = session_.view().pins();
    const ViewPos hit = view_.viewFromImage(pointer.at);
    std::optional<std::size_t> nearest;
    double least = kPickPx;
    for (std::size_t place = 0; place < pins.all().size(); ++place) {
        const std::optional<PointF> point = pins.all()[place].trajectory.at(shown->index);
        if (!point) continue;
        const ViewPos mark = view_.viewFromImage({point->x, point->y});
        const double away = std::hypot(mark.x - hit.x, mark.y - hit.y);
        if (away > least) continue;
        least = away;
        nearest = place;
    }
    // Where pins lie on each other, the selected one is dragged.
    return nearest == pins.selectedPlace() ? std::nullopt : nearest;
}

}  // namespace mcj
