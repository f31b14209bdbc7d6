#pragma once

#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "inference/ops/kernels.h"

/// The ops on CUDA tensors. The kernels are in libmcj_cuda, which is opened on the first call; if
/// it is missing, every function throws `Error{Device}`. Shapes as in the ops' headers.
namespace mcj::cuda {

[[nodiscard]] at::Tensor costVolumeForward(const at::Tensor& first, const at::Tensor& second);
[[nodiscard]] std::pair<at::Tensor, at::Tensor> costVolumeBackward(const at::Tensor& gradOut,
                                                                   const at::Tensor& first,
                                                                   const at::Tensor& second,
                                                                   bool needFirst, bool needSecond);
/// Channels-last tensors [B, C, H, W] and flow [B, 2, H, W].
[[nodiscard]] at::Tensor warpForward(const at::Tensor& image, const at::Tensor& flow,
                                     kernels::Border border);
[[nodiscard]] std::pair<at::Tensor, at::Tensor> warpBackward(const at::Tensor& gradOut,
                                                             const at::Tensor& image,
                                                             const at::Tensor& flow,
                                                             kernels::Border border, bool needImage,
                                                             bool needFlow);
[[nodiscard]] at::Tensor splat(const at::Tensor& values, const at::Tensor& flow);
/// {occluded, error}
[[nodiscard]] std::pair<at::Tensor, at::Tensor> consistency(const at::Tensor& forward,
                                                            const at::Tensor& backward,
                                                            double alpha, double beta);
[[nodiscard]] at::Tensor cosineMap(const at::Tensor& features, const at::Tensor& query);
/// Padded planes from `preparePropagation`.
[[nodiscard]] at::Tensor propagateLabels(const at::Tensor& target,
                                         const std::vector<at::Tensor>& context,
                                         const std::vector<at::Tensor>& labels,
                                         const kernels::PropagationShape& shape);

}  // namespace mcj::cuda
