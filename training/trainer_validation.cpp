#include "training/trainer_validation.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "inference/model/preprocess.h"
#include "inference/ops/warp.h"
#include "training/collective.h"
#include "training/flow_pass.h"
#include "training/known_motion_loss.h"
#include "training/objectives.h"
#include "training/photometric_loss.h"
#include "training/visibility.h"

namespace mcj {
namespace {

constexpr std::uint64_t kHeldOut = 0x5EED;
// Small enough to cost little, and the same for any number of processes.
constexpr int kPairs = 4;
constexpr int kSceneBatches = 6;
constexpr int kClipBatches = 6;
constexpr int kMostViews = 64;
constexpr int kViewBatches = 4;
constexpr int kCensusRadius = 3;

/// Whether `part` has a still picture or, without any, a video to draw from.
DataPart partOfPictures(const TrainingData& data) {
    for (const auto& shard : data.pictures) {
        for (std::size_t i = 0; i < shard->size(); ++i) {
            if (data.heldOut.contains(*shard, i)) return DataPart::HeldOut;
        }
    }
    return DataPart::Training;
}

bool holdsClipsOut(const TrainingData& data) {
    for (const auto& shard : data.clips) {
        for (const auto& clip : shard->clips()) {
            if (data.heldOut.contains(*shard, clip.first)) return true;
        }
    }
    return false;
}

}  // namespace

Validation::Validation(const Recipe& recipe, const TrainingData& data, at::Device device)
    : recipe_(recipe) {
    const auto part = partOfPictures(data);
    if (recipe.model.hasFlow()) {
        auto config = sceneConfig(recipe, device);
        config.seed = recipe.seed + kHeldOut;
        config.batch = kPairs;
        config.heldOut = data.heldOut;
        config.part = part;
        scenes_ = std::make_unique<PairMaker>(data.pictures, config);
    }
    if (recipe.model.hasFlow() && holdsClipsOut(data)) {
        auto config = realPairConfig(recipe, data, device);
        config.seed = recipe.seed + kHeldOut;
        config.batch = kPairs;
        config.part = DataPart::HeldOut;
        config.real.looks = PhotometricConfig::off();
        // The sets' repeats are only for training; a repeat of zero would hide its clips.
        config.real.repeats.clear();
        clips_ = std::make_unique<PairMaker>(data.clips, config);
    }
    if (recipe.content.batch > 0) {
        BatchPlan plan;
        plan.seed = recipe.seed + kHeldOut;
        plan.batch = std::min(recipe.content.batch, kMostViews);
        views_ = std::make_unique<ViewBatches>(data, part, recipe.content, plan, device);
    }
}

Validation::~Validation() = default;

void Validation::judgeClips(McJepa model, MetricLine& values) const {
    SingleProcess alone;
    double census = 0.0;
    double consistent = 0.0;
    for (int i = 0; i < kClipBatches; ++i) {
        auto pairs = clips_->make(i);
        toRealType(pairs, recipe_);
        const auto pass = estimateBothWays(model, pairs.frame1, pairs.frame2);
        const auto warped = warp(pass.second, pass.forward.full, kernels::Border::Clamp);
        const auto inside = insideMask(pass.forward.full)
                                .slice(2, kCensusRadius, -kCensusRadius)
                                .slice(3, kCensusRadius, -kCensusRadius);
        census += maskedMean(censusDistance(pass.first, warped, kCensusRadius), inside, alone)
                      .item<double>();
        consistent +=
            visiblePixels(pass.forward.full, pass.backward.full, {}).mean().item<double>();
    }
    values["validation_census"] = census / kClipBatches;
    values["validation_consistent"] = consistent / kClipBatches;
}

MetricLine Validation::deviations(McJepa model) const {
    const at::NoGradGuard noGrad;
    at::Tensor pictures;
    if (scenes_) {
        auto pairs = scenes_->make(0);
        toRealType(pairs, recipe_);
        pictures = pairs.frame1;
    } else if (views_) {
        auto views = views_->make(0);
        toRealType(views, recipe_);
        pictures = views.first;
    } else {
        return {};
    }
    const auto pyramid = model->encode(normalizeImages(pictures));
    MetricLine values;
    for (int level = 1; level <= model->config().encoder.levels(); ++level) {
        values["deviation." + std::to_string(level)] =
            pyramid.level(level).std({0, 2, 3}, false).mean().item<double>();
    }
    return values;
}

Validation::Result Validation::judge(McJepa model) const {
    const at::NoGradGuard noGrad;
    Result result;
    double error = 1.0;
    if (scenes_) {
        double sum = 0.0;
        for (int i = 0; i < kSceneBatches; ++i) {
            auto pairs = scenes_->make(i);
            toRealType(pairs, recipe_);
            sum += endPointError(flowOf(model, pairs).full, pairs.flow, pairs.valid).item<double>();
        }
        result.values["validation_epe_px"] = sum / kSceneBatches;
        error *= sum / kSceneBatches;
    }
    if (views_) {
        SingleProcess alone;
        double sum = 0.0;
        for (int i = 0; i < kViewBatches; ++i) {
            auto views = views_->make(i);
            toRealType(views, recipe_);
            sum += contentObjective(model, views, recipe_.content.loss, alone).total.item<double>();
        }
        result.values["validation_content"] = sum / kViewBatches;
        error *= sum / kViewBatches;
    }
    if (clips_) judgeClips(model, result.values);
    result.error = scenes_ && views_ ? std::sqrt(error) : error;
    return result;
}

}  // namespace mcj
