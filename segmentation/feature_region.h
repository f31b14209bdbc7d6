#pragma once

#include "media/base/scalar_map.h"
#include "media/base/stop_token.h"
#include "segmentation/guided_filter.h"
#include "segmentation/region.h"

namespace mcj {

enum class RegionReach {
    Connected,   ///< only pixels that a path of pixels (4 neighbours) joins to the chosen one
    Everywhere,  ///< all pixels
};

struct FeatureRegionOptions {
    float threshold = 0.5F;  ///< the least cosine of a pixel, -1..1
    RegionReach reach = RegionReach::Connected;
    /// Moves the outline from the cells of the features to the edges of the picture; the radius is
    /// about the side of a cell.
    GuidedFilterOptions edges{.radiusPx = 8, .epsilon = 0.001F};
};

/// The pixels of `picture` (H x W x 3, RGB) whose content is similar to that at `at`: `similarity`
/// is the cosine with it, on the same grid, NaN where it is unknown. Empty if `at` is outside or
/// its own value is below the threshold. Throws `Error{Input}` where the sizes differ.
[[nodiscard]] Region likeRegion(const ScalarMap& similarity, PointPx at,
                                const Raster<std::uint8_t>& picture,
                                const FeatureRegionOptions& options = {});

/// `region` with its outline on the edges of `picture`: twice, its indicator is smoothed by the
/// guided filter and cut at a half. The radius is at most a quarter of the region's shorter side.
/// Only pixels within twice the radius of the region's box may join. Throws `Error{Input}` where
/// the sizes differ and `Error{Interrupted}` once a stop is asked for.
[[nodiscard]] Region refineRegion(const Region& region, const Raster<std::uint8_t>& picture,
                                  const GuidedFilterOptions& edges, const StopToken& stop = {});

}  // namespace mcj
