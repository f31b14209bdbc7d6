#pragma once

#include <cstdint>
#include <optional>

#include "media/base/flow_field.h"
#include "media/base/raster.h"
#include "media/base/scalar_map.h"

namespace mcj {

/// Parts of a picture that benchmarks score separately, each H x W x 1 or empty where unknown.
struct FlowRegions {
    Raster<std::uint8_t> occluded;    ///< not 0: the pixel has no counterpart in the other frame
    Raster<std::uint8_t> foreground;  ///< not 0: the pixel is on an independently moving object
};

/// Errors summed over pixels, so that pictures can be pooled before averaging.
struct FlowErrorSums {
    std::int64_t pixels = 0;
    double errorSum = 0.0;      ///< of end-point errors, px
    std::int64_t outliers = 0;  ///< error > 3 px and > 5 % of the true length (KITTI 2015)

    /// Mean end-point error in px and outliers in percent; none if there are no pixels.
    [[nodiscard]] std::optional<double> epe() const;
    [[nodiscard]] std::optional<double> flPercent() const;
    FlowErrorSums& operator+=(const FlowErrorSums& other);
};

/// The error of one pixel with known truth; an unknown estimate counts as zero motion.
[[nodiscard]] FlowErrorSums pixelError(PointF estimate, PointF truth);

/// One picture's errors by region. Unknown regions have no pixels.
struct FlowSplits {
    FlowErrorSums all;
    FlowErrorSums noc;         ///< has a counterpart: Sintel's "matched", KITTI's flow_noc
    FlowErrorSums occ;         ///< the rest: Sintel's "unmatched"
    FlowErrorSums background;  ///< KITTI's Fl-bg, occluded pixels included
    FlowErrorSums foreground;  ///< KITTI's Fl-fg
    FlowErrorSums nocBackground;
    FlowErrorSums nocForeground;

    FlowSplits& operator+=(const FlowSplits& other);
};

/// Errors of a flow field against truth, over the pixels where truth is known; if it is known
/// nowhere, there are no means.
struct FlowScore {
    std::optional<double> epe;  ///< mean end-point error, px
    std::optional<double>
        flAll;  ///< share in percent with error > 3 px and > 5 % of the true length
    std::optional<double>
        angularDeg;  ///< mean angle between (u, v, 1) and the true (u, v, 1), degrees
    std::optional<double> meanTruthPx;  ///< mean length of the true vectors: the EPE of zero motion
    std::int64_t validPx = 0;
    FlowSplits splits;
};

/// An unknown estimate counts as zero motion. Sizes must agree (regions may be empty), else
/// `Error{Input}`.
[[nodiscard]] FlowScore scoreFlow(const FlowField& estimate, const FlowField& truth,
                                  const FlowRegions& regions = {});

// Maps of the error on the grid of the truth, on fixed scales; NaN where the truth is unknown. An
// unknown estimate counts as zero motion. Sizes must agree, else `Error{Input}`.

/// The end-point error in px, drawn from 0 to 5 px.
[[nodiscard]] ScalarMap endPointErrorMap(const FlowField& estimate, const FlowField& truth);
/// The angle between (u, v, 1) and the true (u, v, 1) in degrees, drawn from 0 to 30 degrees.
[[nodiscard]] ScalarMap angularErrorMap(const FlowField& estimate, const FlowField& truth);

}  // namespace mcj
