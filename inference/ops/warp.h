#pragma once

#include <ATen/core/Tensor.h>

#include "inference/ops/kernels.h"

namespace mcj {

/// out(p) = bilinear image(p + flow(p)); integers are pixel centres (align_corners = True).
/// image: [B, C, H, W] float or double; flow: [B, 2, H, W] in pixels of this raster (u right, v
/// down). Differentiable in both. Returns [B, C, H, W], channels last in memory.
[[nodiscard]] at::Tensor warp(const at::Tensor& image, const at::Tensor& flow,
                              kernels::Border border = kernels::Border::Zeros);

/// Adds the value of every pixel p bilinearly at p + flow(p): the transpose of `warp`. No gradient.
/// values: [B, C, H, W]; flow: [B, 2, H, W].
[[nodiscard]] at::Tensor forwardSplat(const at::Tensor& values, const at::Tensor& flow);

}  // namespace mcj
