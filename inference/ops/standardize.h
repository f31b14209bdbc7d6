#pragma once

#include <ATen/core/Tensor.h>

namespace mcj {

/// Channels of [B, C, H, W] with mean 0 and deviation 1 over each picture. What all places of a
/// picture share, and channels that are merely large, would make everything look alike to the
/// cosine.
[[nodiscard]] at::Tensor standardizedChannels(const at::Tensor& maps);

}  // namespace mcj
