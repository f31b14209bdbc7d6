#include "training/optimizer.h"

#include <map>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace mcj {
namespace {

constexpr std::size_t kEncoderGroups = 2;
constexpr std::size_t kHeadGroups = 4;  ///< index of the first

/// AdamW with one kernel for many parameters instead of about ten for each, because on a GPU a step
/// with small batches is limited by kernel launches.
class FusedAdamW final : public torch::optim::AdamW {
public:
    using AdamW::AdamW;

    at::Tensor step(LossClosure closure = nullptr) override {
        at::Tensor loss;
        if (closure) {
            const at::AutoGradMode withGradients(true);
            loss = closure();
        }
        const at::NoGradGuard noGrad;
        for (auto& group : param_groups()) {
            // Parameters whose task began later have seen fewer steps.
            std::map<std::int64_t, Lists> byAge;
            for (const auto& parameter : group.params()) {
                if (!parameter.grad().defined()) continue;
                auto& moments = momentsOf(parameter);
                moments.step(moments.step() + 1);
                byAge[moments.step()].add(parameter, moments);
            }
            const auto& options = static_cast<torch::optim::AdamWOptions&>(group.options());
            for (const auto& [age, lists] : byAge) lists.update(age, options);
        }
        return loss;
    }

private:
    struct Lists {
        std::vector<at::Tensor> weights;
        std::vector<at::Tensor> gradients;
        std::vector<at::Tensor> firstMoments;
        std::vector<at::Tensor> secondMoments;

        void add(const at::Tensor& weight, const torch::optim::AdamWParamState& moments) {
            weights.push_back(weight);
            // The kernel goes through memory linearly: all four must have the same layout.
            const auto& gradient = weight.grad();
            gradients.push_back(gradient.strides() == weight.strides()
                                    ? gradient
                                    : at::empty_like(weight).copy_(gradient));
            firstMoments.push_back(moments.exp_avg());
            secondMoments.push_back(moments.exp_avg_sq());
        }

        void update(std::int64_t age, const torch::optim::AdamWOptions& options) const {
            const auto& [beta1, beta2] = options.betas();
            const std::vector<at::Tensor> ages(
                weights.size(), at::full({}, static_cast<double>(age),
                                         weights.front().options().dtype(at::kFloat)));
            at::_fused_adamw_(weights, gradients, firstMoments, secondMoments, {}, ages,
                              options.lr(), beta1, beta2, options.weight_decay(), options.eps(),
                              /*amsgrad=*/false, /*maximize=*/false);
        }
    };

    torch::optim::AdamWParamState& momentsOf(const at::Tensor& parameter) {
        auto& kept = state_[parameter.unsafeGetTensorImpl()];
        if (!kept) {
            auto fresh = std::make_unique<torch::optim::AdamWParamState>();
            fresh->step(0);
            fresh->exp_avg(at::zeros_like(parameter));
            fresh->exp_avg_sq(at::zeros_like(parameter));
            kept = std::move(fresh);
        }
        return static_cast<torch::optim::AdamWParamState&>(*kept);
    }
};

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
    const auto isHead = [&](const std::string& name) {
        return isEstimator(name) && name.find(".flow.") != std::string::npos;
    };
    addGroups(recipe.encoder, [&](const std::string& name) { return !isEstimator(name); });
    addGroups(recipe.estimator,
              [&](const std::string& name) { return isEstimator(name) && !isHead(name); });
    addGroups({recipe.estimator.learningRate * recipe.headShare, recipe.estimator.weightDecay},
              isHead);
    return std::make_unique<FusedAdamW>(std::move(groups));
}

void setLearningRates(torch::optim::AdamW& optimizer, const Recipe& recipe, std::int64_t step) {
    const double share = learningRateShare(recipe, step);
    const double estimatorShare = estimatorRateShare(recipe, step);
    auto& groups = optimizer.param_groups();
    for (std::size_t i = 0; i < groups.size(); ++i) {
        double rate = i < kEncoderGroups ? recipe.encoder.learningRate * share
                                         : recipe.estimator.learningRate * estimatorShare;
        if (i >= kHeadGroups) rate *= recipe.headShare;
        static_cast<torch::optim::AdamWOptions&>(groups[i].options()).lr(rate);
    }
}

}  // namespace mcj
