#include "training/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>

#include "inference/model/checkpoint.h"
#include "inference/ops/device.h"
#include "media/base/error.h"
#include "training/gradients.h"
#include "training/initial_weights.h"
#include "training/mixed_precision.h"
#include "training/optimizer.h"
#include "training/run_state.h"
#include "training/trainer_validation.h"
#include "training/training_tasks.h"

namespace mcj {
namespace {

using Clock = std::chrono::steady_clock;

ShardFacts factsOf(const ShardReader& shard, const std::string& set) {
    return {set, shard.path().filename().string(), static_cast<std::int64_t>(shard.size()),
            shard.indexCrc()};
}

TrainingData openShards(const TrainOptions& options) {
    TrainingData data;
    const std::size_t shards = options.pictures.size() + options.clips.size();
    const ShardOptions each{.cacheBytes = options.cacheBytes / std::max<std::size_t>(1, shards)};
    for (const auto& path : options.pictures) {
        data.pictures.push_back(std::make_shared<ShardReader>(path, each));
        data.facts.pictures.push_back(factsOf(*data.pictures.back(), ""));
    }
    for (const auto& set : options.clips) {
        data.clips.push_back(std::make_shared<ShardReader>(set.file, each));
        data.clipSetNames.push_back(set.name);
        data.facts.clips.push_back(factsOf(*data.clips.back(), set.name));
    }
    if (data.pictures.empty()) data.pictures = data.clips;
    auto all = data.pictures;
    all.insert(all.end(), data.clips.begin(), data.clips.end());
    data.heldOut = HeldOut(all);
    return data;
}

/// Names the loss if one is not finite, because it makes other values not finite, too.
void refuseNoNumbers(const MetricLine& line, std::int64_t step) {
    constexpr std::string_view kLoss = "loss.";
    std::string culprit;
    for (const auto& [name, value] : line) {
        if (std::isfinite(value)) continue;
        const bool isLoss = name.starts_with(kLoss);
        if (isLoss) culprit = "the loss \"" + name.substr(kLoss.size()) + "\"";
        if (isLoss) break;
        if (culprit.empty()) culprit = "\"" + name + "\"";
    }
    if (culprit.empty()) return;
    throw Error(ErrorCode::Internal,
                "training stopped at step " + std::to_string(step) + ": " + culprit +
                    " became NaN or infinite",
                "The last checkpoint is intact; lower the learning rate or the loss's weight.");
}

}  // namespace

struct Trainer::State {
    TrainOptions options;
    at::Device device{at::kCPU};
    RunState run;
    std::unique_ptr<TrainingTask> synthetic;
    std::unique_ptr<TrainingTask> real;
    std::unique_ptr<TrainingTask> content;
    std::unique_ptr<Validation> validation;  ///< in process 0, as the log
    std::unique_ptr<MetricsLog> log;

    [[nodiscard]] Collective& processes() const { return *options.processes; }
    [[nodiscard]] bool isFirst() const { return processes().rank() == 0; }
    [[nodiscard]] std::filesystem::path last() const {
        return options.runFolder / "last.safetensors";
    }
    [[nodiscard]] std::filesystem::path best() const {
        return options.runFolder / "best.safetensors";
    }

    void begin(const Recipe& recipe);
    void agreeOnStart();
    void openTasks(const TrainingData& data);
    [[nodiscard]] MetricLine meanOf(const Notes& notes);
    MetricLine step();
    void validate(MetricLine& line);
};

void Trainer::State::begin(const Recipe& recipe) {
    checkRecipe(recipe);
    device = chooseDevice(options.device);
    if (recipe.precision == Precision::Mixed && !device.is_cuda()) {
        throw Error(ErrorCode::Usage,
                    "recipe: precision mixed needs a GPU, but the device is the CPU",
                    "Choose float32, which is faster on CPUs, or --device cuda.");
    }
    // A run's batches have the same size, so trying every algorithm once per shape pays. CUDA only.
    at::globalContext().setBenchmarkCuDNN(true);
    const auto data = openShards(options);
    std::filesystem::create_directories(options.runFolder);
    if (std::filesystem::exists(last())) {
        run = resumeRun(recipe, last(), device);
        // Samples depend on the shards and their order: with others it would be a different run.
        if (run.data) requireSameData(*run.data, data.facts, last().string());
        run.recipe.steps = recipe.steps;
        // Results are reproducible only with the same number of threads.
        if (options.threads == 0 && device.is_cpu()) options.threads = run.threads;
    } else if (!options.init.empty()) {
        run = startRunFrom(options.init, recipe, device);
    } else {
        run = startRun(recipe, device);
    }
    if (options.threads > 0) at::set_num_threads(options.threads);
    run.threads = at::get_num_threads();
    run.data = data.facts;
    agreeOnStart();
    openTasks(data);
    if (!isFirst()) return;
    log = std::make_unique<MetricsLog>(options.runFolder / "metrics.jsonl", run.step);
    const auto initial = run.step == 0 ? validation->judge(run.model).values : MetricLine{};
    log->write(
        toJsonLine(RunFacts{run.recipe, run.step, run.threads, device.str(), processes().size(),
                            run.model->parameterCount(), run.init, data.facts,
                            data.heldOut.pictures(), data.heldOut.videos(), initial}));
}

void Trainer::State::agreeOnStart() {
    if (processes().size() == 1) return;
    at::Tensor first = at::full({1}, run.step, at::TensorOptions(at::kLong).device(device));
    processes().broadcast(first);
    const auto step = first.item<std::int64_t>();
    if (step != run.step) {
        throw Error(ErrorCode::Input,
                    options.runFolder.string() + ": process " + std::to_string(processes().rank()) +
                        " finds a run of " + std::to_string(run.step) +
                        " steps there, but process 0 one of " + std::to_string(step),
                    "Put --run on a file system that all processes share.");
    }
    // The same seed may give different bits on different machines.
    const at::NoGradGuard noGrad;
    const auto take = [&](std::map<std::string, at::Tensor> tensors) {
        for (auto& [name, tensor] : tensors) {
            at::Tensor shared = tensor.detach().clone(at::MemoryFormat::Contiguous);
            processes().broadcast(shared);
            tensor.copy_(shared);
        }
    };
    take(weightsOf(*run.model));
    take(run.mean);
}

void Trainer::State::openTasks(const TrainingData& data) {
    const auto& recipe = run.recipe;
    const int workers = options.workers > 0 ? options.workers : device.is_cpu() ? 1 : 4;
    const TaskSetup setup{recipe,      data,    device,
                          processes(), workers, batchesBefore(recipe, run.step)};
    if (recipe.model.hasFlow() && recipe.syntheticBatch > 0) synthetic = makeKnownMotionTask(setup);
    if (recipe.model.hasFlow() && recipe.realEvery > 0) real = makeRealFlowTask(setup);
    if (recipe.content.batch > 0) content = makeContentTask(setup);
    if (isFirst()) validation = std::make_unique<Validation>(recipe, data, device);
}

MetricLine Trainer::State::meanOf(const Notes& notes) {
    std::vector<at::Tensor> scalars;
    for (const auto& [name, value] : notes) scalars.push_back(value.detach().to(at::kDouble));
    at::Tensor values = at::stack(scalars);
    processes().allReduceSum(values);
    values =
        (values / processes().size()).cpu();  // the only point of a step that waits for the device
    MetricLine line;
    std::int64_t i = 0;
    for (const auto& [name, value] : notes) line[name] = values[i++].item<double>();
    return line;
}

MetricLine Trainer::State::step() {
    const auto plan = planStep(run.recipe, run.step);
    setLearningRates(*run.optimizer, run.recipe, run.step);
    run.optimizer->zero_grad();
    Notes notes;
    TaskGradients gradients(run.model);
    at::Tensor total;
    int samples = 0;
    const auto take = [&](TrainingTask& task, const char* name) {
        const auto terms = [&] {
            const MixedPrecision mixed(run.recipe.precision);
            return task.loss(run.model, run.step, notes);
        }();
        for (const auto& [part, value] : terms.parts) notes["loss." + part] = value.detach();
        const auto loss = terms.total.detach();
        total = total.defined() ? total + loss : loss;
        notes[std::string("encoder_gradient_norm.") + name] =
            gradients.add(terms.total, processes());
        samples += task.samples();
    };
    if (plan.synthetic) take(*synthetic, "motion");
    if (plan.real) take(*real, "real");
    if (plan.content) take(*content, "content");
    notes["loss"] = total;
    const auto norms = gradientNorms(run.model);
    for (const auto& [part, norm] : norms) {
        notes[part.empty() ? "gradient_norm" : "gradient_norm." + part] = norm;
    }
    auto line = meanOf(notes);
    refuseNoNumbers(line, run.step);
    if (run.recipe.clipNorm > 0) clipGradients(run.model, norms.at(""), run.recipe.clipNorm);
    line["step"] = static_cast<double>(run.step);
    line["samples"] = samples;
    line["learning_rate"] =
        run.recipe.encoder.learningRate * learningRateShare(run.recipe, run.step);
    run.optimizer->step();
    ++run.step;
    updateMean(run);
    return line;
}

void Trainer::State::validate(MetricLine& line) {
    const auto result = [&] {
        const MeanWeights mean(run);
        return validation->judge(run.model);
    }();
    line.insert(result.values.begin(), result.values.end());
    line.merge(validation->deviations(run.model));
    if (!(result.error < run.bestError)) return;
    run.bestError = result.error;
    saveRun(run, best());
}

Trainer::Trainer(Recipe recipe, TrainOptions options) : state_(std::make_unique<State>()) {
    state_->options = std::move(options);
    state_->begin(recipe);
}

Trainer::~Trainer() = default;

const std::string& Trainer::initialWeights() const { return state_->run.init; }

std::int64_t Trainer::fit(const std::atomic<bool>& stop,
                          const std::function<void(const MetricLine&)>& report) {
    auto& s = *state_;
    const auto& recipe = s.run.recipe;
    const auto start = Clock::now();
    const std::int64_t first = s.run.step;
    double samples = 0.0;
    const auto seconds = [&] {
        return std::chrono::duration<double>(Clock::now() - start).count();
    };
    const auto wish = [&] {
        const bool timeIsUp = s.options.maxMinutes > 0 && seconds() > 60.0 * s.options.maxMinutes;
        return stop.load() || timeIsUp ? NextStep::Stop : NextStep::GoOn;
    };
    while (s.run.step < recipe.steps && agreeOnNextStep(wish(), s.processes()) == NextStep::GoOn) {
        auto line = s.step();
        if (!s.isFirst()) continue;
        samples += line["samples"];
        line["samples_per_sec"] = samples / seconds();
        line["steps_per_sec"] = static_cast<double>(s.run.step - first) / seconds();
        line["eta_secs"] = static_cast<double>(recipe.steps - s.run.step) / line["steps_per_sec"];
        // What later deviations are compared with.
        if (s.run.step == 1) line.merge(s.validation->deviations(s.run.model));
        if (s.run.step % recipe.validateEvery == 0 || s.run.step == recipe.steps) s.validate(line);
        // The line is written before the checkpoint, so that the file has all steps of a
        // checkpoint.
        s.log->write(toJsonLine(line));
        report(line);
        if (s.run.step % recipe.checkpointEvery == 0) saveRun(s.run, s.last());
    }
    if (s.isFirst()) saveRun(s.run, s.last());
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
    auto config = parseModelConfig(file.metadata.at("config"));
    // Only needed for training content.
    config.expander.clear();
    config.localLevels.clear();
    config.localExpander.clear();
    McJepa model(config);
    auto weights = modelWeights(file);
    std::erase_if(weights, [](const auto& item) {
        return item.first.starts_with("expander.") || item.first.starts_with("local.");
    });
    loadWeights(*model, weights, checkpoint.string());
    auto all = metadata;
    all["recipe"] = file.metadata.at("recipe");
    all["step"] = file.metadata.at("step");
    for (const char* key : {"init", "data"}) {
        if (file.metadata.contains(key)) all[key] = file.metadata.at(key);
    }
    saveModel(output, model, all, WeightType::Float16);
}

}  // namespace mcj
