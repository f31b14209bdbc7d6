#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/conv.h>

#include "media/base/stop_token.h"

namespace mcj {

/// `conv` of `map` [1, C, H, W]. On the CPU and without gradients a large map is processed in bands
/// of rows, and `stop` is checked before each, so that a stop takes effect within some tens of
/// milliseconds. The values are those of the whole map up to rounding. Zero padding only. Throws
/// `Error{Interrupted}`.
[[nodiscard]] at::Tensor convolveInBands(torch::nn::Conv2dImpl& conv, const at::Tensor& map,
                                         const StopToken& stop);

/// Throws `Error{Interrupted}` where the network's result is no longer needed.
inline void lookAtStop(const StopToken& stop) { stop.throwIfStopped("computing"); }

}  // namespace mcj
