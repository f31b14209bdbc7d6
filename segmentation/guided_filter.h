#pragma once

#include <cstdint>

#include "media/base/raster.h"

namespace mcj {

/// He, Sun, Tang 2013, "Guided Image Filtering", with a colour guide (section 3.5).
struct GuidedFilterOptions {
    int radiusPx = 4;        ///< of the square window; at least 1
    float epsilon = 0.001F;  ///< of colours in 0..1, squared: weaker edges are smoothed away
};

/// `input` (H x W x 1) smoothed along the edges of `guide` (H x W x 3, RGB). In every window the
/// result is an affine function of the colours. Windows are cut off at the border and average the
/// pixels that remain. Time does not depend on the radius. Throws `Error{Input}` where the sizes
/// differ.
[[nodiscard]] Raster<float> guidedFilter(const Raster<float>& input,
                                         const Raster<std::uint8_t>& guide,
                                         const GuidedFilterOptions& options = {});

}  // namespace mcj
