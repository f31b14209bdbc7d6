#include "media/figure/legends.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace mcj {

Raster<std::uint8_t> flowDisc(FlowWheel wheel, int diameterPx) {
    const int diameter = std::max(diameterPx, 1);
    Raster<std::uint8_t> disc({diameter, diameter}, 4);
    const float radius = static_cast<float>(diameter) / 2.0F;
    for (int y = 0; y < diameter; ++y) {
        for (int x = 0; x < diameter; ++x) {
            const float dx = static_cast<float>(x) + 0.5F - radius;
            const float dy = static_cast<float>(y) + 0.5F - radius;
            const float away = std::hypot(dx, dy);
            // Beyond full saturation hues get darker; the antialiased rim must not.
            const float shrink = 1.0F / std::max(radius, away);
            const auto rgb = flowColor({dx * shrink, dy * shrink}, wheel);
            std::copy(rgb.begin(), rgb.end(), &disc.at(y, x));
            const float cover = std::clamp(radius - away + 0.5F, 0.0F, 1.0F);
            disc.at(y, x, 3) = static_cast<std::uint8_t>(std::lround(255.0F * cover));
        }
    }
    return disc;
}

Raster<std::uint8_t> onPaper(const Raster<std::uint8_t>& rgba, SheetColor paper) {
    Raster<std::uint8_t> rgb(rgba.size(), 3);
    for (int y = 0; y < rgba.height(); ++y) {
        for (int x = 0; x < rgba.width(); ++x) {
            const int cover = rgba.at(y, x, 3);
            for (int c = 0; c < 3; ++c) {
                const int below = paper[static_cast<std::size_t>(c)];
                rgb.at(y, x, c) = static_cast<std::uint8_t>(
                    (below * (255 - cover) + rgba.at(y, x, c) * cover + 127) / 255);
            }
        }
    }
    return rgb;
}

Raster<std::uint8_t> colorStrip(Colormap colors) {
    const auto& table = colormapTable(colors);
    Raster<std::uint8_t> strip({static_cast<int>(table.size()), 1}, 3);
    for (std::size_t i = 0; i < table.size(); ++i) {
        std::copy(table[i].begin(), table[i].end(), &strip.at(0, static_cast<int>(i)));
    }
    return strip;
}

std::string legendNumber(float value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.4g",
                  static_cast<double>(value == 0.0F ? 0.0F : value));
    return text.data();
}

}  // namespace mcj
