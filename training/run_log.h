#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mcj {

/// One number of a run over its steps.
struct MetricSeries {
    std::vector<double> step;   ///< steps done when it was measured, rising
    std::vector<double> value;  ///< NaN where it was not a number
};

/// What `metrics.jsonl` of a run says. A run that was killed repeats the steps since its last
/// checkpoint: what was told last counts.
struct RunLog {
    std::string name;                            ///< of the run folder
    std::map<std::string, MetricSeries> series;  ///< by the names of the lines, "loss.motion.full"
    std::int64_t stepsDone = 0;
    std::optional<std::int64_t> stepsPlanned;  ///< the recipe's
    std::int64_t repeatedSteps = 0;            ///< done again after a kill
    int resumes = 0;                   ///< how often the run was gone on with, as far as told
    std::int64_t unreadableLines = 0;  ///< cut by a kill or damaged, not the last
    bool lastLineCut = false;          ///< the run is writing, or was killed while it did

    /// The series, or null.
    [[nodiscard]] const MetricSeries* find(const std::string& metric) const;
    /// Names that start with `prefix`.
    [[nodiscard]] std::vector<std::string> namesWith(const std::string& prefix) const;
    /// The newest number that is one.
    [[nodiscard]] std::optional<double> last(const std::string& metric) const;
};

/// Reads RUN/metrics.jsonl, or the file itself. Throws `Error{Input}` that names the file where it
/// cannot be read or holds no step.
[[nodiscard]] RunLog readRunLog(const std::filesystem::path& run);

}  // namespace mcj
