#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media/base/flow_field.h"

namespace mcj {

// Motion drawn as lines: on the canvas with screen pixels, in figures and videos with pixels of
// the picture, by the same geometry.

/// The colour of a line; its dark outline is the same for all. By a wheel it is the direction at
/// full saturation, because the length of the line shows that of the motion.
enum class LineColors { White, Middlebury, VisionSafe };

/// "white", "middlebury", "vision-safe".
[[nodiscard]] std::string_view lineColorsName(LineColors colors) noexcept;
/// Throws `Error{Usage}` that lists the valid names.
[[nodiscard]] LineColors parseLineColors(const std::string& name);

/// Flow as arrows on a regular grid.
struct ArrowLook {
    int spacingPx = 32;   ///< distance between arrows, screen pixels or those of the picture
    float length = 1.0F;  ///< 1: the tip is where the pixel is in the other frame
    LineColors colors = LineColors::White;
    friend bool operator==(const ArrowLook&, const ArrowLook&) = default;
};
inline constexpr int kLeastSpacingPx = 8;
inline constexpr int kMostSpacingPx = 256;
inline constexpr float kLeastArrowLength = 0.1F;
inline constexpr float kMostArrowLength = 50.0F;

/// One line over a picture.
struct MotionLine {
    std::vector<PointF> points;  ///< from its beginning to its end; equal points are a dot
    std::array<std::uint8_t, 3> color{255, 255, 255};
    bool headed = false;  ///< its end is the tip of an arrow
    bool fading = false;  ///< from opaque to transparent, instead of opaque all along
};

/// A straight part of a line.
struct LineStroke {
    PointF from;
    PointF to;  ///< equal to `from`: a dot
    float opacity = 1.0F;
};

/// The colour of a line along `motion`.
[[nodiscard]] std::array<std::uint8_t, 3> lineColor(PointF motion, LineColors colors);

/// Pixels of the picture between two lines of a grid for `spacingPx` on a screen that shows a
/// pixel of the picture at `scale` pixels: the spacing times a power of two, so that the lines stay
/// in place while the user zooms a little. The distance on screen is `spacingPx` to less than twice
/// that, and exactly that at scale 1. At least 1.
[[nodiscard]] int lineGridStep(int spacingPx, double scale);

/// The arrows whose tail is in `within`, in pixels of the picture. Each shows the flow of the pixel
/// at its tail; there is none where it is unknown. `scale` is that of `lineGridStep`.
[[nodiscard]] std::vector<MotionLine> flowArrows(const FlowField& flow, const ArrowLook& look,
                                                 double scale, BoxPx within);
/// All arrows of the picture at scale 1.
[[nodiscard]] std::vector<MotionLine> flowArrows(const FlowField& flow, const ArrowLook& look);

/// Half of the widths of a line and of its outline, in units: logical pixels on screen, pixels of
/// the picture elsewhere.
inline constexpr float kLineHalfWidth = 0.8F;
inline constexpr float kOutlineHalfWidth = 1.8F;
/// Opacity of the black outline.
inline constexpr float kOutlineOpacity = 0.7F;

/// What is drawn of a line, in its own coordinates: its parts, then the two barbs of its tip. The
/// barbs are 6 units long, and shorter in a short arrow. A line shorter than a unit is a dot.
[[nodiscard]] std::vector<LineStroke> strokesOf(const MotionLine& line, float unit);

/// Draws lines over a picture with antialiasing: `unit` is one pixel. `opacity` is that of the
/// layer. What lies outside the picture is cut off.
void drawMotionLines(Raster<std::uint8_t>& rgb, std::span<const MotionLine> lines,
                     float opacity = 1.0F);

}  // namespace mcj
