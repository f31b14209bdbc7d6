#include "viewer/canvas/overlay_legend.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>

namespace mcj {

namespace {

template <typename... Args>
std::string format(const char* pattern, Args... args) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), pattern, args...);
    return text.data();
}

/// Avoids "-0.00".
float withoutNegativeZero(float value, int decimals) {
    const float half = 0.5F * std::pow(10.0F, static_cast<float>(-decimals));
    return std::abs(value) < half ? 0.0F : value;
}

}  // namespace

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

Raster<std::uint8_t> colorStrip(Colormap colors) {
    const auto& table = colormapTable(colors);
    Raster<std::uint8_t> strip({static_cast<int>(table.size()), 1}, 3);
    for (std::size_t i = 0; i < table.size(); ++i) {
        std::copy(table[i].begin(), table[i].end(), &strip.at(0, static_cast<int>(i)));
    }
    return strip;
}

std::string legendNumber(float value) {
    return format("%.4g", static_cast<double>(value == 0.0F ? 0.0F : value));
}

std::string signedNumber(float value, int decimals) {
    if (std::isnan(value)) return "unknown";
    return format("%+.*f", decimals, static_cast<double>(withoutNegativeZero(value, decimals)));
}

std::string plainNumber(float value, int decimals) {
    if (std::isnan(value)) return "unknown";
    return format("%.*f", decimals, static_cast<double>(withoutNegativeZero(value, decimals)));
}

std::string clockTime(double secs) {
    const auto millis = static_cast<long long>(std::llround(std::max(secs, 0.0) * 1000.0));
    const long long minutes = millis / 60000;
    const long long hours = minutes / 60;
    if (hours > 0) {
        return format("%lld:%02lld:%02lld.%03lld", hours, minutes % 60, millis / 1000 % 60,
                      millis % 1000);
    }
    return format("%lld:%02lld.%03lld", minutes, millis / 1000 % 60, millis % 1000);
}

std::string zoomPercent(double scale) {
    const double percent = scale * 100.0;
    return percent >= 100.0 ? format("%.0f %%", percent) : format("%.3g %%", percent);
}

float flowAngleDeg(PointF flow) {
    if (flow.x == 0.0F && flow.y == 0.0F) return 0.0F;
    // Upwards is negative v. Use 0 - v, so that v = 0 gives +0 and not an angle of -180.
    const float angle = std::atan2(0.0F - flow.y, flow.x) * 180.0F / std::numbers::pi_v<float>;
    return angle < 0.0F ? angle + 360.0F : angle;
}

}  // namespace mcj
