#include "viewer/tools/similarity_tool.h"

#include "viewer/session/session.h"

namespace mcj {

namespace {

bool inside(ImagePos pos, SizePx size) {
    constexpr double kHalf = 0.5;
    return pos.x >= -kHalf && pos.y >= -kHalf && pos.x < size.width - kHalf &&
           pos.y < size.height - kHalf;
}

}  // namespace

void SimilarityTool::press(const ToolPointer& pointer) {
    dragging_ = true;
    ask(pointer);
}

void SimilarityTool::move(const ToolPointer& pointer) {
    if (dragging_) ask(pointer);
}

void SimilarityTool::ask(const ToolPointer& pointer) {
    if (!session_.frame() || !inside(pointer.at, session_.frame()->size())) return;
    session_.setQuery(pointOf(pointer.at));
}

}  // namespace mcj
