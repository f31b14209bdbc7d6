#pragma once

#include <ATen/core/Tensor.h>

namespace mcj {

/// Which pixels a loss leaves out: those whose target is outside the picture, or also those that
/// fail the forward-backward test.
enum class OcclusionUse { OutsideOnly, ForwardBackward };

/// The forward-backward test: occluded where |f + b'|^2 > alpha * (|f|^2 + |b'|^2) + beta, in
/// squared pixels of the picture (UnFlow, Meister et al. 2018).
struct OcclusionTest {
    OcclusionUse use = OcclusionUse::ForwardBackward;
    double alpha = 0.01;
    double beta = 0.5;
};

/// 1 where p + flow(p) is inside the picture, else 0; [B, 1, H, W], no gradient.
[[nodiscard]] at::Tensor insideMask(const at::Tensor& flow);

/// 1 where a pixel counts, else 0; [B, 1, H, W], no gradient. flow: [B, 2, H, W], forward and
/// backward.
[[nodiscard]] at::Tensor visiblePixels(const at::Tensor& flow, const at::Tensor& backFlow,
                                       const OcclusionTest& test);

}  // namespace mcj
