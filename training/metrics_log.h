#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "training/data_facts.h"
#include "training/recipe.h"

namespace mcj {

/// What is known of one step, by name.
using MetricLine = std::map<std::string, double>;

/// {"event": "step", ...}; numbers are written so that they read back as they were.
[[nodiscard]] std::string toJsonLine(const MetricLine& line);

/// What a run begins or goes on with.
struct RunFacts {
    const Recipe& recipe;
    std::int64_t step = 0;  ///< steps done before
    int threads = 0;
    std::string device;
    int processes = 1;
    std::int64_t parameters = 0;
    std::string init;  ///< what the first weights are from; empty: the seed
    DataFacts data;
    std::size_t heldOutPictures = 0;  ///< which validation alone sees
    std::size_t heldOutVideos = 0;
};

/// {"event": "start", ...} for a new run, {"event": "resume", ...} where steps were done before.
[[nodiscard]] std::string toJsonLine(const RunFacts& facts);

/// A run's metrics.jsonl: one JSON object a line, each step once. A line is in the file when
/// `write` returns, so that no checkpoint is ahead of it.
class MetricsLog {
public:
    /// Opens the file. Lines of `firstStep` and later steps are cut off: they came after the last
    /// checkpoint and will be done again. Throws `Error{Input}` that names the file.
    MetricsLog(std::filesystem::path path, std::int64_t firstStep);

    void write(const std::string& line);

private:
    std::filesystem::path path_;
    std::ofstream stream_;
};

}  // namespace mcj
