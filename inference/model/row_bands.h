#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/conv.h>

#include "media/base/stop_token.h"

namespace mcj {

/// `conv` of `map` [1, C, H, W]. On the CPU and without gradients a large map is taken in bands of
/// rows, with a look at `stop` before each, so that a stop takes effect within some tens of
/// milliseconds. The values are those of the whole map up to rounding. Zero padding only.
/// Throws `Error{Interrupted}`.
[[nodiscard]] at::Tensor convolveInBands(torch::nn::Conv2dImpl& conv, const at::Tensor& map,
                                         const StopToken& stop);

/// Throws `Error{Interrupted}` where the network's result is not wanted any more.
inline void lookAtStop(const StopToken& stop) { stop.throwIfStopped("computing"); }

}  // namespace mcj
