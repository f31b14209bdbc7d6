#pragma once

#include <ATen/core/Tensor.h>

namespace mcj {

/// Local correlation of two feature maps, differentiable in both.
/// first, second: [B, C, H, W], float or double, any memory format, same device.
/// Returns [B, 81, H, W]: channel (dy + 4) * 9 + (dx + 4) is the mean over C of
/// first(y, x) * second(y + dy, x + dx), zero outside (PWC-Net, Sun et al. 2018, equation 2).
/// Throws `Error{Usage}` where the shapes differ.
[[nodiscard]] at::Tensor costVolume(const at::Tensor& first, const at::Tensor& second);

}  // namespace mcj
