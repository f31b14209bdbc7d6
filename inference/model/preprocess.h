#pragma once

#include <ATen/core/Tensor.h>

#include "media/base/raster.h"

namespace mcj {

/// For flow, the sides of a picture must be multiples of this, the stride of level 6.
constexpr int kPadMultiple = 64;

/// [0, 1] RGB to the encoder's input: ImageNet mean and deviation. images: [B, 3, H, W].
[[nodiscard]] at::Tensor normalizeImages(const at::Tensor& images);

/// Repeats the last row and column until both sides are multiples of `multiple`. [B, C, H, W].
[[nodiscard]] at::Tensor padToMultiple(const at::Tensor& images,
                                       std::int64_t multiple = kPadMultiple);

/// H x W x 3 bytes to [1, 3, H, W] floats in [0, 1].
[[nodiscard]] at::Tensor imageTensor(const Raster<std::uint8_t>& rgb);

}  // namespace mcj
