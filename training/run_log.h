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
    std::vector<double> step;   ///< steps done when it was measured, ascending
    std::vector<double> value;  ///< NaN where it was not a number
};

/// The content of a run's `metrics.jsonl`. A run that was killed repeats the steps since its last
/// checkpoint; the last values of a step are used.
struct RunLog {
    std::string name;                            ///< of the run folder
    std::map<std::string, MetricSeries> series;  ///< by the names of the lines, "loss.motion.full"
    std::int64_t stepsDone = 0;
    std::optional<std::int64_t> stepsPlanned;  ///< the recipe's
    std::int64_t repeatedSteps = 0;            ///< repeated after a kill
    std::map<std::string, double> initial;     ///< validation of the first weights, if logged
    int resumes = 0;                           ///< how often the run was resumed, as far as logged
    std::int64_t unreadableLines = 0;          ///< cut by a kill or damaged, not the last
    bool lastLineCut = false;                  ///< the run is writing, or was killed while it did

    /// The series, or null.
    [[nodiscard]] const MetricSeries* find(const std::string& metric) const;
    /// Names that start with `prefix`.
    [[nodiscard]] std::vector<std::string> namesWith(const std::string& prefix) const;
    /// The newest value that is not NaN.
    [[nodiscard]] std::optional<double> last(const std::string& metric) const;
};

/// Reads RUN/metrics.jsonl, or the file itself. Throws `Error{Input}` that names the file where it
/// cannot be read or contains no step.
[[nodiscard]] RunLog readRunLog(const std::filesystem::path& run);

}  // namespace mcj
