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
/// is left out if its colour, as a median of 3 x 3, is nearer to the mean colour just outside of
/// the stroke than to that along its centre line, both of the surroundings within about one and a
/// half radii, unless these differ by 12 levels or less, or by less than the colours along the line
/// do among themselves; and so is what such pixels cut off from the line. What carries `label` in
/// `before` does not count as outside: it is already what the stroke makes. Time is proportional to
/// the stroke's length and width. Throws `Error{Input}` where the sizes differ.
[[nodiscard]] Region snapStroke(const Raster<std::uint8_t>& picture, const Mask& before,
                                std::span<const StrokePoint> stroke, ObjectId label);

}  // namespace mcj
