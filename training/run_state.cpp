#include "training/run_state.h"

#include <torch/torch.h>


#include "inference/model/checkpoint.h"
#include "media/base/error.h"

namespace mcj {
namespace {

constexpr const char* kWeight = "model.";
constexpr const char* kMean = "mean.";
constexpr const char* kFirst = "adam.first.";
constexpr const char* kSecond = "adam.second.";

std::unique_ptr<torch::optim::AdamW> makeOptimizer(const McJepa& model, const Recipe& recipe) {
    using torch::optim::AdamWOptions;
    using torch::optim::OptimizerParamGroup;
    std::vector<OptimizerParamGroup> groups;
    const auto addGroups = [&](const std::string& prefix, const GroupRate& rate) {
        std::vector<at::Tensor> decayed;
        std::vector<at::Tensor> plain;
        for (const auto& item : model->named_parameters()) {
            const bool isEncoder = item.key().starts_with("encoder.");
            if (isEncoder != (prefix == "encoder.")) continue;
            (item.value().dim() > 1 ? decayed : plain).push_back(item.value());
        }
        const auto options = [&](double decay) {
            return std::make_unique<AdamWOptions>(
                AdamWOptions(rate.learningRate).betas({0.9, 0.999}).weight_decay(decay));
        };
        groups.emplace_back(decayed, options(rate.weightDecay));
        groups.emplace_back(plain, options(0.0));
    };
    addGroups("encoder.", recipe.encoder);
    addGroups("estimator.", recipe.estimator);
    return std::make_unique<torch::optim::AdamW>(std::move(groups));
}

/// The mean of the weights begins with the weights.
void beginMean(RunState& state) {
    if (state.recipe.emaDecay <= 0) return;
    for (const auto& [name, weight] : weightsOf(*state.model)) {
        state.mean[name] = weight.detach().clone();
    }
}

/// A recipe as text without `steps`, which a resumed run may extend.
std::string comparable(Recipe recipe) {
    recipe.steps = 1;
    return toJson(recipe);
}

}  // namespace

RunState startRun(const Recipe& recipe, at::Device device) {
    torch::manual_seed(recipe.seed);
    RunState state;
    state.recipe = recipe;
    // Flow alone never reaches the expander; a run without content has none.
    auto config = recipe.model;
    config.expander.clear();
    state.model = McJepa(config);
    state.model->to(device);
    state.optimizer = makeOptimizer(state.model, recipe);
    beginMean(state);
    return state;
}

RunState startRunFrom(const std::filesystem::path& modelFile, const Recipe& recipe,
                      at::Device device) {
    RunState state = startRun(recipe, device);
    state.init = takeInitialWeights(state.model, modelFile).describe();
    beginMean(state);
    return state;
}

void saveRun(const RunState& state, const std::filesystem::path& path) {
    TensorFile file;
    const auto& adam = state.optimizer->state();
    for (const auto& [name, weight] : weightsOf(*state.model)) {
        file.tensors[kWeight + name] = weight;
        const auto found = adam.find(weight.unsafeGetTensorImpl());
        if (found == adam.end()) continue;
        const auto& moments =
            static_cast<const torch::optim::AdamWParamState&>(*found->second);
        file.tensors[kFirst + name] = moments.exp_avg();
        file.tensors[kSecond + name] = moments.exp_avg_sq();
    }
    for (const auto& [name, weight] : state.mean) file.tensors[kMean + name] = weight;
    file.metadata["config"] = toJson(state.model->config());
    file.metadata["recipe"] = toJson(state.recipe);
    file.metadata["step"] = std::to_string(state.step);
    file.metadata["best_error_px"] = std::to_string(state.bestError);
    file.metadata["threads"] = std::to_string(state.threads);
    if (!state.init.empty()) file.metadata["init"] = state.init;
    writeTensors(path, file);
}

RunState resumeRun(const Recipe& recipe, const std::filesystem::path& path, at::Device device) {
    const auto file = readTensors(path);
    const auto text = [&](const char* key) {
        const auto found = file.metadata.find(key);
        if (found == file.metadata.end()) {
            throw Error(ErrorCode::Input, path.string() + ": is not a checkpoint of a training run");
        }
        return found->second;
    };
    if (comparable(parseRecipe(text("recipe"))) != comparable(recipe)) {
        throw Error(ErrorCode::Usage, path.string() + ": was trained by another recipe",
                    "Choose a new --run folder, or give the recipe that the run was started with.");
    }
    RunState state = startRun(recipe, device);
    std::map<std::string, at::Tensor> weights;
    for (const auto& [name, tensor] : file.tensors) {
        if (name.starts_with(kWeight)) weights[name.substr(std::string(kWeight).size())] = tensor;
    }
    loadWeights(*state.model, weights, path.string());
    state.step = std::stoll(text("step"));
    state.bestError = std::stod(text("best_error_px"));
    state.threads = std::stoi(text("threads"));
    if (file.metadata.contains("init")) state.init = text("init");
    for (const auto& [name, weight] : weightsOf(*state.model)) {
        const auto first = file.tensors.find(kFirst + name);
        if (first == file.tensors.end()) continue;
        auto moments = std::make_unique<torch::optim::AdamWParamState>();
        moments->step(state.step);
        moments->exp_avg(first->second.to(device));
        moments->exp_avg_sq(file.tensors.at(kSecond + name).to(device));
        state.optimizer->state()[weight.unsafeGetTensorImpl()] = std::move(moments);
    }
    for (auto& [name, weight] : state.mean) weight.copy_(file.tensors.at(kMean + name));
    return state;
}

void setLearningRates(RunState& state) {
    const double share = learningRateShare(state.recipe, state.step);
    auto& groups = state.optimizer->param_groups();
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const auto& rate = i < 2 ? state.recipe.encoder : state.recipe.estimator;
        static_cast<torch::optim::AdamWOptions&>(groups[i].options()).lr(rate.learningRate * share);
    }
}

void updateMean(RunState& state) {
    const torch::NoGradGuard noGrad;
    // A young mean must forget the random start: the decay grows with the steps seen.
    const double step = static_cast<double>(state.step);
    const double decay = std::min(state.recipe.emaDecay, (1.0 + step) / (10.0 + step));
    for (const auto& [name, weight] : weightsOf(*state.model)) {
        if (const auto found = state.mean.find(name); found != state.mean.end()) {
            found->second.lerp_(weight.detach(), 1.0 - decay);
        }
    }
}

}  // namespace mcj
