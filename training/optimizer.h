#pragma once

#include <memory>

#include <torch/optim/adamw.h>

#include "inference/model/mc_jepa.h"
#include "training/recipe.h"

namespace mcj {

/// AdamW with two groups for the encoder and the expander on top of it, then two for the estimator
/// without its flow heads (the modules named "flow"), then two for these.
/// Of each pair the first has weight decay; the second (biases, norms and other vectors) does not.
[[nodiscard]] std::unique_ptr<torch::optim::AdamW> makeOptimizer(const McJepa& model,
                                                                 const Recipe& recipe);

/// Sets every group's learning rate for `step`.
void setLearningRates(torch::optim::AdamW& optimizer, const Recipe& recipe, std::int64_t step);

}  // namespace mcj
