#include "media/figure/motion_lines.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "media/base/error.h"
#include "media/base/flow_color.h"

namespace mcj {
namespace {

constexpr std::array<std::pair<LineColors, std::string_view>, 3> kColorNames{
    {{LineColors::White, "white"},
     {LineColors::Middlebury, "middlebury"},
     {LineColors::VisionSafe, "vision-safe"}}};

constexpr float kBarbUnits = 6.0F;
/// Of a short arrow's length, so that its barbs do not hide its direction.
constexpr float kBarbShare = 0.45F;
/// Angle of a barb from the line: 27 degrees.
constexpr float kBarbCos = 0.891F;
constexpr float kBarbSin = 0.454F;

float distanceToStroke(PointF at, const LineStroke& stroke) {
    const float dx = stroke.to.x - stroke.from.x;
    const float dy = stroke.to.y - stroke.from.y;
    const float squared = dx * dx + dy * dy;
    float along = 0.0F;
    if (squared > 0.0F) {
        along = ((at.x - stroke.from.x) * dx + (at.y - stroke.from.y) * dy) / squared;
        along = std::clamp(along, 0.0F, 1.0F);
    }
    return std::hypot(at.x - stroke.from.x - along * dx, at.y - stroke.from.y - along * dy);
}

/// The pixels from `low` to `high` that a raster of `length` pixels has, half-open.
std::pair<int, int> pixelsBetween(float low, float high, int length) {
    const auto last = static_cast<float>(length);
    return {static_cast<int>(std::clamp(std::floor(low), 0.0F, last)),
            static_cast<int>(std::clamp(std::ceil(high) + 1.0F, 0.0F, last))};
}

void blendStroke(Raster<std::uint8_t>& rgb, const LineStroke& stroke, float halfWidth,
                 const std::array<std::uint8_t, 3>& color, float opacity) {
    const float reach = halfWidth + 0.5F;
    const auto [left, right] =
        pixelsBetween(std::min(stroke.from.x, stroke.to.x) - reach,
                      std::max(stroke.from.x, stroke.to.x) + reach, rgb.width());
    const auto [top, bottom] =
        pixelsBetween(std::min(stroke.from.y, stroke.to.y) - reach,
                      std::max(stroke.from.y, stroke.to.y) + reach, rgb.height());
    for (int y = top; y < bottom; ++y) {
        for (int x = left; x < right; ++x) {
            const PointF at{static_cast<float>(x), static_cast<float>(y)};
            const float cover = std::clamp(reach - distanceToStroke(at, stroke), 0.0F, 1.0F);
            if (cover <= 0.0F) continue;
            for (int c = 0; c < 3; ++c) {
                std::uint8_t& value = rgb.at(y, x, c);
                const auto below = static_cast<float>(value);
                const auto ink = static_cast<float>(color[static_cast<std::size_t>(c)]);
                value =
                    static_cast<std::uint8_t>(std::lround(below + cover * opacity * (ink - below)));
            }
        }
    }
}

float lengthOf(const std::vector<PointF>& points) {
    float length = 0.0F;
    for (std::size_t i = 1; i < points.size(); ++i) {
        length += std::hypot(points[i].x - points[i - 1].x, points[i].y - points[i - 1].y);
    }
    return length;
}

void addBarbs(const std::vector<PointF>& points, float length, float unit,
              std::vector<LineStroke>& strokes) {
    const PointF tip = points.back();
    const PointF before = points[points.size() - 2];
    const float last = std::hypot(tip.x - before.x, tip.y - before.y);
    if (last <= 0.0F) return;
    const float barb = std::min(kBarbUnits * unit, kBarbShare * length);
    const PointF back{(before.x - tip.x) / last * barb, (before.y - tip.y) / last * barb};
    for (const float side : {-kBarbSin, kBarbSin}) {
        strokes.push_back(
            {tip,
             {tip.x + back.x * kBarbCos - back.y * side, tip.y + back.x * side + back.y * kBarbCos},
             1.0F});
    }
}

}  // namespace

std::string_view lineColorsName(LineColors colors) noexcept {
    for (const auto& [known, name] : kColorNames) {
        if (known == colors) return name;
    }
    return "unknown";
}

LineColors parseLineColors(const std::string& name) {
    for (const auto& [colors, known] : kColorNames) {
        if (known == name) return colors;
    }
    throw Error(ErrorCode::Usage, "\"" + name + "\" is not a choice of line colours",
                "Use white, middlebury or vision-safe.");
}

std::array<std::uint8_t, 3> lineColor(PointF motion, LineColors colors) {
    const float length = std::hypot(motion.x, motion.y);
    if (colors == LineColors::White || !(length > 0.0F)) return {255, 255, 255};
    const FlowWheel wheel =
        colors == LineColors::Middlebury ? FlowWheel::Middlebury : FlowWheel::VisionSafe;
    return flowColor({motion.x / length, motion.y / length}, wheel);
}

int lineGridStep(int spacingPx, double scale) {
    // Scales a rounding error below a power of two count as it.
    constexpr double kRounding = 1e-6;
    const double doublings = scale > 0.0 ? std::ceil(-std::log2(scale) - kRounding) : 0.0;
    return static_cast<int>(std::clamp(std::round(spacingPx * std::exp2(doublings)), 1.0, 1e6));
}

std::vector<MotionLine> flowArrows(const FlowField& flow, const ArrowLook& look, double scale,
                                   BoxPx within) {
    const int step = lineGridStep(look.spacingPx, scale);
    // The first place of the grid that is not below `low`.
    const auto firstFrom = [step](int low) {
        const int half = step / 2;
        return low <= half ? half : half + (low - half + step - 1) / step * step;
    };
    std::vector<MotionLine> arrows;
    for (int y = firstFrom(within.y0); y < std::min(within.y1, flow.size().height); y += step) {
        for (int x = firstFrom(within.x0); x < std::min(within.x1, flow.size().width); x += step) {
            const PointF motion = flow.at(y, x);
            if (!FlowField::known(motion)) continue;
            const PointF tail{static_cast<float>(x), static_cast<float>(y)};
            const PointF tip{tail.x + look.length * motion.x, tail.y + look.length * motion.y};
            arrows.push_back({{tail, tip}, lineColor(motion, look.colors), true, false});
        }
    }
    return arrows;
}

std::vector<MotionLine> flowArrows(const FlowField& flow, const ArrowLook& look) {
    return flowArrows(flow, look, 1.0, {0, 0, flow.size().width, flow.size().height});
}

std::vector<LineStroke> strokesOf(const MotionLine& line, float unit) {
    std::vector<LineStroke> strokes;
    if (line.points.empty()) return strokes;
    const float length = lengthOf(line.points);
    if (length < unit) {
        strokes.push_back({line.points.front(), line.points.front(), 1.0F});
        return strokes;
    }
    const auto parts = static_cast<float>(line.points.size() - 1);
    for (std::size_t i = 1; i < line.points.size(); ++i) {
        const float opacity = line.fading ? 1.0F - static_cast<float>(i - 1) / parts : 1.0F;
        strokes.push_back({line.points[i - 1], line.points[i], opacity});
    }
    if (line.headed) addBarbs(line.points, length, unit, strokes);
    return strokes;
}

void drawMotionLines(Raster<std::uint8_t>& rgb, std::span<const MotionLine> lines, float opacity) {
    for (const MotionLine& line : lines) {
        const std::vector<LineStroke> strokes = strokesOf(line, 1.0F);
        for (const LineStroke& stroke : strokes) {
            blendStroke(rgb, stroke, kOutlineHalfWidth, {0, 0, 0},
                        kOutlineOpacity * stroke.opacity * opacity);
        }
        for (const LineStroke& stroke : strokes) {
            blendStroke(rgb, stroke, kLineHalfWidth, line.color, stroke.opacity * opacity);
        }
    }
}

}  // namespace mcj
