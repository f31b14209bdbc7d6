#pragma once

#include <cstdint>

#include "media/base/flow_field.h"

namespace mcj {

/// Errors of a flow field against truth, over the pixels where truth is known.
struct FlowScore {
    double epe = 0.0;       ///< mean end-point error, px
    double flAll = 0.0;     ///< share in percent with error > 3 px and > 5 % of the true length
    double angularDeg = 0.0;  ///< mean angle between (u, v, 1) and the true (u, v, 1), degrees
    double meanTruthPx = 0.0; ///< mean length of the true vectors: the EPE of zero motion
    std::int64_t validPx = 0;
};

/// An unknown estimate counts as zero motion. Sizes must agree, else `Error{Input}`.
[[nodiscard]] FlowScore scoreFlow(const FlowField& estimate, const FlowField& truth);

}  // namespace mcj
