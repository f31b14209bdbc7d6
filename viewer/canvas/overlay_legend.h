#pragma once

#include <cstdint>
#include <string>

#include "media/base/colormap.h"
#include "media/base/flow_color.h"

namespace mcj {

// Images and texts of the legends, without GL.

/// Square RGBA image of the flow wheel: the pixel at (dx, dy) from the centre has the colour of
/// motion (dx, dy), with full saturation at the rim. Transparent outside, with an antialiased rim.
[[nodiscard]] Raster<std::uint8_t> flowDisc(FlowWheel wheel, int diameterPx);

/// 256 x 1 RGB, low end left.
[[nodiscard]] Raster<std::uint8_t> colorStrip(Colormap colors);

/// With 4 significant digits: "10", "0.5", "-1", "1.25e+06".
[[nodiscard]] std::string legendNumber(float value);
/// With its sign and `decimals` places: "+3.42"; "unknown" for NaN.
[[nodiscard]] std::string signedNumber(float value, int decimals = 2);
/// "3.42"; "unknown" for NaN.
[[nodiscard]] std::string plainNumber(float value, int decimals = 2);
/// "1:02.345" from seconds.
[[nodiscard]] std::string clockTime(double secs);
/// "50 %", "12.5 %" from 0.5, 0.125.
[[nodiscard]] std::string zoomPercent(double scale);

/// Direction of a motion in degrees, counter-clockwise on the screen: right 0, up 90, left 180,
/// down 270. In [0, 360); 0 for no motion.
[[nodiscard]] float flowAngleDeg(PointF flow);

}  // namespace mcj
