#include "training/training_tasks.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "inference/model/preprocess.h"
#include "media/base/error.h"
#include "training/collective.h"
#include "training/flow_pass.h"
#include "training/known_motion_loss.h"
#include "training/mixed_precision.h"
#include "training/motion_matching_loss.h"
#include "training/objectives.h"

namespace mcj {
namespace {

/// Random streams of one run, which must be different.
constexpr std::uint64_t kAugmentationStream = 0xA46;
constexpr std::uint64_t kViewStream = 0xC07E27;

/// This process's share of a global batch.
BatchPlan shareOf(int batch, const TaskSetup& setup, std::int64_t done, const char* key) {
    const int processes = setup.processes.size();
    if (batch % processes != 0) {
        throw Error(ErrorCode::Usage,
                    "recipe: " + std::string(key) + " is " + std::to_string(batch) + ", which " +
                        std::to_string(processes) + " processes cannot share evenly",
                    "Choose a number of processes that divides every batch of the recipe.");
    }
    BatchPlan plan;
    plan.batch = batch / processes;
    plan.firstSample = static_cast<std::int64_t>(setup.processes.rank()) * plan.batch;
    plan.seed = setup.recipe.seed;
    plan.firstStep = done;
    plan.workers = setup.workers;
    plan.ahead = 2 + setup.workers;
    return plan;
}

LossTerms weighted(const LossTerms& terms, const std::string& prefix, double weight) {
    LossTerms result;
    for (const auto& [name, value] : terms.parts) result.add(prefix + name, value * weight);
    return result;
}

class KnownMotionTask final : public TrainingTask {
public:
    explicit KnownMotionTask(const TaskSetup& setup)
        : recipe_(setup.recipe), processes_(setup.processes),
          loader_(setup.data.pictures, configOf(setup)) {}

    LossTerms loss(McJepa model, std::int64_t /*step*/, Notes& notes) override {
        auto pairs = loader_.next();
        toRealType(pairs, recipe_);
        const auto pass =
            estimateForward(model, pairs.frame1, pairs.frame2, LevelGradients::AsConfigured);
        const auto& flow = pass.forward;
        // Known motion counts everywhere, even where its end is hidden, because benchmarks evaluate
        // flow there, too.
        const auto everywhere = at::ones_like(pairs.valid);
        notes["epe_px"] = endPointError(flow.full.detach(), pairs.flow, pairs.valid);
        notes["zero_epe_px"] = endPointError(at::zeros_like(pairs.flow), pairs.flow, pairs.valid);
        const auto terms = inFullPrecision([&] {
            auto losses = knownMotionLoss(flow, pairs.flow, everywhere, processes_);
            if (recipe_.matching.weight > 0) {
                const auto matching =
                    motionMatchingLoss(pass.firstFeatures, pass.secondFeatures, pairs.flow,
                                       pairs.valid, recipe_.matching, processes_);
                for (const auto& [name, value] : matching.parts) losses.add(name, value);
            }
            return losses;
        });
        return weighted(terms, "", recipe_.balance * recipe_.syntheticWeight);
    }
    int samples() const override { return recipe_.syntheticBatch; }

private:
    static PairLoaderConfig configOf(const TaskSetup& setup) {
        auto config = sceneConfig(setup.recipe, setup.device);
        config.heldOut = setup.data.heldOut;
        static_cast<BatchPlan&>(config) =
            shareOf(setup.recipe.syntheticBatch, setup, setup.done.synthetic, "synthetic_batch");
        return config;
    }

    const Recipe& recipe_;
    Collective& processes_;
    PairLoader loader_;
};

class RealFlowTask final : public TrainingTask {
public:
    explicit RealFlowTask(const TaskSetup& setup)
        : recipe_(setup.recipe), processes_(setup.processes),
          loader_(setup.data.clips, configOf(setup)) {}

    LossTerms loss(McJepa model, std::int64_t step, Notes& notes) override {
        auto pairs = loader_.next();
        toRealType(pairs, recipe_);
        const auto settings = flowLossAt(recipe_, step);
        const FlowStep flowStep{
            .occlusion =
                step >= recipe_.occlusionStart ? settings.occlusion : OcclusionUse::OutsideOnly,
            .vcShare =
                risenShare(step, std::max(recipe_.flowStart, recipe_.realStart), recipe_.vcWarmup),
            .selfSupervisionShare =
                risenShare(step, recipe_.selfSupervisionStart, recipe_.selfSupervisionRamp),
            // The same for all processes, because it applies to the whole batch.
            .rng =
                SampleRng(recipe_.seed + kAugmentationStream, static_cast<std::uint64_t>(step), 0)};
        const auto terms = flowObjective(model, pairs, settings, flowStep, processes_);
        for (const auto& [name, value] : terms.measures) notes["real_" + name] = value;
        return weighted(terms, "real.", recipe_.balance * recipe_.realWeight);
    }
    int samples() const override { return recipe_.realBatch; }

private:
    static PairLoaderConfig configOf(const TaskSetup& setup) {
        auto config = realPairConfig(setup.recipe, setup.data, setup.device);
        static_cast<BatchPlan&>(config) =
            shareOf(setup.recipe.realBatch, setup, setup.done.real, "real_batch");
        return config;
    }

    const Recipe& recipe_;
    Collective& processes_;
    PairLoader loader_;
};

class ContentTask final : public TrainingTask {
public:
    explicit ContentTask(const TaskSetup& setup) : ContentTask(setup, planOf(setup)) {}

    LossTerms loss(McJepa model, std::int64_t /*step*/, Notes& /*notes*/) override {
        auto views = queue_.next();
        toRealType(views, recipe_);
        return weighted(contentObjective(model, views, recipe_.content.loss, processes_),
                        "content.", recipe_.content.weight);
    }
    int samples() const override { return recipe_.content.batch; }

private:
    ContentTask(const TaskSetup& setup, const BatchPlan& plan)
        : recipe_(setup.recipe), processes_(setup.processes),
          batches_(setup.data, DataPart::Training, setup.recipe.content, plan, setup.device),
          queue_(plan, setup.device, [this](std::int64_t step) { return batches_.make(step); }) {}

    static BatchPlan planOf(const TaskSetup& setup) {
        auto plan = shareOf(setup.recipe.content.batch, setup, setup.done.content, "content.batch");
        plan.seed += kViewStream;
        return plan;
    }

    const Recipe& recipe_;
    Collective& processes_;
    ViewBatches batches_;
    BatchQueue<ContentViews> queue_;  ///< last: its threads use the batches
};

}  // namespace

std::unique_ptr<TrainingTask> makeKnownMotionTask(const TaskSetup& setup) {
    return std::make_unique<KnownMotionTask>(setup);
}

std::unique_ptr<TrainingTask> makeRealFlowTask(const TaskSetup& setup) {
    return std::make_unique<RealFlowTask>(setup);
}

std::unique_ptr<TrainingTask> makeContentTask(const TaskSetup& setup) {
    return std::make_unique<ContentTask>(setup);
}

PairLoaderConfig sceneConfig(const Recipe& recipe, at::Device device) {
    PairLoaderConfig config;
    config.kind = PairKind::Synthetic;
    config.device = device;
    config.synthetic.height = recipe.height;
    config.synthetic.width = recipe.width;
    config.synthetic.maxShift = recipe.shiftMaxPx;
    return config;
}

PairLoaderConfig realPairConfig(const Recipe& recipe, const TrainingData& data, at::Device device) {
    PairLoaderConfig config;
    config.kind = PairKind::Real;
    config.device = device;
    config.heldOut = data.heldOut;
    static_cast<RealPairSettings&>(config.real) = recipe.realPairs;
    config.real.height = recipe.height;
    config.real.width = recipe.width;
    const auto& names = data.clipSetNames;
    for (const auto& name : names) {
        const auto found = recipe.flowSets.find(name);
        config.real.repeats.push_back(found == recipe.flowSets.end() ? 1.0 : found->second);
    }
    for (const auto& [name, repeats] : recipe.flowSets) {
        if (std::find(names.begin(), names.end(), name) != names.end()) continue;
        throw Error(
            ErrorCode::Usage,
            "recipe: flow_sets names \"" + name + "\", but no --clips " + name + "=FILE is given",
            "Give a shard for every set that the recipe repeats.");
    }
    return config;
}

void toRealType(FramePairs& pairs, const Recipe& recipe) {
    forEachTensor(pairs, [&](at::Tensor& tensor) { tensor = tensor.to(realType(recipe)); });
}

void toRealType(ContentViews& views, const Recipe& recipe) {
    forEachTensor(views, [&](at::Tensor& tensor) { tensor = tensor.to(realType(recipe)); });
}

FlowPyramid flowOf(McJepa model, const FramePairs& pairs) {
    const auto both = model->encode(normalizeImages(at::cat({pairs.frame1, pairs.frame2}, 0)));
    const std::int64_t batch = pairs.frame1.size(0);
    return model->estimateFlow(both.slice(0, batch), both.slice(batch, batch));
}

}  // namespace mcj
