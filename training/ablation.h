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
    std::string points;            ///< as `pointsOf`; empty: the study's own
    int seeds = 0;                 ///< 0: the study's own number
    std::int64_t steps = 0;        ///< 0: the base recipe's
};

/// The runs of a study, seed by seed, so that a whole curve is there early; seeds count up from the
/// base recipe's. Throws `Error{Usage}` where the base recipe lacks what the study varies, the
/// errors of `pointsOf` and of `parseRecipe` for a point.
[[nodiscard]] AblationPlan planAblation(const Study& study, const std::string& baseRecipe,
                                        const AblationPlanOptions& options);

/// Keeps the base recipe in the study's folder. Throws `Error{Usage}` where the folder holds a
/// study of another one, whose points would stand in one table with these.
void beginStudy(const AblationPlan& plan);

enum class RunOutcome {
    Kept,  ///< was finished before
    Finished,
    Failed,       ///< a loss was no longer a number; kept as a result
    Interrupted,  ///< by `stop` or the time limit; the same call goes on
};

/// Trains one run and measures it: `measures.json`, `model.safetensors` and `metrics.jsonl` in its
/// folder. What is finished is kept, what is not is gone on with. `options.runFolder` is not used;
/// `options.pictures` is also what features are measured on. Throws `Error{Usage}` where the folder
/// holds a run of another recipe, and the trainer's errors but that of a loss that is no number.
[[nodiscard]] RunOutcome runPoint(const AblationRun& run, const TrainOptions& options,
                                  const std::atomic<bool>& stop,
                                  const std::function<void(const MetricLine&)>& report);

}  // namespace mcj
