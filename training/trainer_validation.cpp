#include "training/trainer_validation.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "training/collective.h"
#include "training/known_motion_loss.h"
#include "training/objectives.h"

namespace mcj {
namespace {

constexpr std::uint64_t kHeldOut = 0x5EED;
// Small enough to cost little, and the same for any number of processes.
constexpr int kScenes = 4;
constexpr int kSceneBatches = 6;
constexpr int kMostViews = 64;
constexpr int kViewBatches = 4;

}  // namespace

Validation::Validation(const Recipe& recipe, const TrainingData& data, at::Device device)
    : recipe_(recipe) {
    if (recipe.model.hasFlow()) {
        auto config = sceneConfig(recipe, device);
        config.seed = recipe.seed + kHeldOut;
        config.batch = kScenes;
        scenes_ = std::make_unique<PairMaker>(data.pictures, config);
    }
    if (recipe.content.batch > 0) {
        BatchPlan plan;
        plan.seed = recipe.seed + kHeldOut;
        plan.batch = std::min(recipe.content.batch, kMostViews);
        views_ = std::make_unique<ViewBatches>(data.pictures, recipe.content, plan, device);
    }
}

Validation::~Validation() = default;

Validation::Result Validation::judge(McJepa model) const {
    const at::NoGradGuard noGrad;
    Result result;
    if (scenes_) {
        double sum = 0.0;
        for (int i = 0; i < kSceneBatches; ++i) {
            auto pairs = scenes_->make(i);
            toRealType(pairs, recipe_);
            sum += endPointError(flowOf(model, pairs).full, pairs.flow, pairs.valid).item<double>();
        }
        result.values["validation_epe_px"] = sum / kSceneBatches;
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
    }
    result.error = result.values.at(scenes_ ? "validation_epe_px" : "validation_content");
    return result;
}

}  // namespace mcj
