#pragma once

#include <cstdint>

#include "media/base/colormap.h"
#include "media/base/raster.h"
#include "media/base/scalar_map.h"

namespace mcj {

// Layers over a picture, on the CPU, by the rule of the canvas's shaders: the colour above has the
// share `opacity` (0..1), the one below the rest.

/// Three channels each.
void blendPixel(std::uint8_t* pixel, const std::uint8_t* color, float opacity);

/// H x W x 3 each. `colors` of another size are not drawn.
void blendPicture(Raster<std::uint8_t>& picture, const Raster<std::uint8_t>& colors, float opacity);

/// The colours of a map over an H x W x 3 picture; what has no value is not drawn, and neither is a
/// map of another size.
void blendScalar(Raster<std::uint8_t>& picture, const ScalarMap& map, const ScalarLook& look,
                 float opacity);

}  // namespace mcj
