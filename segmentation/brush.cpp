#include "segmentation/brush.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace mcj {
namespace {

/// Grows with each changed pixel.
class DirtyBox {
public:
    void add(int x, int y) { addRun(x, x + 1, y); }
    void addRun(int x0, int x1, int y) {
        box_ = started_ ? BoxPx{std::min(box_.x0, x0), std::min(box_.y0, y), std::max(box_.x1, x1),
                                std::max(box_.y1, y + 1)}
                        : BoxPx{x0, y, x1, y + 1};
        started_ = true;
    }
    [[nodiscard]] BoxPx box() const { return box_; }

private:
    BoxPx box_;
    bool started_ = false;
};

/// Squared distance from (x, y) to the segment.
double squaredDistance(double x, double y, PointF from, PointF to) {
    const double dx = double{to.x} - from.x;
    const double dy = double{to.y} - from.y;
    const double length2 = dx * dx + dy * dy;
    const double along =
        length2 > 0.0 ? std::clamp(((x - from.x) * dx + (y - from.y) * dy) / length2, 0.0, 1.0)
                      : 0.0;
    const double ex = x - (from.x + along * dx);
    const double ey = y - (from.y + along * dy);
    return ex * ex + ey * ey;
}

/// The x that the segment passes while its y is in [low, high].
std::pair<double, double> xRangeBetween(PointF from, PointF to, double low, double high) {
    const double dx = double{to.x} - from.x;
    const double dy = double{to.y} - from.y;
    double start = 0.0;
    double end = 1.0;
    if (dy != 0.0) {
        const double a = (low - from.y) / dy;
        const double b = (high - from.y) / dy;
        start = std::clamp(std::min(a, b), 0.0, 1.0);
        end = std::clamp(std::max(a, b), 0.0, 1.0);
    }
    return std::minmax({from.x + start * dx, from.x + end * dx});
}

/// First and last whole numbers in [low, high] that are inside [0, end).
int firstInside(double low) { return static_cast<int>(std::ceil(std::clamp(low, 0.0, 1e9))); }
int lastInside(double high, int end) {
    return static_cast<int>(std::floor(std::clamp(high, -1.0, static_cast<double>(end - 1))));
}

void paintPixel(ObjectId& label, const Brush& brush, int x, int y, DirtyBox& dirty) {
    if (brush.locked.test(label)) return;
    if (brush.action == BrushAction::EraseObject && label != brush.object) return;
    const ObjectId painted = brush.action == BrushAction::Paint ? brush.object : kBackground;
    if (label == painted) return;
    label = painted;
    dirty.add(x, y);
}

}  // namespace

BoxPx paintSegment(Mask& mask, PointF from, PointF to, const Brush& brush) {
    for (const float value : {from.x, from.y, to.x, to.y, brush.radiusPx}) {
        if (!std::isfinite(value)) return {};
    }
    const double radius = brush.radiusPx;
    if (radius < 0.0) return {};
    const SizePx size = mask.size();
    const int y0 = firstInside(double{std::min(from.y, to.y)} - radius);
    const int y1 = lastInside(double{std::max(from.y, to.y)} + radius, size.height);
    DirtyBox dirty;
    for (int y = y0; y <= y1; ++y) {
        // The part of the segment within the radius of this row.
        const auto [low, high] = xRangeBetween(from, to, y - radius, y + radius);
        const int x0 = firstInside(low - radius);
        const int x1 = lastInside(high + radius, size.width);
        ObjectId* row = mask.labels.row(y);
        for (int x = x0; x <= x1; ++x) {
            if (squaredDistance(x, y, from, to) > radius * radius) continue;
            paintPixel(row[x], brush, x, y, dirty);
        }
    }
    return dirty.box();
}

BoxPx floodFill(Mask& mask, PointPx seed, ObjectId object, const ObjectSet& locked) {
    const SizePx size = mask.size();
    if (seed.x < 0 || seed.y < 0 || seed.x >= size.width || seed.y >= size.height) return {};
    const ObjectId target = mask.labels.at(seed.y, seed.x);
    if (target == object || locked.test(target)) return {};
    DirtyBox dirty;
    std::vector<PointPx> seeds{seed};
    while (!seeds.empty()) {
        const PointPx at = seeds.back();
        seeds.pop_back();
        ObjectId* row = mask.labels.row(at.y);
        if (row[at.x] != target) continue;
        int x0 = at.x;
        while (x0 > 0 && row[x0 - 1] == target) --x0;
        int x1 = at.x + 1;
        while (x1 < size.width && row[x1] == target) ++x1;
        std::fill(row + x0, row + x1, object);
        dirty.addRun(x0, x1, at.y);
        for (const int y : {at.y - 1, at.y + 1}) {
            if (y < 0 || y >= size.height) continue;
            const ObjectId* next = mask.labels.row(y);
            for (int x = x0; x < x1; ++x) {
                // One seed per run is enough: its pop fills the run to both ends.
                if (next[x] == target && (x == x0 || next[x - 1] != target))
                    seeds.push_back({x, y});
            }
        }
    }
    return dirty.box();
}

BoxPx unite(BoxPx first, BoxPx second) {
    if (first.empty()) return second;
    if (second.empty()) return first;
    return {std::min(first.x0, second.x0), std::min(first.y0, second.y0),
            std::max(first.x1, second.x1), std::max(first.y1, second.y1)};
}

}  // namespace mcj
