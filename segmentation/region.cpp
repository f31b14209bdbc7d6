#include "segmentation/region.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "media/base/error.h"

namespace mcj {
namespace {

/// Where the edge meets the row of centres at `y`. The ends are taken from top to bottom, so that
/// polygons on either side of an edge get the same number.
double crossingAt(PointF a, PointF b, int y) {
    if (a.y > b.y) std::swap(a, b);
    const double along = (y - double{a.y}) / (double{b.y} - a.y);
    return a.x + along * (double{b.x} - a.x);
}

int columnFrom(double x, int width) {
    return static_cast<int>(std::ceil(std::clamp(x, 0.0, static_cast<double>(width))));
}

}  // namespace

Region polygonRegion(SizePx size, std::span<const PointF> points) {
    Region region(size, 1);
    if (size.empty() || points.size() < 3) return region;
    for (const PointF& point : points) {
        if (!std::isfinite(point.x) || !std::isfinite(point.y)) return region;
    }
    // The crossings of each row, edge by edge: a row is looked at only by the edges that meet it.
    std::vector<std::vector<double>> crossings(static_cast<std::size_t>(size.height));
    for (std::size_t i = 0; i < points.size(); ++i) {
        const PointF a = points[i];
        const PointF b = points[(i + 1) % points.size()];
        const double height = size.height;
        const double top = std::clamp(double{std::min(a.y, b.y)}, 0.0, height);
        const double bottom = std::clamp(double{std::max(a.y, b.y)}, 0.0, height);
        for (int y = static_cast<int>(std::ceil(top)); y < bottom; ++y) {
            crossings[static_cast<std::size_t>(y)].push_back(crossingAt(a, b, y));
        }
    }
    for (int y = 0; y < size.height; ++y) {
        std::vector<double>& row = crossings[static_cast<std::size_t>(y)];
        std::sort(row.begin(), row.end());
        for (std::size_t i = 0; i + 1 < row.size(); i += 2) {
            std::uint8_t* out = region.row(y);
            std::fill(out + columnFrom(row[i], size.width),
                      out + columnFrom(row[i + 1], size.width), std::uint8_t{1});
        }
    }
    return region;
}

Region connectedRegion(const Mask& mask, PointPx seed) {
    const SizePx size = mask.size();
    Region region(size, 1);
    if (seed.x < 0 || seed.y < 0 || seed.x >= size.width || seed.y >= size.height) return region;
    Mask filled = mask;
    (void)floodFill(filled, seed, mask.labels.at(seed.y, seed.x) == 1 ? ObjectId{2} : ObjectId{1});
    const auto before = mask.labels.values();
    const auto after = std::as_const(filled).labels.values();
    const auto inside = region.values();
    for (std::size_t i = 0; i < inside.size(); ++i) inside[i] = before[i] == after[i] ? 0 : 1;
    return region;
}

BoxPx paintRegion(Mask& mask, const Region& region, BrushAction action, ObjectId object) {
    if (region.size() != mask.size()) {
        throw Error(ErrorCode::Input, "the region and the mask have different sizes");
    }
    const ObjectId painted = action == BrushAction::Paint ? object : kBackground;
    BoxPx box;
    for (int y = 0; y < mask.size().height; ++y) {
        const std::uint8_t* chosen = region.row(y);
        ObjectId* labels = mask.labels.row(y);
        int first = -1;
        int last = -1;
        for (int x = 0; x < mask.size().width; ++x) {
            if (chosen[x] == 0 || labels[x] == painted) continue;
            if (action == BrushAction::EraseObject && labels[x] != object) continue;
            labels[x] = painted;
            if (first < 0) first = x;
            last = x;
        }
        if (first >= 0) box = unite(box, {first, y, last + 1, y + 1});
    }
    return box;
}

}  // namespace mcj
