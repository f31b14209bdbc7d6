#pragma once

#include <ATen/core/Tensor.h>

namespace mcj {

/// Zero-padded planes of a batch [B, C, H, W] of any memory format, float or double, for the cost
/// volume's kernels: [B, C, H + 8, paddedWidth(W)].
[[nodiscard]] at::Tensor paddedPlanes(const at::Tensor& map);

}  // namespace mcj
