#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include "inference/model/mc_jepa.h"

namespace mcj {

class Collective;

/// Replaces every process's gradients by the mean over all processes, in one message per number
/// type.
void averageGradients(const McJepa& model, Collective& processes);

/// Euclidean norms of the gradient, scalars on the model's device: of each part of the model that
/// has one ("encoder", "estimator", "expander") and of all of it ("").
[[nodiscard]] std::map<std::string, at::Tensor> gradientNorms(const McJepa& model);

/// The gradient of a step, task by task: measures each task's gradient of the shared encoder before
/// it is added to the others'.
class TaskGradients {
public:
    explicit TaskGradients(const McJepa& model);

    /// Adds the gradient of `loss`, averaged over all processes, to the model's. Returns its
    /// Euclidean norm over the encoder's parameters, a scalar on the model's device.
    [[nodiscard]] at::Tensor add(const at::Tensor& loss, Collective& processes);

private:
    McJepa model_;
};

/// Scales the gradient so that its norm, currently `norm`, is at most `limit`.
void clipGradients(const McJepa& model, const at::Tensor& norm, double limit);

}  // namespace mcj
