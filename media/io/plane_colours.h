#pragma once

#include <cstddef>
#include <cstdint>

#include "media/base/raster.h"

namespace mcj {

/// How three planes of 8-bit samples become RGB where swscale has no matrix for it
/// (ITU-T H.273, table 4).
enum class PlaneRule {
    Matrix,    ///< swscale converts
    Identity,  ///< matrix 0: the planes are G, B, R
    YCgCo,     ///< matrix 8: Y, Cg, Co
};

/// Three planes of the same size; bytes from one row to the next.
struct Planes {
    const std::uint8_t* data[3] = {};
    int strides[3] = {};
};

/// Writes `size.height` rows of RGB, `rowBytes` apart. `fullRange`: samples use 0 to 255, else 16
/// to 235 (luma, Identity) and 16 to 240. `rule`: not Matrix.
void convertPlanes(const Planes& planes, SizePx size, PlaneRule rule, bool fullRange,
                   std::uint8_t* rgb, std::size_t rowBytes);

}  // namespace mcj
