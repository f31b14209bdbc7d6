#include "training/trainer.h"

#include <chrono>
#include <cmath>
#include <fstream>
#include <thread>

#include <torch/torch.h>

#include "inference/model/checkpoint.h"
#include "inference/model/preprocess.h"
#include "inference/ops/device.h"
#include "media/base/error.h"
#include "training/collective.h"
#include "training/known_motion_loss.h"
#include "training/pair_loader.h"
#include "training/run_state.h"

namespace mcj {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<ShardPtr> openShards(const std::vector<std::filesystem::path>& paths) {
    std::vector<ShardPtr> shards;
    for (const auto& path : paths) shards.push_back(std::make_shared<ShardReader>(path));
    return shards;
}

/// Steps before `step` that took a real batch.
std::int64_t realStepsBefore(const Recipe& recipe, std::int64_t step) {
    if (recipe.realEvery <= 0) return 0;
    std::int64_t count = 0;
    for (std::int64_t s = recipe.realStart; s < step; ++s) count += s % recipe.realEvery == 0;
    return count;
}

bool isRealStep(const Recipe& recipe, std::int64_t step) {
    return recipe.realEvery > 0 && step >= recipe.realStart && step % recipe.realEvery == 0;
}

/// Weights for a loss over synthetic pairs: known motion counts everywhere, also where its end is
/// hidden, because real flow is judged there too.
at::Tensor everywhere(const FramePairs& pairs) { return at::ones_like(pairs.valid); }

struct PairFeatures {
    FeaturePyramid first;
    FeaturePyramid second;
};

PairFeatures encodePair(McJepa model, const FramePairs& pairs) {
    const auto images = normalizeImages(at::cat({pairs.frame1, pairs.frame2}, 0));
    const auto both = model->encode(images);
    const std::int64_t batch = pairs.frame1.size(0);
    return {both.slice(0, batch), both.slice(batch, batch)};
}

}  // namespace

struct Trainer::State {
    TrainOptions options;
    at::Device device{at::kCPU};
    RunState run;
    SingleProcess processes;
    std::unique_ptr<PairLoader> synthetic;
    std::unique_ptr<PairLoader> real;
    std::unique_ptr<PairLoader> validation;

    [[nodiscard]] std::filesystem::path last() const { return options.runFolder / "last.safetensors"; }
    [[nodiscard]] std::filesystem::path best() const { return options.runFolder / "best.safetensors"; }

    void openLoaders();
    LossTerms syntheticLoss(MetricLine& line);
    LossTerms realLoss(MetricLine& line);
    MetricLine step();
    double validate();
    void checkpoint();
};

void Trainer::State::openLoaders() {
    const auto& recipe = run.recipe;
    PairLoaderConfig config;
    config.kind = PairKind::Synthetic;
    config.batch = recipe.syntheticBatch;
    config.seed = recipe.seed;
    config.firstStep = run.step;
    config.device = device;
    config.synthetic.height = recipe.height;
    config.synthetic.width = recipe.width;
    config.synthetic.maxShift = recipe.shiftMaxPx;
    if (recipe.syntheticBatch > 0) {
        auto shards = openShards(options.pictures);
        synthetic = std::make_unique<PairLoader>(shards, config);
        // The same kind of scenes under another seed, small enough to cost little.
        config.seed = recipe.seed + 0x5EED;
        config.firstStep = 0;
        config.batch = 4;
        validation = std::make_unique<PairLoader>(shards, config);
    }
    if (recipe.realEvery > 0) {
        PairLoaderConfig realConfig;
        realConfig.kind = PairKind::Real;
        realConfig.batch = recipe.realBatch;
        realConfig.seed = recipe.seed;
        realConfig.firstStep = realStepsBefore(recipe, run.step);
        realConfig.device = device;
        realConfig.real.height = recipe.height;
        realConfig.real.width = recipe.width;
        real = std::make_unique<PairLoader>(openShards(options.clips), realConfig);
    }
}

LossTerms Trainer::State::syntheticLoss(MetricLine& line) {
    const auto pairs = synthetic->next();
    const auto features = encodePair(run.model, pairs);
    const auto flow = run.model->estimateFlow(features.first, features.second);
    auto terms = knownMotionLoss(flow, pairs.flow, everywhere(pairs), processes);
    line["epe_px"] = endPointError(flow.full.detach(), pairs.flow, pairs.valid).item<double>();
    line["zero_epe_px"] =
        endPointError(at::zeros_like(pairs.flow), pairs.flow, pairs.valid).item<double>();
    return terms;
}

LossTerms Trainer::State::realLoss(MetricLine& line) {
    const auto pairs = real->next();
    const auto features = encodePair(run.model, pairs);
    const auto forward = run.model->estimateFlow(features.first, features.second);
    const auto backward = run.model->estimateFlow(features.second, features.first);
    const auto occlusion = run.step >= run.recipe.occlusionStart ? OcclusionUse::ForwardBackward
                                                                 : OcclusionUse::OutsideOnly;
    const auto terms = selfSupervisedFlowLoss(pairs.frame1, pairs.frame2, features.first,
                                              features.second, forward, backward,
                                              run.recipe.flowLoss, occlusion, processes);
    line["real_flow_px"] =
        forward.full.detach().square().sum(1).sqrt().mean().item<double>();
    LossTerms weighted;
    for (const auto& [name, value] : terms.parts) {
        weighted.add(name, value * run.recipe.realWeight);
    }
    return weighted;
}

MetricLine Trainer::State::step() {
    MetricLine line;
    line["step"] = static_cast<double>(run.step);
    setLearningRates(run);
    run.optimizer->zero_grad();
    LossTerms terms;
    if (synthetic) {
        for (const auto& [name, value] : syntheticLoss(line).parts) terms.add(name, value);
    }
    if (isRealStep(run.recipe, run.step)) {
        for (const auto& [name, value] : realLoss(line).parts) terms.add("real." + name, value);
    }
    for (const auto& [name, value] : terms.parts) {
        line["loss." + name] = value.item<double>();
        if (!std::isfinite(line["loss." + name])) {
            throw Error(ErrorCode::Internal,
                        "training stopped at step " + std::to_string(run.step) + ": the loss \"" +
                            name + "\" is no longer a number",
                        "The last checkpoint is whole; lower the learning rate or the loss's weight.");
        }
    }
    line["loss"] = terms.total.item<double>();
    terms.total.backward();
    std::vector<at::Tensor> parameters = run.model->parameters();
    const double limit = run.recipe.clipNorm > 0 ? run.recipe.clipNorm : 1e30;
    line["gradient_norm"] = torch::nn::utils::clip_grad_norm_(parameters, limit);
    if (!std::isfinite(line["gradient_norm"])) {
        throw Error(ErrorCode::Internal, "training stopped at step " + std::to_string(run.step) +
                                             ": the gradient is no longer a number");
    }
    run.optimizer->step();
    ++run.step;
    updateMean(run);
    line["learning_rate"] = run.recipe.encoder.learningRate *
                            learningRateShare(run.recipe, run.step - 1);
    return line;
}

double Trainer::State::validate() {
    if (!validation) return 0.0;
    constexpr int kBatches = 6;
    const torch::NoGradGuard noGrad;
    double sum = 0.0;
    for (int i = 0; i < kBatches; ++i) {
        const auto pairs = validation->make(i);
        const auto features = encodePair(run.model, pairs);
        const auto flow = run.model->estimateFlow(features.first, features.second);
        sum += endPointError(flow.full, pairs.flow, pairs.valid).item<double>();
    }
    return sum / kBatches;
}

void Trainer::State::checkpoint() {
    saveRun(run, last());
}

Trainer::Trainer(Recipe recipe, TrainOptions options) : state_(std::make_unique<State>()) {
    auto& s = *state_;
    s.options = std::move(options);
    s.device = chooseDevice(s.options.device);
    if (s.options.threads > 0) at::set_num_threads(s.options.threads);
    std::filesystem::create_directories(s.options.runFolder);
    if (std::filesystem::exists(s.last())) {
        s.run = resumeRun(recipe, s.last(), s.device);
        s.run.recipe.steps = recipe.steps;
    } else if (!s.options.init.empty()) {
        s.run = startRunFrom(s.options.init, recipe, s.device);
    } else {
        s.run = startRun(recipe, s.device);
    }
    s.run.threads = at::get_num_threads();
    s.openLoaders();
}

Trainer::~Trainer() = default;

const std::string& Trainer::initialWeights() const { return state_->run.init; }

std::int64_t Trainer::fit(const std::atomic<bool>& stop,
                          const std::function<void(const MetricLine&)>& report) {
    auto& s = *state_;
    const auto start = Clock::now();
    const std::int64_t first = s.run.step;
    const auto seconds = [&] {
        return std::chrono::duration<double>(Clock::now() - start).count();
    };
    while (s.run.step < s.run.recipe.steps && !stop.load()) {
        if (s.options.maxMinutes > 0 && seconds() > 60.0 * s.options.maxMinutes) break;
        auto line = s.step();
        const auto done = static_cast<double>(s.run.step - first);
        line["steps_per_sec"] = done / seconds();
        line["eta_secs"] =
            static_cast<double>(s.run.recipe.steps - s.run.step) / line["steps_per_sec"];
        if (s.run.step % s.run.recipe.validateEvery == 0 || s.run.step == s.run.recipe.steps) {
            const double error = s.validate();
            line["validation_epe_px"] = error;
            if (error < s.run.bestError) {
                s.run.bestError = error;
                saveRun(s.run, s.best());
            }
        }
        report(line);
        if (s.run.step % s.run.recipe.checkpointEvery == 0) s.checkpoint();
    }
    s.checkpoint();
    return s.run.step;
}

void exportModel(const std::filesystem::path& checkpoint, const std::filesystem::path& output,
                 const std::map<std::string, std::string>& metadata) {
    const auto file = readTensors(checkpoint);
    if (!file.metadata.contains("config") || !file.metadata.contains("recipe")) {
        throw Error(ErrorCode::Input,
                    checkpoint.string() + ": is not a checkpoint of a training run",
                    "Give last.safetensors or best.safetensors of a run folder.");
    }
    McJepa model(parseModelConfig(file.metadata.at("config")));
    loadWeights(*model, modelWeights(file), checkpoint.string());
    auto all = metadata;
    all["recipe"] = file.metadata.at("recipe");
    all["step"] = file.metadata.at("step");
    if (file.metadata.contains("init")) all["init"] = file.metadata.at("init");
    saveModel(output, model, all, WeightType::Float16);
}

}  // namespace mcj
