#pragma once

#include <ATen/core/Tensor.h>

#include "inference/model/flow_estimator.h"
#include "training/loss_terms.h"

namespace mcj {

/// Known motion of synthetic pairs at every level: (|error|_1 + 0.01)^0.7 in cells of the level
/// (robust loss of PWC-Net's fine-tuning); the finest is compared at the picture's full size, a
/// coarser one with the motion of the middle pixel of each cell.
/// flow: [B, 2, H, W]; weight: [B, 1, H, W].
[[nodiscard]] LossTerms knownMotionLoss(const FlowPyramid& estimate, const at::Tensor& flow,
                                        const at::Tensor& weight, Collective& processes);

/// Mean end-point error in px over pixels of weight above 0, a scalar.
[[nodiscard]] at::Tensor endPointError(const at::Tensor& estimate, const at::Tensor& truth,
                                       const at::Tensor& weight);

}  // namespace mcj
