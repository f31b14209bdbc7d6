#include "viewer/tools/similarity_tool.h"

#include <algorithm>

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
    dragging_ = true;
    ask(pointer);
}

void SimilarityTool::drag(const ToolPointer& pointer) {
    if (dragging_) ask(pointer);
}

void SimilarityTool::hover(const ToolPointer& pointer) {
    const bool exact = session_.playhead().approximate() == nullptr;
    if (exact && pointer.modifiers.testFlag(Qt::ShiftModifier)) ask(pointer);
}

bool SimilarityTool::key(int key, Qt::KeyboardModifiers modifiers) {
    if (key != Qt::Key_Delete || modifiers != Qt::NoModifier) return false;
    session_.view().clearQuery();
    return true;
}

void SimilarityTool::ask(const ToolPointer& pointer) {
    if (!session_.playhead().shown()) return;
    const SizePx size = session_.playhead().shown()->size();
    if (!inside(pointer.at, size)) return;
    session_.view().setQuery(pointOf(betweenCentres(pointer.at, size)));
}

}  // namespace mcj
