#include "training/ablation.h"

#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

#include "inference/model/checkpoint.h"
#include "inference/ops/device.h"
#include "media/base/error.h"
#include "training/feature_rank.h"
#include "training/json_number.h"
#include "training/run_log.h"
#include "training/run_summary.h"
#include "training/whole_file.h"

namespace mcj {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* kMeasuresFile = "measures.json";

void checkNeeds(const Study& study, const Recipe& base) {
    const std::string hint = "Start from training/recipes/ablation.json.";
    const auto refuse = [&](const std::string& what) {
        throw Error(ErrorCode::Usage, "--recipe: the study " + study.name + " needs " + what, hint);
    };
    if (study.needs.bothTasks && base.model.mode != "mc-jepa") {
        refuse("a recipe of mode mc-jepa, but this one trains " + base.model.mode);
    }
    if (study.needs.realPairs && (base.realEvery <= 0 || base.realBatch <= 0)) {
        refuse("real pairs: real_every and real_batch above 0");
    }
    if (study.needs.vc && base.flowLoss.vc.empty()) refuse("flow_loss.vc");
}

/// Recipes are compared as parsed, so that a missing newer key has its default.
bool isSameRecipe(const std::string& a, const std::string& b) {
    return toJson(parseRecipe(a)) == toJson(parseRecipe(b));
}

/// Stores a recipe beside its results, and refuses results of another recipe.
void claim(const fs::path& path, const std::string& recipe) {
    if (!fs::exists(path)) {
        writeWholeFile(path, recipe + "\n");
        return;
    }
    if (!isSameRecipe(readWholeFile(path, ""), recipe)) {
        throw Error(ErrorCode::Usage,
                    path.parent_path().string() + ": was trained with another recipe",
                    "Choose a new -o folder, or give the same --recipe and --steps.");
    }
}

/// Last value of the content losses' sum, smoothed; none if the run had no content task.
std::optional<double> contentLoss(const RunSummary& summary) {
    std::optional<double> sum;
    for (const auto& loss : summary.losses) {
        if (!loss.name.starts_with("loss.content") || !std::isfinite(loss.last)) continue;
        sum = sum.value_or(0.0) + loss.last;
    }
    return sum;
}

json identity(const AblationRun& run, std::int64_t steps) {
    return {{"study", run.study},
            {"point", run.point.name},
            {"place", run.point.place},
            {"seed", run.seed},
            {"steps", steps}};
}

void writeMeasures(const AblationRun& run, const json& measures) {
    writeWholeFile(run.folder / kMeasuresFile, measures.dump(2) + "\n");
}

void measure(const AblationRun& run, const TrainOptions& options) {
    const auto checkpoint = run.folder / "last.safetensors";
    const auto file = run.folder / "model.safetensors";
    exportModel(checkpoint, file, {{"study", run.study}, {"point", run.point.name}});
    std::vector<ShardPtr> shards;
    for (const auto& path : options.pictures) {
        // Every picture is decoded once.
        shards.push_back(std::make_shared<ShardReader>(path, ShardOptions{.cacheBytes = 0}));
    }
    FeatureRankOptions rankOptions;
    rankOptions.device = chooseDevice(options.device);
    const auto ranks = measureFeatureRanks(loadModel(file).model, shards, rankOptions);
    const auto summary = summarize(readRunLog(run.folder));
    json measures = identity(run, summary.stepsDone);
    measures["validation_epe_px"] = numberOrNull(summary.lastErrorPx);
    measures["content_loss"] = numberOrNull(contentLoss(summary));
    measures["rank_pooled"] = numberOrNull(ranks.pooled);
    measures["rank_positions"] = numberOrNull(ranks.positions);
    writeMeasures(run, measures);
}

}  // namespace

AblationPlan planAblation(const Study& study, const std::string& baseRecipe,
                          const AblationPlanOptions& options) {
    const Recipe parsed = parseRecipe(baseRecipe);
    checkNeeds(study, parsed);
    AblationPlan plan;
    plan.studyFolder = options.folder / study.name;
    // Written by the program, so that keys that are left out have their values, too.
    plan.base = toJson(parsed);
    if (options.steps > 0) plan.base = withSteps(plan.base, options.steps);
    const int seeds = options.seeds > 0 ? options.seeds : study.seeds;
    for (int k = 0; k < seeds; ++k) {
        for (const auto& point : pointsOf(study, options.points)) {
            json recipe = json::parse(recipeAt(study, point, plan.base));
            const auto seed = parsed.seed + static_cast<std::uint64_t>(k);
            recipe["seed"] = seed;
            // Parsed now, so that an invalid point is refused before hours of work.
            const std::string text = toJson(parseRecipe(recipe.dump()));
            const std::string name = point.name + "-seed" + std::to_string(seed);
            plan.runs.push_back({study.name, point, seed, plan.studyFolder / name, text});
        }
    }
    return plan;
}

void beginStudy(const AblationPlan& plan) { claim(plan.studyFolder / "base.json", plan.base); }

RunOutcome runPoint(const AblationRun& run, const TrainOptions& options,
                    const std::atomic<bool>& stop,
                    const std::function<void(const MetricLine&)>& report) {
    claim(run.folder / "recipe.json", run.recipe);
    if (fs::exists(run.folder / kMeasuresFile)) return RunOutcome::Kept;
    TrainOptions own = options;
    own.runFolder = run.folder;
    const Recipe recipe = parseRecipe(run.recipe);
    Trainer trainer(recipe, own);
    std::int64_t done = 0;
    try {
        done = trainer.fit(stop, [&](const MetricLine& line) {
            done = static_cast<std::int64_t>(line.at("step")) + 1;
            report(line);
        });
    } catch (const Error& error) {
        // The trainer reports this code for a loss that is NaN; training again would not help.
        if (error.code() != ErrorCode::Internal) throw;
        json measures = identity(run, done);
        measures["failure"] = error.what();
        writeMeasures(run, measures);
        return RunOutcome::Failed;
    }
    if (done < recipe.steps) return RunOutcome::Interrupted;
    measure(run, own);
    return RunOutcome::Finished;
}

}  // namespace mcj
