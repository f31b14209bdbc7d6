#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "training/data_facts.h"
#include "training/recipe.h"

namespace mcj {

/// The values of one step, by name.
using MetricLine = std::map<std::string, double>;

/// {"event": "step", ...}; numbers are written so that they are read back exactly.
[[nodiscard]] std::string toJsonLine(const MetricLine& line);

/// The facts about a run that starts or resumes.
struct RunFacts {
    const Recipe& recipe;
    std::int64_t step = 0;  ///< steps done before
    int threads = 0;
    std::string device;
    int processes = 1;
    std::int64_t parameters = 0;
    std::string init;  ///< the source of the first weights; empty: the seed
    DataFacts data;
    std::size_t heldOutPictures = 0;  ///< used only for validation
    std::size_t heldOutVideos = 0;
    /// Of a new run: the validation of the first weights, with which later ones are compared.
    MetricLine initial;
};

/// {"event": "start", ...} for a new run, {"event": "resume", ...} where steps were done before.
[[nodiscard]] std::string toJsonLine(const RunFacts& facts);

/// A run's metrics.jsonl: one JSON object per line, each step once. A line is in the file when
/// `write` returns, so that no checkpoint is ahead of the file.
class MetricsLog {
public:
    /// Opens the file. Lines of `firstStep` and later steps are removed: they were written after
    /// the last checkpoint, so the steps are repeated. Throws `Error{Input}` that names the file.
    MetricsLog(std::filesystem::path path, std::int64_t firstStep);

    void write(const std::string& line);

private:
    std::filesystem::path path_;
    std::ofstream stream_;
};

}  // namespace mcj
