#include "training/run_state.h"

#include <limits>
#include <sstream>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/optim/adamw.h>

#include "inference/model/checkpoint.h"
#include "media/base/error.h"
#include "training/initial_weights.h"
#include "training/optimizer.h"

namespace mcj {
namespace {

constexpr const char* kWeight = "model.";
constexpr const char* kMean = "mean.";
constexpr const char* kFirst = "adam.first.";
constexpr const char* kSecond = "adam.second.";
/// Steps that a parameter has seen: fewer than the run's where its task began late or takes turns.
constexpr const char* kSteps = "adam.steps.";

/// The mean of the weights begins with the weights.
void beginMean(RunState& state) {
    if (state.recipe.emaDecay <= 0) return;
    for (const auto& [name, weight] : weightsOf(*state.model)) {
        state.mean[name] = weight.detach().clone();
    }
}

/// Text that reads back as the same number.
std::string exactText(double value) {
    std::ostringstream text;
    text.precision(std::numeric_limits<double>::max_digits10);
    text << value;
    return text.str();
}

/// A recipe as text without `steps`, which a resumed run may extend.
std::string comparable(Recipe recipe) {
    recipe.steps = 1;
    return toJson(recipe);
}

}  // namespace

RunState startRun(const Recipe& recipe, at::Device device) {
    at::manual_seed(recipe.seed);
    RunState state;
    state.recipe = recipe;
    // Flow alone never reaches the expander; a run without content has none.
    auto config = recipe.model;
    if (recipe.content.batch == 0) config.expander.clear();
    const auto& local = recipe.content.loss.local;
    const bool isLocal = recipe.content.batch > 0 && local.weight > 0;
    config.localLevels = isLocal ? local.levels : std::vector<int>{};
    config.localExpander = isLocal ? local.widths : std::vector<int>{};
    state.model = McJepa(config);
    state.model->to(device, realType(recipe));
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
        const auto& moments = static_cast<const torch::optim::AdamWParamState&>(*found->second);
        file.tensors[kFirst + name] = moments.exp_avg();
        file.tensors[kSecond + name] = moments.exp_avg_sq();
        file.tensors[kSteps + name] = at::scalar_tensor(moments.step(), at::kLong);
    }
    for (const auto& [name, weight] : state.mean) file.tensors[kMean + name] = weight;
    file.metadata["config"] = toJson(state.model->config());
    file.metadata["recipe"] = toJson(state.recipe);
    file.metadata["step"] = std::to_string(state.step);
    file.metadata["best_error_px"] = exactText(state.bestError);
    file.metadata["threads"] = std::to_string(state.threads);
    if (!state.init.empty()) file.metadata["init"] = state.init;
    if (state.data) file.metadata["data"] = toJson(*state.data);
    writeTensors(path, file);
}

RunState resumeRun(const Recipe& recipe, const std::filesystem::path& path, at::Device device) {
    const auto file = readTensors(path);
    const auto text = [&](const char* key) {
        const auto found = file.metadata.find(key);
        if (found == file.metadata.end()) {
            throw Error(ErrorCode::Input,
                        path.string() + ": is not a checkpoint of a training run");
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
    if (file.metadata.contains("data")) state.data = parseDataFacts(text("data"));
    for (const auto& [name, weight] : weightsOf(*state.model)) {
        const auto first = file.tensors.find(kFirst + name);
        if (first == file.tensors.end()) continue;
        auto moments = std::make_unique<torch::optim::AdamWParamState>();
        const auto steps = file.tensors.find(kSteps + name);
        // Checkpoints of 0.1 had no such tensor: every parameter took part in every step.
        moments->step(steps == file.tensors.end() ? state.step
                                                  : *steps->second.const_data_ptr<std::int64_t>());
        moments->exp_avg(first->second.to(device));
        moments->exp_avg_sq(file.tensors.at(kSecond + name).to(device));
        state.optimizer->state()[weight.unsafeGetTensorImpl()] = std::move(moments);
    }
    for (auto& [name, weight] : state.mean) weight.copy_(file.tensors.at(kMean + name));
    return state;
}

void updateMean(RunState& state) {
    const at::NoGradGuard noGrad;
    // A young mean must forget the random start: the decay grows with the steps seen.
    const double step = static_cast<double>(state.step);
    const double decay = std::min(state.recipe.emaDecay, (1.0 + step) / (10.0 + step));
    std::vector<at::Tensor> means;
    std::vector<at::Tensor> weights;
    for (const auto& [name, weight] : weightsOf(*state.model)) {
        if (const auto found = state.mean.find(name); found != state.mean.end()) {
            means.push_back(found->second);
            weights.push_back(weight.detach());
        }
    }
    if (!means.empty()) at::_foreach_lerp_(means, weights, 1.0 - decay);
}

MeanWeights::MeanWeights(RunState& state) : state_(state) { swap(); }

MeanWeights::~MeanWeights() { swap(); }

void MeanWeights::swap() {
    const at::NoGradGuard noGrad;
    auto weights = weightsOf(*state_.model);
    for (auto& [name, mean] : state_.mean) {
        at::Tensor& weight = weights.at(name);
        const at::Tensor kept = weight.clone();
        weight.copy_(mean);
        mean.copy_(kept);
    }
}

}  // namespace mcj
