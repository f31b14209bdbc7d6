#include "training/optimizer.h"

#include <array>

#include <torch/torch.h>

namespace mcj {

std::unique_ptr<torch::optim::AdamW> makeOptimizer(const McJepa& model, const GroupRate& encoder,
                                                   const GroupRate& estimator) {
    using torch::optim::AdamWOptions;
    using torch::optim::OptimizerParamGroup;
    std::array<std::vector<at::Tensor>, 4> members;
    for (const auto& item : model->named_parameters()) {
        const std::size_t half = item.key().starts_with("encoder.") ? 0 : 2;
        members[half + (item.value().dim() > 1 ? 0 : 1)].push_back(item.value());
    }
    const auto options = [](double rate, double decay) {
        return std::make_unique<AdamWOptions>(
            AdamWOptions(rate).betas({0.9, 0.999}).weight_decay(decay));
    };
    std::vector<OptimizerParamGroup> groups;
    groups.emplace_back(members[0], options(encoder.learningRate, encoder.weightDecay));
    groups.emplace_back(members[1], options(encoder.learningRate, 0.0));
    groups.emplace_back(members[2], options(estimator.learningRate, estimator.weightDecay));
    groups.emplace_back(members[3], options(estimator.learningRate, 0.0));
    return std::make_unique<torch::optim::AdamW>(std::move(groups));
}

double clipGradients(const McJepa& model, double limit) {
    constexpr double kNoLimit = 1e30;  // fits into float as well
    return torch::nn::utils::clip_grad_norm_(model->parameters(), limit > 0 ? limit : kNoLimit);
}

}  // namespace mcj
