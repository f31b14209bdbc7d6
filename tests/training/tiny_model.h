#pragma once

#include <map>
#include <string>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "inference/model/mc_jepa.h"

/// A network of all parts that takes a step in milliseconds, in double precision.
namespace tiny {

[[nodiscard]] inline mcj::ModelConfig modelConfig() {
    auto config = mcj::presetConfig("small");
    config.encoder.widths = {8, 8, 12, 12, 12, 12};
    config.encoder.depths = {1, 1, 0, 0, 0, 0};
    config.estimator.projection = 8;
    config.estimator.widths = {12, 8};
    config.estimator.context = mcj::ContextPlace::None;
    config.estimator.coarsestLevel = 3;
    config.expander = {16, 24};
    return config;
}

/// A model in double precision whose flow is not zero.
[[nodiscard]] inline mcj::McJepa model() {
    at::manual_seed(5);
    mcj::McJepa model(modelConfig());
    const at::NoGradGuard noGrad;
    for (auto& parameter : model->parameters()) parameter.add_(0.05 * at::randn_like(parameter));
    model->to(at::kDouble);
    return model;
}

/// Of the parameters that have one, by name.
[[nodiscard]] inline std::map<std::string, at::Tensor> gradientsOf(mcj::McJepa model) {
    std::map<std::string, at::Tensor> gradients;
    for (const auto& item : model->named_parameters()) {
        if (item.value().grad().defined()) gradients[item.key()] = item.value().grad().clone();
    }
    return gradients;
}

}  // namespace tiny
