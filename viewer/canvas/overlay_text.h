#pragma once

#include <string>

#include "media/base/flow_field.h"

namespace mcj {

// Numbers as the overlay of the canvas shows them.

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
