#include "media/figure/picture_blend.h"

#include <cmath>

namespace mcj {

void blendPixel(std::uint8_t* pixel, const std::uint8_t* color, float opacity) {
    for (int c = 0; c < 3; ++c) {
        const float value = static_cast<float>(pixel[c]) * (1.0F - opacity) +
                            static_cast<float>(color[c]) * opacity;
        pixel[c] = static_cast<std::uint8_t>(std::lround(value));
    }
}

void blendPicture(Raster<std::uint8_t>& picture, const Raster<std::uint8_t>& colors,
                  float opacity) {
    if (colors.size() != picture.size()) return;
    for (int y = 0; y < picture.height(); ++y) {
        for (int x = 0; x < picture.width(); ++x) {
            blendPixel(&picture.at(y, x), &colors.at(y, x), opacity);
        }
    }
}

void blendScalar(Raster<std::uint8_t>& picture, const ScalarMap& map, const ScalarLook& look,
                 float opacity) {
    if (map.size() != picture.size()) return;
    const auto& table = colormapTable(look.colormap);
    const ScalarSpan span = scalarSpan(look.colormap, look.low, look.high);
    for (int y = 0; y < picture.height(); ++y) {
        for (int x = 0; x < picture.width(); ++x) {
            const float value = map.values.at(y, x);
            if (std::isnan(value)) continue;
            blendPixel(&picture.at(y, x), table[span.indexOf(value)].data(), opacity);
        }
    }
}

}  // namespace mcj
