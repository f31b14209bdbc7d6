#pragma once

#include <span>

#include "segmentation/region.h"

namespace mcj {

/// A place of a brush stroke; the segment that ends there has its radius.
struct StrokePoint {
    PointF at;              ///< pixels; integers are pixel centres
    float radiusPx = 0.5F;  ///< of the brush, at least 0.5
};

/// The pixels of a stroke on `picture` (H x W x 3, RGB) that belong with its centre line. A pixel
/// is left out if its colour (the median of 3 x 3 pixels) is nearer to the mean colour just outside
/// the stroke than to the mean colour along its centre line. Both means are taken within about one
/// and a half radii of the pixel. If they differ by 12 levels or less, or by less than the colours
/// along the line vary, the pixel stays. Pixels that are cut off from the line by those left out
/// are left out as well. Pixels with `label` in `before` do not count as outside, because they
/// already have the label that the stroke gives. Time is proportional to the stroke's length and
/// width. Throws `Error{Input}` where the sizes differ.
[[nodiscard]] Region snapStroke(const Raster<std::uint8_t>& picture, const Mask& before,
                                std::span<const StrokePoint> stroke, ObjectId label);

}  // namespace mcj
