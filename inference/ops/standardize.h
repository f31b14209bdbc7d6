#pragma once

#include <ATen/core/Tensor.h>

namespace mcj {

/// Channels of [B, C, H, W] with mean 0 and deviation 1 over each picture. Without this, common
/// offsets and channels with large values would make all positions similar by the cosine.
[[nodiscard]] at::Tensor standardizedChannels(const at::Tensor& maps);

}  // namespace mcj
