#pragma once

#include <ATen/core/Tensor.h>

namespace mcj {

/// Forward-backward test of flow fields [B, 2, H, W]; no gradient.
struct Consistency {
    at::Tensor occluded;  ///< [B, 1, H, W]: 1 where occluded or where p + f leaves the picture
    at::Tensor error;     ///< [B, 1, H, W]: |f + b'| in px, NaN where p + f leaves the picture
};

/// Occluded where |f + b'|^2 > alpha * (|f|^2 + |b'|^2) + beta with b' = backward warped by forward
/// (UnFlow, Meister et al. 2018, equation 1).
[[nodiscard]] Consistency checkConsistency(const at::Tensor& forward, const at::Tensor& backward,
                                           double alpha = 0.01, double beta = 0.5);

/// 1 where no pixel of the other frame is mapped to: `backward` splats ones, occluded = 1 -
/// clip(count, 0, 1) above `threshold` (range map, Wang et al. 2018). [B, 1, H, W], no gradient.
[[nodiscard]] at::Tensor rangeMapOcclusion(const at::Tensor& backward, double threshold = 0.5);

}  // namespace mcj
