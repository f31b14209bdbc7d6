#pragma once

#include <array>
#include <cstdint>

#include "media/base/flow_field.h"

namespace mcj {

/// The colour wheel that encodes the direction of motion.
enum class FlowWheel {
    Middlebury,  ///< Baker et al. 2007, 55 steps: the standard in the literature
    VisionSafe,  ///< for colour-vision deficiencies: blue to yellow with lightness following
                 ///< magnitude
};

/// Colour of one vector already divided by the scale (|f| = 1 is full saturation); NaN is black.
/// Middlebury: the C form of colorcode.cpp (Baker et al. 2007).
[[nodiscard]] std::array<std::uint8_t, 3> flowColor(PointF scaledFlow, FlowWheel wheel);

/// The wheel's hues, RGB 0..255, for shaders and legends: 55 entries for Middlebury.
[[nodiscard]] const std::array<std::array<float, 3>, 55>& flowWheelRgb(FlowWheel wheel);

/// H x W x 3 RGB picture of `flow`; `scalePx` (> 0) pixels of motion have full saturation.
[[nodiscard]] Raster<std::uint8_t> colorizeFlow(const FlowField& flow, float scalePx,
                                                FlowWheel wheel = FlowWheel::Middlebury);

/// `percentile` (0..100) of the magnitudes of known vectors, in pixels; 0 if no vector is known.
[[nodiscard]] float flowMagnitudePercentile(const FlowField& flow, float percentile);

/// `px` rounded up to the next step of 1, 2, 5, 10, 20, 50 ... (also below 1); at least 0.1.
[[nodiscard]] float roundUpToScaleStep(float px);

}  // namespace mcj
