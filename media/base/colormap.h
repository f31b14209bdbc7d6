#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "media/base/scalar_map.h"

namespace mcj {

/// Maps of one scalar to a colour. `Signed` is diverging, its middle is zero.
enum class Colormap { Viridis, Cividis, Turbo, Signed };

/// 256 RGB entries; index 0 is the low end of the range.
[[nodiscard]] const std::array<std::array<std::uint8_t, 3>, 256>& colormapTable(Colormap map);

[[nodiscard]] std::string_view colormapName(Colormap map);

/// H x W x 3 RGB picture of `map` over its fixed range; NaN is black.
[[nodiscard]] Raster<std::uint8_t> colorizeScalar(const ScalarMap& map, Colormap colors);

}  // namespace mcj
