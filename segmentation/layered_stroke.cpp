#include "segmentation/layered_stroke.h"

#include <cstddef>

namespace mcj {
namespace {

constexpr ObjectId kFresh = 1;
constexpr ObjectId kDrawn = 2;

}  // namespace

LayeredStroke::LayeredStroke(const LayeredMask& before, BrushAction action, ObjectId object,
                             const DrawingRules& rules)
    : mask_(before), touched_(before.size()), action_(action), object_(object), rules_(rules) {
    brush_.object = kFresh;
    brush_.locked.set(kDrawn);
}

BoxPx LayeredStroke::extend(Mask& shown, PointF from, PointF to, float radiusPx) {
    brush_.radiusPx = radiusPx;
    const BoxPx touched = paintSegment(touched_, from, to, brush_);
    BoxPx changed;
    for (int y = touched.y0; y < touched.y1; ++y) {
        ObjectId* fresh = touched_.labels.row(y);
        ObjectId* labels = shown.labels.row(y);
        const ObjectId* top = mask_.top().labels.row(y);
        const std::size_t begin =
            static_cast<std::size_t>(y) * static_cast<std::size_t>(shown.size().width);
        for (int x = touched.x0; x < touched.x1; ++x) {
            if (fresh[x] != kFresh) continue;
            fresh[x] = kDrawn;
            const std::size_t at = begin + static_cast<std::size_t>(x);
            if (action_ == BrushAction::Paint) {
                mask_.givePixel(at, object_, rules_);
            } else {
                mask_.takePixel(at, rules_.order);
            }
            if (labels[x] == top[x]) continue;
            labels[x] = top[x];
            changed = unite(changed, {x, y, x + 1, y + 1});
        }
    }
    return changed;
}

LayeredMask LayeredStroke::drawn() const {
    LayeredMask mask = mask_;
    mask.dropEmpty();
    return mask;
}

}  // namespace mcj
