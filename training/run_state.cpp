#include "training/run_state.h"

#include <charconv>
#include <limits>
#include <sstream>
#include <system_error>

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
/// Steps of a parameter: fewer than the run's if its task began late or alternates.
constexpr const char* kSteps = "adam.steps.";

/// The mean of the weights is initialised with the weights.
void beginMean(RunState& state) {
    if (state.recipe.emaDecay <= 0) return;
    for (const auto& [name, weight] : weightsOf(*state.model)) {
        state.mean[name] = weight.detach().clone();
    }
}

/// Text that is parsed to the same number.
std::string exactText(double value) {
    std::ostringstream text;
    text.precision(std::numeric_limits<double>::max_digits10);
    text << value;
    return text.str();
}

[[noreturn]] void failDamaged(const std::string& file, const std::string& what) {
    throw Error(ErrorCode::Input, file + ": the checkpoint is damaged: " + what,
                "Restore the file from a copy, or start a new run in another --run folder.");
}

/// The number of `key`, at least `low`.
template <typename Number>
Number numberOf(const TensorFile& file, const std::string& key, Number low,
                const std::string& name) {
    const std::string& text = file.metadata.at(key);
    Number value{};
    const char* const end = text.data() + text.size();
    const auto [last, failed] = std::from_chars(text.data(), end, value);
    if (failed == std::errc{} && last == end && value >= low) return value;
    failDamaged(name, "its " + key + ", \"" + text + "\", is not a valid number");
}

/// A record in the metadata, read by `parse`.
template <typename Parse>
auto recordOf(const std::string& name, const Parse& parse) {
    try {
        return parse();
    } catch (const Error& error) {
        failDamaged(name, error.what());
    }
}

/// The tensor, which must have the shape of `like`.
const at::Tensor& tensorOf(const TensorFile& file, const std::string& key, const at::Tensor& like,
                           const std::string& name) {
    const auto found = file.tensors.find(key);
    if (found == file.tensors.end()) failDamaged(name, "it has no " + key);
    if (found->second.sizes() != like.sizes()) {
        failDamaged(name, key + " does not have the shape of its weight");
    }
    return found->second;
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
    // Flow does not train the expander; a run without content has none.
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
    const std::string fileName = path.string();
    const Recipe trained = recordOf(fileName, [&] { return parseRecipe(text("recipe")); });
    if (comparable(trained) != comparable(recipe)) {
        throw Error(ErrorCode::Usage, path.string() + ": was trained with another recipe",
                    "Choose a new --run folder, or give the recipe of the existing run.");
    }
    RunState state = startRun(recipe, device);
    std::map<std::string, at::Tensor> weights;
    for (const auto& [name, tensor] : file.tensors) {
        if (name.starts_with(kWeight)) weights[name.substr(std::string(kWeight).size())] = tensor;
    }
    loadWeights(*state.model, weights, path.string());
    for (const char* key : {"step", "best_error_px", "threads"}) (void)text(key);
    state.step = numberOf<std::int64_t>(file, "step", 0, fileName);
    state.bestError = numberOf<double>(file, "best_error_px", 0.0, fileName);
    state.threads = numberOf<int>(file, "threads", 0, fileName);
    if (file.metadata.contains("init")) state.init = text("init");
    if (file.metadata.contains("data")) {
        state.data = recordOf(fileName, [&] { return parseDataFacts(text("data")); });
    }
    for (const auto& [name, weight] : weightsOf(*state.model)) {
        if (!file.tensors.contains(kFirst + name)) continue;
        auto moments = std::make_unique<torch::optim::AdamWParamState>();
        const auto steps = file.tensors.find(kSteps + name);
        // Checkpoints of 0.1 had no such tensor: every parameter took part in every step.
        std::int64_t taken = state.step;
        if (steps != file.tensors.end()) {
            const at::Tensor& count = steps->second;
            if (count.scalar_type() != at::kLong || count.numel() != 1) {
                failDamaged(fileName, kSteps + name + " is not a number of steps");
            }
            taken = *count.const_data_ptr<std::int64_t>();
        }
        moments->step(taken);
        moments->exp_avg(tensorOf(file, kFirst + name, weight, fileName).to(device));
        moments->exp_avg_sq(tensorOf(file, kSecond + name, weight, fileName).to(device));
        state.optimizer->state()[weight.unsafeGetTensorImpl()] = std::move(moments);
    }
    for (auto& [name, weight] : state.mean) {
        weight.copy_(tensorOf(file, kMean + name, weight, fileName));
    }
    return state;
}

void updateMean(RunState& state) {
    const at::NoGradGuard noGrad;
    // The decay grows with the number of steps, so that the random start is forgotten quickly.
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
