#pragma once

#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "segmentation/rle.h"

namespace mcj {

/// A corner of a polygon in pixels; (0, 0) is the corner of the first pixel, not its centre.
struct PolygonCorner {
    double x = 0.0;
    double y = 0.0;
};

/// The pixels inside a closed polygon, as `rleFrPoly` in cocoapi's maskApi.c computes them: the
/// outline is sampled at five times the resolution, and a pixel belongs to the polygon if its
/// centre lies inside.
[[nodiscard]] CocoRle rleOfPolygon(std::span<const PolygonCorner> corners, SizePx size);

/// The pixels that are in one of the two, which have one size.
[[nodiscard]] CocoRle unionOf(const CocoRle& a, const CocoRle& b);

/// A "segmentation" of COCO: {size: [height, width], counts: text or list} or a list of polygons
/// [x1, y1, ...], which are united. Throws `Error{Input}` that begins with `where`.
[[nodiscard]] CocoRle cocoSegmentation(const nlohmann::json& segmentation, SizePx size,
                                       const std::string& where);

/// The compressed text as a shape that fills `size`. Throws `Error{Input}` that begins with `where`
/// if its length is wrong.
[[nodiscard]] CocoRle checkedRle(std::vector<std::uint32_t> counts, SizePx size,
                                 const std::string& where);
[[nodiscard]] CocoRle checkedRle(std::string_view compressed, SizePx size,
                                 const std::string& where);

}  // namespace mcj
