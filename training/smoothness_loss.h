#pragma once

#include <ATen/core/Tensor.h>

namespace mcj {

/// Edge-aware smoothness, a scalar, in ARFlow's form (loss_blocks.py): per axis the mean of
/// exp(-edge * mean_c |dI|) * |df| / 2, halved, for order 1; of exp(..) * |d2f|, halved, for order
/// 2, weighted by the edge between the last two of its three cells. flow: [B, 2, H, W] in the unit
/// that the weight is for; image: [B, 3, H, W]. Throws `Error{Usage}` for another order.
[[nodiscard]] at::Tensor edgeAwareSmoothness(const at::Tensor& flow, const at::Tensor& image,
                                             double edge, int order);

}  // namespace mcj
