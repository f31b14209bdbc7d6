#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "media/base/scalar_map.h"

namespace mcj {

/// Maps of one scalar to a colour. `Signed` is diverging, its middle is zero.
enum class Colormap { Viridis, Cividis, Turbo, Signed };

/// 256 RGB entries; index 0 is the low end of the range.
[[nodiscard]] const std::array<std::array<std::uint8_t, 3>, 256>& colormapTable(Colormap map);

[[nodiscard]] std::string_view colormapName(Colormap map);

/// The values of a colormap's first and last colour.
struct ScalarSpan {
    float low = 0.0F;
    float high = 0.0F;  ///< >= low; where it is equal, all values have the first colour

    [[nodiscard]] float width() const noexcept { return high - low; }
    /// The table's entry for `value`, which is not NaN. Values out of range take the nearest end.
    [[nodiscard]] std::size_t indexOf(float value) const noexcept {
        const float gain = width() > 0.0F ? 255.0F / width() : 0.0F;
        // Clamped before the product: infinity times a gain of zero would be NaN.
        const float inside = std::clamp(value, low, high);
        return static_cast<std::size_t>(
            std::clamp(static_cast<int>((inside - low) * gain + 0.5F), 0, 255));
    }
};

/// How a scalar map is coloured.
struct ScalarLook {
    Colormap colormap = Colormap::Viridis;
    float low = 0.0F;
    float high = 1.0F;  ///< > low
    friend bool operator==(const ScalarLook&, const ScalarLook&) = default;
};

/// The range that is drawn for a range of values; everything that colours scalars uses this.
/// `Signed` keeps zero in the middle by widening the shorter side; the others use the range as it
/// is.
[[nodiscard]] ScalarSpan scalarSpan(Colormap colors, float low, float high);

/// H x W x 3 RGB picture of `map` over its fixed range; NaN is black.
[[nodiscard]] Raster<std::uint8_t> colorizeScalar(const ScalarMap& map, Colormap colors);

}  // namespace mcj
