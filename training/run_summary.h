#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "training/run_log.h"

namespace mcj {

/// How one loss went: running medians (run_curves.h), since single steps jump.
struct LossSummary {
    std::string name;
    double first = 0.0;  ///< NaN where there was no number
    double last = 0.0;
    double least = 0.0;
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
    int resumes = 0;
    std::int64_t repeatedSteps = 0;
    std::int64_t unreadableLines = 0;
    bool lastLineCut = false;
    std::vector<LossSummary> losses;  ///< the sum first, then by name
};

[[nodiscard]] RunSummary summarize(const RunLog& run);

/// For people: one table of runs, then one of losses for each run.
[[nodiscard]] std::string summaryText(const std::vector<RunSummary>& runs);

/// One JSON object, {"event": "run", ...}; null for what is not known.
[[nodiscard]] std::string summaryJson(const RunSummary& run);

/// "2 h 05 min", "3 min 20 s", "14 s".
[[nodiscard]] std::string durationText(double secs);

}  // namespace mcj
