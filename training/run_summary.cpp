#include "training/run_summary.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include <nlohmann/json.hpp>

#include "training/json_number.h"
#include "training/run_curves.h"
#include "training/text_table.h"

namespace mcj {
namespace {

using nlohmann::json;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double middleOf(const MetricSeries& series, std::size_t begin, std::size_t end) {
    std::vector<double> values;
    for (std::size_t i = begin; i < end; ++i) {
        if (std::isfinite(series.value[i])) values.push_back(series.value[i]);
    }
    if (values.empty()) return kNone;
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

LossSummary summarizeLoss(const std::string& name, const MetricSeries& series) {
    const std::size_t length = series.value.size();
    const std::size_t window = std::min(length, smoothingWindow(length));
    LossSummary loss{name, middleOf(series, 0, window), middleOf(series, length - window, length),
                     kNone};
    for (const double value : smoothed(series, window).value) {
        if (!(loss.least <= value) && std::isfinite(value)) loss.least = value;
    }
    // Here the ends are smoothed over whole windows, in the curve over shrinking ones.
    if (std::isfinite(loss.last)) loss.least = std::min(loss.least, loss.last);
    return loss;
}

std::vector<TaskSummary> summarizeTasks(const RunLog& run) {
    constexpr std::string_view kPrefix = "encoder_gradient_norm.";
    std::vector<TaskSummary> tasks;
    double sum = 0.0;
    for (const auto& metric : run.namesWith(std::string(kPrefix))) {
        const auto& series = *run.find(metric);
        const std::size_t steps = series.value.size();
        tasks.push_back({metric.substr(kPrefix.size()), static_cast<std::int64_t>(steps),
                         middleOf(series, 0, steps), kNone});
        sum += tasks.back().gradientNorm;
    }
    for (auto& task : tasks) task.share = task.gradientNorm / sum;
    return tasks;
}

}  // namespace

RunSummary summarize(const RunLog& run) {
    RunSummary out;
    out.name = run.name;
    out.stepsDone = run.stepsDone;
    out.stepsPlanned = run.stepsPlanned;
    out.stepsPerSec = run.last("steps_per_sec");
    out.samplesPerSec = run.last("samples_per_sec");
    out.resumes = run.resumes;
    out.repeatedSteps = run.repeatedSteps;
    out.unreadableLines = run.unreadableLines;
    out.lastLineCut = run.lastLineCut;
    if (run.stepsPlanned && out.stepsPerSec && *out.stepsPerSec > 0.0) {
        const auto left = std::max<std::int64_t>(0, *run.stepsPlanned - run.stepsDone);
        out.leftSecs = static_cast<double>(left) / *out.stepsPerSec;
    }
    if (const auto* held = run.find("validation_epe_px")) {
        out.lastErrorPx = run.last("validation_epe_px");
        for (std::size_t i = 0; i < held->value.size(); ++i) {
            const double error = held->value[i];
            if (!std::isfinite(error) || (out.bestErrorPx && error >= *out.bestErrorPx)) continue;
            out.bestErrorPx = error;
            out.bestErrorStep = static_cast<std::int64_t>(held->step[i]);
        }
    }
    out.lastContent = run.last("validation_content");
    out.lastCensus = run.last("validation_census");
    if (const auto found = run.initial.find("validation_census"); found != run.initial.end()) {
        out.firstCensus = found->second;
    }
    out.tasks = summarizeTasks(run);
    if (const auto* sum = run.find("loss")) out.losses.push_back(summarizeLoss("loss", *sum));
    for (const auto& name : run.namesWith("loss.")) {
        out.losses.push_back(summarizeLoss(name, *run.find(name)));
    }
    return out;
}

std::string durationText(double secs) {
    char text[48];
    const auto whole = static_cast<long long>(std::llround(std::max(0.0, secs)));
    if (whole >= 3600) {
        std::snprintf(text, sizeof text, "%lld h %02lld min", whole / 3600, whole / 60 % 60);
    } else if (whole >= 60) {
        std::snprintf(text, sizeof text, "%lld min %02lld s", whole / 60, whole % 60);
    } else {
        std::snprintf(text, sizeof text, "%lld s", whole);
    }
    return text;
}

std::string summaryText(const std::vector<RunSummary>& runs) {
    TextTable table;
    table.head = {"run",           "steps",   "of",      "left",    "steps/s", "samples/s",
                  "validation px", "best px", "at step", "content", "census",  "at start"};
    std::string remarks;
    for (const auto& run : runs) {
        table.rows.push_back({run.name, std::to_string(run.stepsDone),
                              run.stepsPlanned ? std::to_string(*run.stepsPlanned) : "-",
                              run.leftSecs ? durationText(*run.leftSecs) : "-",
                              cell(run.stepsPerSec, 3), cell(run.samplesPerSec, 3),
                              cell(run.lastErrorPx), cell(run.bestErrorPx),
                              run.bestErrorPx ? std::to_string(run.bestErrorStep) : "-",
                              cell(run.lastContent), cell(run.lastCensus), cell(run.firstCensus)});
        const auto remark = [&](const std::string& text) {
            remarks += run.name + ": " + text + "\n";
        };
        if (run.repeatedSteps > 0) {
            remark(std::to_string(run.repeatedSteps) + " steps were repeated after a kill");
        }
        if (run.unreadableLines > 0) {
            remark(std::to_string(run.unreadableLines) + " lines could not be read");
        }
        if (run.lastLineCut) remark("the last line is cut; it was left out");
    }
    std::string out = table.plain() + remarks;
    for (const auto& run : runs) {
        TextTable losses;
        losses.head = {runs.size() == 1 ? "loss" : run.name, "first", "last", "least"};
        for (const auto& loss : run.losses) {
            losses.rows.push_back({loss.name, cell(loss.first), cell(loss.last), cell(loss.least)});
        }
        if (!losses.rows.empty()) out += "\n" + losses.plain();
        TextTable tasks;
        tasks.head = {"task", "steps", "encoder gradient norm", "share"};
        for (const auto& task : run.tasks) {
            tasks.rows.push_back({task.name, std::to_string(task.steps), cell(task.gradientNorm),
                                  cell(task.share, 2)});
        }
        if (!tasks.rows.empty()) out += "\n" + tasks.plain();
    }
    return out;
}

std::string summaryJson(const RunSummary& run) {
    json losses = json::object();
    for (const auto& loss : run.losses) {
        losses[loss.name] = {{"first", numberOrNull(loss.first)},
                             {"last", numberOrNull(loss.last)},
                             {"least", numberOrNull(loss.least)}};
    }
    json tasks = json::object();
    for (const auto& task : run.tasks) {
        tasks[task.name] = {{"steps", task.steps},
                            {"encoder_gradient_norm", numberOrNull(task.gradientNorm)},
                            {"share", numberOrNull(task.share)}};
    }
    const json line = {
        {"event", "run"},
        {"name", run.name},
        {"steps_done", run.stepsDone},
        {"steps_planned", run.stepsPlanned ? json(*run.stepsPlanned) : json(nullptr)},
        {"left_secs", numberOrNull(run.leftSecs)},
        {"steps_per_sec", numberOrNull(run.stepsPerSec)},
        {"samples_per_sec", numberOrNull(run.samplesPerSec)},
        {"validation_epe_px", numberOrNull(run.lastErrorPx)},
        {"best_epe_px", numberOrNull(run.bestErrorPx)},
        {"best_step", run.bestErrorPx ? json(run.bestErrorStep) : json(nullptr)},
        {"resumes", run.resumes},
        {"repeated_steps", run.repeatedSteps},
        {"unreadable_lines", run.unreadableLines},
        {"last_line_cut", run.lastLineCut},
        {"validation_content", numberOrNull(run.lastContent)},
        {"validation_census", numberOrNull(run.lastCensus)},
        {"initial_census", numberOrNull(run.firstCensus)},
        {"losses", losses},
        {"tasks", tasks}};
    return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace mcj
