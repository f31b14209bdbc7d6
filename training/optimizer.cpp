#include "training/optimizer.h"

#include <ATen/ATen.h>

namespace mcj {
namespace {

constexpr std::size_t kEncoderGroups = 2;

}  // namespace

std::unique_ptr<torch::optim::AdamW> makeOptimizer(const McJepa& model, const Recipe& recipe) {
    using torch::optim::AdamWOptions;
    using torch::optim::OptimizerParamGroup;
    std::vector<OptimizerParamGroup> groups;
    const auto addGroups = [&](const GroupRate& rate, const auto& belongs) {
        std::vector<at::Tensor> decayed;
        std::vector<at::Tensor> plain;
        for (const auto& item : model->named_parameters()) {
            if (!belongs(item.key())) continue;
            (item.value().dim() > 1 ? decayed : plain).push_back(item.value());
        }
        const auto options = [&](double decay) {
            return std::make_unique<AdamWOptions>(
                AdamWOptions(rate.learningRate).betas({0.9, 0.999}).weight_decay(decay));
        };
        groups.emplace_back(decayed, options(rate.weightDecay));
        groups.emplace_back(plain, options(0.0));
    };
    const auto isEstimator = [](const std::string& name) { return name.starts_with("estimator."); };
    addGroups(recipe.encoder, [&](const std::string& name) { return !isEstimator(name); });
    addGroups(recipe.estimator, isEstimator);
    return std::make_unique<torch::optim::AdamW>(std::move(groups));
}

void setLearningRates(torch::optim::AdamW& optimizer, const Recipe& recipe, std::int64_t step) {
    const double share = learningRateShare(recipe, step);
    auto& groups = optimizer.param_groups();
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const auto& rate = i < kEncoderGroups ? recipe.encoder : recipe.estimator;
        static_cast<torch::optim::AdamWOptions&>(groups[i].options()).lr(rate.learningRate * share);
    }
}

}  // namespace mcj
