#pragma once

#include <span>

#include "segmentation/brush.h"

namespace mcj {

/// The pixels that a tool has chosen: H x W x 1, not 0 where a pixel belongs to the region.
using Region = Raster<std::uint8_t>;

/// The pixels whose centre is inside the closed polygon `points` (pixel centres are integers), by
/// the even-odd rule: parts that the outline encloses twice are outside. A centre on an edge
/// belongs to the side right of it or below it, so that polygons with a common edge share no pixel
/// and leave none out. Parts outside of the picture are cut off. Empty for fewer than three points
/// and where a coordinate is not finite.
[[nodiscard]] Region polygonRegion(SizePx size, std::span<const PointF> points);

/// The 4-connected area that carries the label at `seed`; empty where the seed is outside.
[[nodiscard]] Region connectedRegion(const Mask& mask, PointPx seed);

/// Draws a region with a brush's action; returns the box of the pixels that changed. Throws
/// `Error{Input}` where the sizes differ.
BoxPx paintRegion(Mask& mask, const Region& region, BrushAction action, ObjectId object);

}  // namespace mcj
