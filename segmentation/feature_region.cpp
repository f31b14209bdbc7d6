#include "segmentation/feature_region.h"

#include <algorithm>

#include "media/base/error.h"

namespace mcj {
namespace {

/// One moves the outline about half of the way to the edge, two all of it.
constexpr int kRounds = 2;

void checkSize(SizePx a, SizePx b) {
    if (a != b) throw Error(ErrorCode::Input, "the region and the picture have different sizes");
}

/// The box with `marginPx` more on each side, as far as the picture reaches.
BoxPx widened(const BoxPx& box, int marginPx, SizePx size) {
    return {std::max(0, box.x0 - marginPx), std::max(0, box.y0 - marginPx),
            std::min(size.width, box.x1 + marginPx), std::min(size.height, box.y1 + marginPx)};
}

BoxPx boundsOfRegion(const Region& region) {
    BoxPx box;
    for (int y = 0; y < region.height(); ++y) {
        for (int x = 0; x < region.width(); ++x) {
            if (region.at(y, x) != 0) box = unite(box, {x, y, x + 1, y + 1});
        }
    }
    return box;
}

template <typename T>
Raster<T> cut(const Raster<T>& all, const BoxPx& box) {
    Raster<T> part(box.size(), all.channels());
    for (int y = box.y0; y < box.y1; ++y) {
        const T* from = &all.at(y, box.x0);
        std::copy(from, from + part.width() * part.channels(), part.row(y - box.y0));
    }
    return part;
}

}  // namespace

Region refineRegion(const Region& region, const Raster<std::uint8_t>& picture,
                    const GuidedFilterOptions& edges, const StopToken& stop) {
    checkSize(region.size(), picture.size());
    const BoxPx bounds = boundsOfRegion(region);
    if (bounds.empty()) return region;
    GuidedFilterOptions fitting = edges;
    // A window much larger than the region would average it away.
    const int sidePx = std::min(bounds.size().width, bounds.size().height);
    fitting.radiusPx = std::clamp(sidePx / 4, 1, std::max(1, edges.radiusPx));
    const BoxPx box = widened(bounds, 2 * fitting.radiusPx, region.size());
    const Raster<std::uint8_t> guide = cut(picture, box);
    Raster<float> inside(box.size(), 1);
    for (int y = box.y0; y < box.y1; ++y) {
        for (int x = box.x0; x < box.x1; ++x) {
            inside.at(y - box.y0, x - box.x0) = region.at(y, x) != 0 ? 1.0F : 0.0F;
        }
    }
    for (int round = 0; round < kRounds; ++round) {
        stop.throwIfStopped("refining a region");
        inside = guidedFilter(inside, guide, fitting);
        for (float& value : inside.values()) value = value >= 0.5F ? 1.0F : 0.0F;
    }
    Region refined(region.size(), 1);
    for (int y = box.y0; y < box.y1; ++y) {
        for (int x = box.x0; x < box.x1; ++x) {
            const bool in = inside.at(y - box.y0, x - box.x0) > 0.0F;
            refined.at(y, x) = in ? std::uint8_t{1} : std::uint8_t{0};
        }
    }
    return refined;
}

Region likeRegion(const ScalarMap& similarity, PointPx at, const Raster<std::uint8_t>& picture,
                  const FeatureRegionOptions& options) {
    checkSize(similarity.size(), picture.size());
    const SizePx size = picture.size();
    Region region(size, 1);
    if (at.x < 0 || at.y < 0 || at.x >= size.width || at.y >= size.height) return region;
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            // Not where it is unknown.
            const bool like = similarity.values.at(y, x) >= options.threshold;
            region.at(y, x) = like ? std::uint8_t{1} : std::uint8_t{0};
        }
    }
    if (region.at(at.y, at.x) == 0) return Region(size, 1);
    if (options.reach == RegionReach::Connected) {
        Mask joined(std::move(region));
        (void)floodFill(joined, at, 2);
        region = Region(size, 1);
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
                const bool reached = joined.labels.at(y, x) == 2;
                region.at(y, x) = reached ? std::uint8_t{1} : std::uint8_t{0};
            }
        }
    }
    return refineRegion(region, picture, options.edges);
}

}  // namespace mcj
