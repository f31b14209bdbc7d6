#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "training/ablation_study.h"
#include "training/trainer.h"

namespace mcj {

/// One training run of a study.
struct AblationRun {
    std::string study;
    StudyPoint point;
    std::uint64_t seed = 1;
    std::filesystem::path folder;  ///< DIR/STUDY/POINT-seedK
    std::string recipe;            ///< JSON

    /// "POINT-seedK"
    [[nodiscard]] std::string name() const { return folder.filename().string(); }
};

struct AblationPlan {
    std::filesystem::path studyFolder;  ///< DIR/STUDY
    std::string base;                   ///< the recipe that all runs vary, JSON
    std::vector<AblationRun> runs;
};

struct AblationPlanOptions {
    std::filesystem::path folder;  ///< DIR
    std::string points;            ///< as `pointsOf`; empty: the study's default
    int seeds = 0;                 ///< 0: the study's default
    std::int64_t steps = 0;        ///< 0: the base recipe's
};

/// The runs of a study, seed by seed, so that a complete curve is available early; seeds count up
/// from the base recipe's. Throws `Error{Usage}` where the base recipe lacks what the study varies,
/// and the errors of `pointsOf` and of `parseRecipe` for a point.
[[nodiscard]] AblationPlan planAblation(const Study& study, const std::string& baseRecipe,
                                        const AblationPlanOptions& options);

/// Stores the base recipe in the study's folder. Throws `Error{Usage}` where the folder contains a
/// study of another recipe, whose points must not be in the same table.
void beginStudy(const AblationPlan& plan);

enum class RunOutcome {
    Kept,  ///< was already finished
    Finished,
    Failed,       ///< a loss became NaN; kept as a result
    Interrupted,  ///< by `stop` or the time limit; the same call resumes
};

/// Trains one run and measures it: `measures.json`, `model.safetensors` and `metrics.jsonl` in its
/// folder. A finished run is kept, an unfinished one is resumed. `options.runFolder` is not used;
/// features are measured on `options.pictures`, too. Throws `Error{Usage}` where the folder
/// contains a run of another recipe, and the trainer's errors, except for a loss that is NaN.
[[nodiscard]] RunOutcome runPoint(const AblationRun& run, const TrainOptions& options,
                                  const std::atomic<bool>& stop,
                                  const std::function<void(const MetricLine&)>& report);

}  // namespace mcj
