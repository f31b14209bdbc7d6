#include "training/run_log.h"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>

#include <nlohmann/json.hpp>

#include "media/base/error.h"

namespace mcj {
namespace {

using nlohmann::json;

/// Removes everything from `step` on, because it is logged again.
void forgetFrom(RunLog& log, double step) {
    for (auto& [name, series] : log.series) {
        while (!series.step.empty() && series.step.back() >= step) {
            series.step.pop_back();
            series.value.pop_back();
        }
    }
}

void takeStep(RunLog& log, const json& line) {
    const auto found = line.find("step");
    if (found == line.end() || !found->is_number()) return;
    // A line's step counts from 0 and is written after the step: step + 1 steps are done.
    const double done = found->get<double>() + 1.0;
    const auto doneSteps = static_cast<std::int64_t>(done);
    if (doneSteps <= log.stepsDone) {
        log.repeatedSteps += log.stepsDone - doneSteps + 1;
        forgetFrom(log, done);
    }
    log.stepsDone = doneSteps;
    for (const auto& item : line.items()) {
        if (item.key() == "step" || !(item.value().is_number() || item.value().is_null())) continue;
        auto& series = log.series[item.key()];
        series.step.push_back(done);
        series.value.push_back(item.value().is_number() ? item.value().get<double>()
                                                        : std::numeric_limits<double>::quiet_NaN());
    }
}

/// Other lines than steps: "start" and "resume" have the recipe's number of steps, if known.
void takeEvent(RunLog& log, const json& line) {
    const auto named = line.find("event");
    const std::string event =
        named != line.end() && named->is_string() ? named->get<std::string>() : "step";
    if (event == "step") return takeStep(log, line);
    if (event == "resume") ++log.resumes;
    if (const auto initial = line.find("initial"); initial != line.end() && initial->is_object()) {
        for (const auto& item : initial->items()) {
            if (item.value().is_number()) log.initial[item.key()] = item.value().get<double>();
        }
    }
    for (const json* holder : {&line, line.contains("recipe") ? &line.at("recipe") : &line}) {
        if (!holder->is_object()) continue;
        const auto steps = holder->find("steps");
        if (steps != holder->end() && steps->is_number()) {
            log.stepsPlanned = steps->get<std::int64_t>();
        }
    }
}

/// The planned steps from the remaining time and the speed, if no line has the recipe's steps.
void guessPlannedSteps(RunLog& log) {
    if (log.stepsPlanned) return;
    const auto secs = log.last("eta_secs");
    const auto speed = log.last("steps_per_sec");
    if (!secs || !speed) return;
    log.stepsPlanned = log.stepsDone + static_cast<std::int64_t>(std::llround(*secs * *speed));
}

}  // namespace

const MetricSeries* RunLog::find(const std::string& metric) const {
    const auto found = series.find(metric);
    return found == series.end() ? nullptr : &found->second;
}

std::vector<std::string> RunLog::namesWith(const std::string& prefix) const {
    std::vector<std::string> names;
    for (const auto& [name, values] : series) {
        if (name.starts_with(prefix)) names.push_back(name);
    }
    return names;
}

std::optional<double> RunLog::last(const std::string& metric) const {
    const MetricSeries* values = find(metric);
    if (values == nullptr) return std::nullopt;
    for (auto it = values->value.rbegin(); it != values->value.rend(); ++it) {
        if (std::isfinite(*it)) return *it;
    }
    return std::nullopt;
}

RunLog readRunLog(const std::filesystem::path& run) {
    const bool isFolder = std::filesystem::is_directory(run);
    const auto path = isFolder ? run / "metrics.jsonl" : run;
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
        throw Error(ErrorCode::Input, path.string() + ": cannot be opened",
                    "Give the run folder of `mcjepa-train fit --run`.");
    }
    RunLog log;
    const auto folder = std::filesystem::absolute(path).lexically_normal().parent_path();
    log.name = folder.filename().string();
    std::string text;
    while (std::getline(stream, text)) {
        if (text.empty()) continue;
        const bool isCut = stream.eof();  // no end of line after it
        json line = json::parse(text, nullptr, false);
        if (!line.is_object()) {
            // A run that was resumed after a kill may have appended to a cut line.
            const auto again = text.rfind("{\"event\"");
            if (again != std::string::npos && again > 0) {
                line = json::parse(text.substr(again), nullptr, false);
                ++log.unreadableLines;
            }
        }
        if (line.is_object()) {
            takeEvent(log, line);
        } else if (isCut) {
            log.lastLineCut = true;
        } else {
            ++log.unreadableLines;
        }
    }
    if (log.stepsDone == 0) {
        throw Error(ErrorCode::Input, path.string() + ": contains no step yet",
                    "A run writes its first line after its first step.");
    }
    guessPlannedSteps(log);
    return log;
}

}  // namespace mcj
