#include "viewer/canvas/overlay_text.h"

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
