#include "training/recipe.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <numbers>
#include <sstream>

#include "media/base/error.h"
#include "training/step_plan.h"
#include "training/vicreg.h"

namespace mcj {
namespace {

void require(bool good, const std::string& message) {
    if (!good) throw Error(ErrorCode::Input, "recipe: " + message);
}

void checkMode(const Recipe& r) {
    const std::string& mode = r.model.mode;
    const bool wantsContent = mode == "mc-jepa" || mode == "vicreg";
    require(!wantsContent || r.content.batch > 0, "mode " + mode + " needs content.batch");
    require(!wantsContent || !r.model.expander.empty(), "mode " + mode + " needs model.expander");
    require(wantsContent || r.content.batch == 0,
            "mode " + mode + " has no content task: content.batch must be 0");
    if (!r.model.hasFlow()) {
        require(r.syntheticBatch == 0 && r.realEvery == 0,
                "mode vicreg has no flow: synthetic_batch and real_every must be 0");
        return;
    }
    require(r.syntheticBatch > 0 || r.realEvery > 0,
            "mode " + mode + " needs synthetic_batch or real_every");
    require(r.realEvery == 0 || r.realBatch > 0, "real_batch must be positive with real_every");
    require(r.flowStart == 0 || wantsContent, "flow_start needs a content task before it");
    const bool contentInEveryStep = wantsContent && r.sampling == Sampling::Combined;
    require(contentInEveryStep || r.syntheticBatch > 0 ||
                (r.realEvery == 1 && r.realStart <= r.flowStart),
            "some steps would train nothing: synthetic_batch must be positive unless real_every "
            "is 1 and real pairs start with the flow");
}

void checkStages(const Recipe& r) {
    double before = 0.0;
    for (const FlowStage& stage : r.flowStages) {
        require(stage.until > before && stage.until < 1,
                "flow_stages: every until must be above 0, below 1 and above the one before");
        before = stage.until;
        for (const auto& weight : {stage.l1, stage.l2, stage.ssim, stage.census, stage.smooth,
                                   stage.selfSupervision, stage.augmentation}) {
            require(weight.value_or(0.0) >= 0, "flow_stages: weights must not be negative");
        }
    }
    require(r.flowStages.empty() || r.realEvery > 0,
            "flow_stages are of the self-supervised loss, which needs real_every");
}

}  // namespace

void checkRecipe(const Recipe& r) {
    require(r.steps > 0, "steps must be positive");
    require(r.height > 0 && r.width > 0 && r.height % 64 == 0 && r.width % 64 == 0,
            "height and width must be multiples of 64");
    require(r.syntheticBatch >= 0 && r.realBatch >= 0 && r.realEvery >= 0 && r.content.batch >= 0,
            "batches and real_every must not be negative");
    require(r.content.batch != 1,
            "content.batch must be at least 2, because VICReg compares images");
    require(r.content.size >= 64 && r.content.size % 32 == 0,
            "content.size must be a multiple of 32 and at least 64");
    require(r.checkpointEvery > 0 && r.validateEvery > 0 && r.epochSteps > 0,
            "checkpoint_every, validate_every and epoch_steps must be positive");
    for (const auto& [name, repeats] : r.flowSets) {
        require(repeats >= 0, "flow_sets." + name + " must not be negative");
    }
    const auto isShare = [](double value) { return value >= 0 && value <= 1; };
    require(r.realPairs.maxGap >= 1, "real_pairs.max_gap must be at least 1");
    require(r.realPairs.minZoom > 0 && r.realPairs.minZoom <= 1,
            "real_pairs.min_zoom must be above 0 and at most 1");
    require(isShare(r.realPairs.flipShare) && isShare(r.realPairs.swapShare),
            "real_pairs.flip and real_pairs.swap must be from 0 to 1");
    require(r.flowLoss.smoothOrder == 1 || r.flowLoss.smoothOrder == 2,
            "flow_loss.smooth_order must be 1 or 2");
    const auto& weights = r.flowLoss.levelWeights;
    require(!weights.empty() && std::all_of(weights.begin(), weights.end(),
                                            [](double weight) { return weight >= 0; }),
            "flow_loss.level_weights must not be negative (the finest level's first)");
    require(isShare(r.flowLoss.occlusionFloor), "flow_loss.occlusion_floor must be from 0 to 1");
    require(r.estimatorWarmup >= 0, "estimator_warmup must not be negative");
    require(r.headShare > 0 && r.headShare <= 1, "head_share must be above 0 and at most 1");
    require(r.matching.weight >= 0 && r.matching.temperature > 0,
            "matching.weight must not be negative and matching.temperature must be positive");
    require(
        !r.matching.levels.empty() &&
            std::all_of(r.matching.levels.begin(), r.matching.levels.end(),
                        [&](int level) { return level >= 1 && level <= r.model.encoder.levels(); }),
        "matching.levels must name levels of the encoder, 1 to " +
            std::to_string(r.model.encoder.levels()));
    const auto& local = r.content.loss.local;
    require(local.weight >= 0, "content.local.weight must not be negative");
    require(
        !local.levels.empty() &&
            std::all_of(local.levels.begin(), local.levels.end(),
                        [&](int level) { return level >= 1 && level <= r.model.encoder.levels(); }),
        "content.local.levels must name levels of the encoder, 1 to " +
            std::to_string(r.model.encoder.levels()));
    require(!local.widths.empty() && std::all_of(local.widths.begin(), local.widths.end(),
                                                 [](int width) { return width > 0; }),
            "content.local.widths must be positive");
    require(r.matching.weight == 0 || r.syntheticBatch > 0,
            "matching.weight needs known motion: synthetic_batch must be positive");
    require(r.emaDecay >= 0 && r.emaDecay < 1, "ema_decay must be in [0, 1)");
    checkStages(r);
    checkMode(r);
}

Recipe readRecipe(const std::filesystem::path& path) {
    std::ifstream stream(path);
    if (!stream) {
        throw Error(ErrorCode::Input, path.string() + ": cannot be opened",
                    "Give a recipe file, for example training/recipes/small.json.");
    }
    std::ostringstream text;
    text << stream.rdbuf();
    try {
        return parseRecipe(text.str());
    } catch (const Error& error) {
        throw Error(error.code(), path.string() + ": " + error.what(), error.hint());
    }
}

std::optional<double> attainableDeviation(const Recipe& recipe) {
    if (recipe.content.batch == 0) return std::nullopt;
    return attainableDeviation(recipe.content.loss.vicreg, recipe.content.batch,
                               recipe.model.expander.back());
}

std::string smallBatchWarning(const Recipe& recipe) {
    constexpr double kLeast = 0.5;
    const auto deviation = attainableDeviation(recipe);
    if (!deviation || *deviation >= kLeast) return {};
    std::ostringstream text;
    text << "content.batch " << recipe.content.batch << " is small for embeddings of "
         << recipe.model.expander.back()
         << " dimensions: the covariance term keeps their standard deviation "
         << "near " << std::fixed << std::setprecision(2) << *deviation
         << ", below VICReg's target of 1. "
         << "Choose a larger batch, or expander widths of about four times the batch.";
    return text.str();
}

at::ScalarType realType(const Recipe& recipe) {
    return recipe.precision == Precision::Float64 ? at::kDouble : at::kFloat;
}

double learningRateShare(const Recipe& recipe, std::int64_t step) {
    if (step < recipe.warmup) {
        return static_cast<double>(step + 1) / static_cast<double>(recipe.warmup);
    }
    const double done =
        static_cast<double>(step - recipe.warmup) /
        static_cast<double>(std::max<std::int64_t>(1, recipe.steps - recipe.warmup));
    const double cosine = 0.5 * (1.0 + std::cos(std::numbers::pi * std::min(1.0, done)));
    return recipe.endShare + (1.0 - recipe.endShare) * cosine;
}

double estimatorRateShare(const Recipe& recipe, std::int64_t step) {
    return learningRateShare(recipe, step) *
           risenShare(step, recipe.flowStart, recipe.estimatorWarmup);
}

FlowLossSettings flowLossAt(const Recipe& recipe, std::int64_t step) {
    return settingsOfStage(recipe.flowLoss, recipe.flowStages,
                           static_cast<double>(step) / static_cast<double>(recipe.steps));
}

}  // namespace mcj
