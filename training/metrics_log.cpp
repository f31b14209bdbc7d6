#include "training/metrics_log.h"

#include <nlohmann/json.hpp>

#include "media/base/error.h"
#include "media/base/partial_path.h"

namespace mcj {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

Error cannotWrite(const std::filesystem::path& path) {
    return {ErrorCode::Input, path.string() + ": cannot be written",
            "Check that the run folder is writable and the disk has space."};
}

/// A line that a killed process left unfinished is not valid JSON.
bool stays(const std::string& line, std::int64_t firstStep) {
    const json event = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!event.is_object()) return false;
    return event.value("event", "") != "step" ||
           event.value("step", 0.0) < static_cast<double>(firstStep);
}

/// Writes the file atomically.
void cutFrom(const std::filesystem::path& path, std::int64_t firstStep) {
    std::ifstream old(path);
    if (!old) return;
    const auto partial = partialPath(path, "", ".partial");
    std::ofstream kept(partial, std::ios::trunc);
    for (std::string line; std::getline(old, line);) {
        if (stays(line, firstStep)) kept << line << '\n';
    }
    kept.close();
    if (!kept) throw cannotWrite(partial);
    std::filesystem::rename(partial, path);
}

}  // namespace

std::string toJsonLine(const MetricLine& line) {
    ordered_json event{{"event", "step"}};
    for (const auto& [name, value] : line) {
        // Steps and counts are written as integers.
        const bool isCount = name == "step" || name == "samples";
        event[name] =
            isCount ? ordered_json(static_cast<std::int64_t>(value)) : ordered_json(value);
    }
    return event.dump();
}

std::string toJsonLine(const RunFacts& facts) {
    ordered_json event{{"event", facts.step == 0 ? "start" : "resume"},
                       {"step", facts.step},
                       {"seed", facts.recipe.seed},
                       {"device", facts.device},
                       {"threads", facts.threads},
                       {"processes", facts.processes},
                       {"parameters", facts.parameters}};
    if (!facts.init.empty()) event["init"] = facts.init;
    event["data"] = ordered_json::parse(toJson(facts.data));
    event["held_out"] = {{"pictures", facts.heldOutPictures}, {"videos", facts.heldOutVideos}};
    if (!facts.initial.empty()) event["initial"] = facts.initial;
    if (const auto deviation = attainableDeviation(facts.recipe)) {
        event["attainable_deviation"] = *deviation;
    }
    event["recipe"] = ordered_json::parse(toJson(facts.recipe));
    // File names need not be UTF-8.
    return event.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

MetricsLog::MetricsLog(std::filesystem::path path, std::int64_t firstStep)
    : path_(std::move(path)) {
    cutFrom(path_, firstStep);
    stream_.open(path_, std::ios::app);
    if (!stream_) throw cannotWrite(path_);
}

void MetricsLog::write(const std::string& line) {
    stream_ << line << std::endl;
    if (!stream_) throw cannotWrite(path_);
}

}  // namespace mcj
