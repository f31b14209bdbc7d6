#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "training/run_log.h"

namespace mcj {

/// The course of one loss: running medians (run_curves.h), because single steps vary.
struct LossSummary {
    std::string name;
    double first = 0.0;  ///< NaN if there was no number
    double last = 0.0;
    double least = 0.0;
};

/// A task's gradient of the shared encoder: a median over the steps with the task.
struct TaskSummary {
    std::string name;  ///< "motion", "real" or "content"
    std::int64_t steps = 0;
    double gradientNorm = 0.0;  ///< of the encoder's parameters
    double share = 0.0;         ///< of the sum of all tasks' norms
};

struct RunSummary {
    std::string name;
    std::int64_t stepsDone = 0;
    std::optional<std::int64_t> stepsPlanned;
    std::optional<double> leftSecs;  ///< 0 once the run is done
    std::optional<double> stepsPerSec;
    std::optional<double> samplesPerSec;
    std::optional<double> lastErrorPx;  ///< validation end-point error
    std::optional<double> bestErrorPx;
    std::int64_t bestErrorStep = 0;
    std::optional<double> lastContent;  ///< content loss of held-out pictures
    std::optional<double> lastCensus;   ///< census distance of held-out clips
    std::optional<double> firstCensus;  ///< the same with the first weights, before any step
    int resumes = 0;
    std::int64_t repeatedSteps = 0;
    std::int64_t unreadableLines = 0;
    bool lastLineCut = false;
    std::vector<LossSummary> losses;  ///< the sum first, then by name
    std::vector<TaskSummary> tasks;
};

[[nodiscard]] RunSummary summarize(const RunLog& run);

/// For people: one table of runs, then one of losses and one of tasks for each run.
[[nodiscard]] std::string summaryText(const std::vector<RunSummary>& runs);

/// One JSON object, {"event": "run", ...}; null for unknown values.
[[nodiscard]] std::string summaryJson(const RunSummary& run);

/// "2 h 05 min", "3 min 20 s", "14 s".
[[nodiscard]] std::string durationText(double secs);

}  // namespace mcj
