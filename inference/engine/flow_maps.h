#pragma once

#include <optional>
#include <string>

#include "media/base/flow_field.h"
#include "media/base/frame.h"
#include "media/base/scalar_map.h"

namespace mcj {

// Maps that need frames and flow but no network. Multi-threaded; callable from any thread.

/// Mean absolute difference over RGB, in levels of 255, between `first` and `second` warped to it
/// by `flow` (grid of `first`); NaN where the warp leaves the picture or flow is unknown.
[[nodiscard]] ScalarMap warpError(const Frame& first, const Frame& second, const FlowField& flow);

/// `second` warped to the grid of `first`, RGB; black where the warp leaves the picture.
[[nodiscard]] Raster<std::uint8_t> warpFrame(const Frame& second, const FlowField& flow);

/// |f(p) + b(p + f(p))| in pixels; NaN where p + f(p) leaves the picture.
[[nodiscard]] ScalarMap forwardBackwardError(const FlowField& forward, const FlowField& backward);

/// The flow at a place between pixel centres, bilinear; none outside the picture or where one of
/// the pixels that it is made from is unknown.
[[nodiscard]] std::optional<PointF> flowAt(const FlowField& flow, PointF place);

/// Parameters of the rule by which a round trip of two motions does not return.
struct OcclusionRule {
    float alpha = 0.01F;  ///< share of the squared lengths, 0 to `kMostOcclusionAlpha`
    float beta = 0.5F;    ///< px^2, 0 to `kMostOcclusionBeta`
    friend bool operator==(const OcclusionRule&, const OcclusionRule&) = default;
};
inline constexpr float kMostOcclusionAlpha = 1.0F;
inline constexpr float kMostOcclusionBeta = 1000.0F;
/// The rule with its values in their ranges; NaN becomes the default.
[[nodiscard]] OcclusionRule saneRule(OcclusionRule rule) noexcept;
/// "|f + b'|^2 > 0.01 (|f|^2 + |b'|^2) + 0.5": the rule as text, the same wherever it is shown.
[[nodiscard]] std::string occlusionFormula(const OcclusionRule& rule);

/// Whether |there + back|^2 > alpha * (|there|^2 + |back|^2) + beta.
[[nodiscard]] bool isOccluded(PointF there, PointF back, const OcclusionRule& rule = {});

/// 1 where |f + b'|^2 > alpha * (|f|^2 + |b'|^2) + beta or the target leaves the picture, else 0
/// (UnFlow, Meister et al. 2018, equation 1: alpha 0.01, beta 0.5).
[[nodiscard]] ScalarMap occlusion(const FlowField& forward, const FlowField& backward,
                                  const OcclusionRule& rule = {});

}  // namespace mcj
