#pragma once

#include <memory>

#include <torch/optim/adamw.h>

#include "inference/model/mc_jepa.h"
#include "training/recipe.h"

namespace mcj {

/// AdamW (betas 0.9 and 0.999) with four groups: the encoder's weights, its biases and norms (all
/// that has one dimension), then the same of everything else (estimator, expander). The second and
/// fourth group have no weight decay, as in ConvNeXt and VICRegL.
[[nodiscard]] std::unique_ptr<torch::optim::AdamW> makeOptimizer(const McJepa& model,
                                                                 const GroupRate& encoder,
                                                                 const GroupRate& estimator);

/// Scales all gradients so that their joint L2 norm is at most `limit`; 0: leaves them. Returns the
/// norm before. Waits for the device.
double clipGradients(const McJepa& model, double limit);

}  // namespace mcj
