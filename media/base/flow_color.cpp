#include "media/base/flow_color.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace mcj {
namespace {

constexpr int kWheelSize = 55;
using Wheel = std::array<std::array<float, 3>, kWheelSize>;

/// colorcode.cpp: red to yellow to green to cyan to blue to magenta to red, more steps where the
/// eye tells hues apart more easily. The integer division is the reference's.
Wheel makeMiddleburyWheel() {
    constexpr int kRy = 15, kYg = 6, kGc = 4, kCb = 11, kBm = 13, kMr = 6;
    Wheel wheel{};
    std::size_t next = 0;
    const auto put = [&](int r, int g, int b) {
        wheel[next++] = {static_cast<float>(r), static_cast<float>(g), static_cast<float>(b)};
    };
    for (int i = 0; i < kRy; ++i) put(255, 255 * i / kRy, 0);
    for (int i = 0; i < kYg; ++i) put(255 - 255 * i / kYg, 255, 0);
    for (int i = 0; i < kGc; ++i) put(0, 255, 255 * i / kGc);
    for (int i = 0; i < kCb; ++i) put(0, 255 - 255 * i / kCb, 255);
    for (int i = 0; i < kBm; ++i) put(255 * i / kBm, 0, 255);
    for (int i = 0; i < kMr; ++i) put(255, 0, 255 - 255 * i / kMr);
    return wheel;
}

struct Lab {
    double lightness = 0.0;
    double a = 0.0;
    double b = 0.0;
};

/// CIE L*a*b* (D65) to sRGB, 0..255, clipped to the gamut.
std::array<float, 3> srgbFromLab(Lab lab) {
    const auto inverse = [](double t) {
        constexpr double kKnee = 6.0 / 29.0;
        return t > kKnee ? t * t * t : 3.0 * kKnee * kKnee * (t - 4.0 / 29.0);
    };
    const double fy = (lab.lightness + 16.0) / 116.0;
    const double x = 0.95047 * inverse(fy + lab.a / 500.0);
    const double y = inverse(fy);
    const double z = 1.08883 * inverse(fy - lab.b / 200.0);
    const std::array<double, 3> linear = {3.2406 * x - 1.5372 * y - 0.4986 * z,
                                          -0.9689 * x + 1.8758 * y + 0.0415 * z,
                                          0.0557 * x - 0.2040 * y + 1.0570 * z};
    std::array<float, 3> rgb{};
    for (std::size_t c = 0; c < 3; ++c) {
        const double value = std::clamp(linear[c], 0.0, 1.0);
        const double coded =
            value <= 0.0031308 ? 12.92 * value : 1.055 * std::pow(value, 1.0 / 2.4) - 0.055;
        rgb[c] = static_cast<float>(std::round(255.0 * coded));
    }
    return rgb;
}

/// An ellipse in L*a*b*. People without red or green cones keep lightness and blue-yellow, those
/// without blue cones lightness and red-green; the ellipse was searched so that the least distance
/// between opposite directions is as large as it gets for all three (simulation: Machado et al.
/// 2009, severity 1) while every hue stays darker than white, so that lightness follows magnitude.
Wheel makeVisionSafeWheel() {
    constexpr Lab kCentre{57.0, 15.2, 2.6};
    constexpr Lab kCosine{-7.7, 6.3, 54.2};
    constexpr Lab kSine{21.7, 0.9, 18.9};
    Wheel wheel{};
    for (int i = 0; i < kWheelSize; ++i) {
        // The last entry is one step before the first, as in the standard wheel.
        const double angle = 2.0 * std::numbers::pi * i / kWheelSize;
        const double c = std::cos(angle);
        const double s = std::sin(angle);
        wheel[static_cast<std::size_t>(i)] = srgbFromLab(
            {kCentre.lightness + c * kCosine.lightness + s * kSine.lightness,
             kCentre.a + c * kCosine.a + s * kSine.a, kCentre.b + c * kCosine.b + s * kSine.b});
    }
    return wheel;
}

/// atan2(y, x) / pi without a library call, which took half the time of a picture. Abramowitz and
/// Stegun 4.4.49, error below 2e-8 rad; handles the sign of zero as std::atan2 does.
inline float angleOverPi(float y, float x) {
    const float ax = std::abs(x);
    const float ay = std::abs(y);
    const float low = std::min(ax, ay);
    const float high = std::max(ax, ay);
    const float ratio = low / high;
    // 0 / 0 has no direction, and infinity over infinity is drawn as the diagonal.
    const float q = ratio <= 1.0F ? ratio : (high > 0.0F ? 1.0F : 0.0F);
    const float s = q * q;
    float arc = 0.0028662257F;
    arc = arc * s - 0.0161657367F;
    arc = arc * s + 0.0429096138F;
    arc = arc * s - 0.0752896400F;
    arc = arc * s + 0.1065626393F;
    arc = arc * s - 0.1420889944F;
    arc = arc * s + 0.1999355085F;
    arc = arc * s - 0.3333314528F;
    arc = (arc * s + 1.0F) * q * std::numbers::inv_pi_v<float>;
    arc = ay > ax ? 0.5F - arc : arc;
    arc = std::signbit(x) ? 1.0F - arc : arc;
    return std::copysign(arc, y);
}

/// A vector in the wheel's own terms.
struct Polar {
    float radius = 0.0F;
    float place = 0.0F;  ///< 0..54, between two entries of the wheel
};

inline Polar polarOf(PointF f) {
    return {std::sqrt(f.x * f.x + f.y * f.y),
            (angleOverPi(-f.y, -f.x) + 1.0F) / 2.0F * static_cast<float>(kWheelSize - 1)};
}

/// The arithmetic of colorcode.cpp's computeColor.
inline std::array<std::uint8_t, 3> colorOf(Polar polar, const Wheel& wheel) {
    if (std::isnan(polar.radius)) return {0, 0, 0};
    const int first = std::clamp(static_cast<int>(polar.place), 0, kWheelSize - 1);
    const int second = first + 1 == kWheelSize ? 0 : first + 1;
    const float t = polar.place - static_cast<float>(first);
    const auto& low = wheel[static_cast<std::size_t>(first)];
    const auto& high = wheel[static_cast<std::size_t>(second)];
    // Up to full saturation white fades into the hue; past it the hue is darkened.
    const float white = polar.radius <= 1.0F ? 255.0F * (1.0F - polar.radius) : 0.0F;
    const float share = polar.radius <= 1.0F ? polar.radius : 0.75F;
    const auto channel = [&](std::size_t c) {
        return static_cast<std::uint8_t>(white + share * (low[c] + t * (high[c] - low[c])));
    };
    return {channel(0), channel(1), channel(2)};
}

}  // namespace

const Wheel& flowWheelRgb(FlowWheel wheel) {
    static const Wheel kMiddlebury = makeMiddleburyWheel();
    static const Wheel kVisionSafe = makeVisionSafeWheel();
    return wheel == FlowWheel::VisionSafe ? kVisionSafe : kMiddlebury;
}

std::array<std::uint8_t, 3> flowColor(PointF scaledFlow, FlowWheel wheel) {
    return colorOf(polarOf(scaledFlow), flowWheelRgb(wheel));
}

Raster<std::uint8_t> colorizeFlow(const FlowField& flow, float scalePx, FlowWheel wheel) {
    const Wheel& hues = flowWheelRgb(wheel);
    Raster<std::uint8_t> rgb(flow.size(), 3);
    // A scale that is not a positive number would divide to infinity: draw as if it were one pixel.
    const float scale = scalePx > 0.0F && std::isfinite(scalePx) ? scalePx : 1.0F;
    const auto width = static_cast<std::size_t>(flow.size().width);
    // Two passes a row: the first has no branches and no look-ups, so the compiler vectorises it.
    std::vector<Polar> polar(width);
    for (int y = 0; y < flow.size().height; ++y) {
        const float* in = flow.vectors.row(y);
        for (std::size_t x = 0; x < width; ++x) {
            polar[x] = polarOf({in[2 * x] / scale, in[2 * x + 1] / scale});
        }
        std::uint8_t* out = rgb.row(y);
        for (std::size_t x = 0; x < width; ++x) {
            const auto color = colorOf(polar[x], hues);
            std::copy(color.begin(), color.end(), out + 3 * x);
        }
    }
    return rgb;
}

float flowMagnitudePercentile(const FlowField& flow, float percentile) {
    std::vector<float> magnitudes;
    magnitudes.reserve(flow.size().area());
    const std::span<const float> in = flow.vectors.values();
    for (std::size_t i = 0; i + 1 < in.size(); i += 2) {
        const float magnitude = std::hypot(in[i], in[i + 1]);
        if (std::isfinite(magnitude)) magnitudes.push_back(magnitude);
    }
    if (magnitudes.empty()) return 0.0F;
    // Between two ranks the value is interpolated, as NumPy does.
    const double share = std::clamp(static_cast<double>(percentile), 0.0, 100.0) / 100.0;
    const double rank = share * static_cast<double>(magnitudes.size() - 1);
    const auto low = static_cast<std::ptrdiff_t>(rank);
    std::nth_element(magnitudes.begin(), magnitudes.begin() + low, magnitudes.end());
    const float lowValue = magnitudes[static_cast<std::size_t>(low)];
    const double t = rank - static_cast<double>(low);
    if (t <= 0.0) return lowValue;
    const float highValue = *std::min_element(magnitudes.begin() + low + 1, magnitudes.end());
    return static_cast<float>((1.0 - t) * lowValue + t * highValue);
}

float roundUpToScaleStep(float px) {
    constexpr float kLeast = 0.1F;
    // Steps are computed in double and compared with a small allowance, so that 0.2F, which lies a
    // hair above 0.2, stays 0.2.
    constexpr double kAllowance = 1.0 + 1e-6;
    if (!(px > kLeast)) return kLeast;
    for (int exponent = -1; exponent <= 37; ++exponent) {
        const double decade = std::pow(10.0, exponent);
        for (const double step : {1.0, 2.0, 5.0}) {
            if (px <= step * decade * kAllowance) return static_cast<float>(step * decade);
        }
    }
    return px;
}

}  // namespace mcj
