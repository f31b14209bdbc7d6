#include "app/cli_commands/evaluate_flow.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/text_layout.h"
#include "inference/engine/flow_metrics.h"
#include "inference/engine/flow_pairs.h"
#include "inference/engine/flow_source.h"
#include "inference/engine/inference_engine.h"

namespace mcj {
namespace {

using Clock = std::chrono::steady_clock;

struct TimedScore {
    FlowScore score;
    double secs = 0.0;
};

using PairScores = std::map<FlowMethod, TimedScore>;

TimedScore scorePair(FlowMethod method, const FlowPair& pair, InferenceEngine* engine) {
    const auto start = Clock::now();
    const FlowField flow = estimateFlow(method, pair.first, pair.second, engine);
    const double secs = std::chrono::duration<double>(Clock::now() - start).count();
    return {scoreFlow(flow, pair.truth), secs};
}

/// Averages of one method over all pairs.
struct MethodAverage {
    double epe = 0.0;
    double flAll = 0.0;
    double angularDeg = 0.0;
    double secs = 0.0;
    std::optional<double> ratioZero;
    std::optional<double> ratioDis;
};

/// Geometric mean of EPE(method) / EPE(other); nothing where no pair has a ratio.
std::optional<double> ratioTo(FlowMethod other, FlowMethod method,
                              const std::vector<PairScores>& pairs) {
    // An error below a millionth of a pixel is none; its logarithm must not decide the mean.
    constexpr double kSmallestEpe = 1e-6;
    double logSum = 0.0;
    std::int64_t count = 0;
    for (const PairScores& pair : pairs) {
        const double reference = pair.at(other).score.epe;
        if (reference <= kSmallestEpe) continue;
        logSum += std::log(std::max(pair.at(method).score.epe, kSmallestEpe) / reference);
        ++count;
    }
    if (count == 0) return std::nullopt;
    return std::exp(logSum / static_cast<double>(count));
}

MethodAverage average(FlowMethod method, const std::vector<PairScores>& pairs) {
    MethodAverage mean;
    for (const PairScores& pair : pairs) {
        const TimedScore& timed = pair.at(method);
        mean.epe += timed.score.epe;
        mean.flAll += timed.score.flAll;
        mean.angularDeg += timed.score.angularDeg;
        mean.secs += timed.secs;
    }
    const auto count = static_cast<double>(pairs.size());
    mean.epe /= count;
    mean.flAll /= count;
    mean.angularDeg /= count;
    mean.secs /= count;
    mean.ratioZero = ratioTo(FlowMethod::Zero, method, pairs);
    mean.ratioDis = ratioTo(FlowMethod::Dis, method, pairs);
    return mean;
}

nlohmann::json orNull(const std::optional<double>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

void emitPair(CommandContext& context, const std::string& name, FlowMethod method,
              const TimedScore& timed) {
    context.emit("result", {{"pair", name},
                            {"method", flowMethodName(method)},
                            {"epe", timed.score.epe},
                            {"fl_all", timed.score.flAll},
                            {"ae_deg", timed.score.angularDeg},
                            {"valid_px", timed.score.validPx},
                            {"secs", timed.secs}});
}

void printPairs(std::ostream& out, const std::vector<FlowPairFiles>& files,
                const std::vector<PairScores>& pairs, const std::vector<FlowMethod>& methods) {
    std::vector<Align> columns{Align::Left, Align::Right};
    std::vector<std::string> head{"pair", "motion px"};
    for (const FlowMethod method : methods) {
        columns.insert(columns.end(), 2, Align::Right);
        head.push_back(flowMethodName(method) + " EPE");
        head.emplace_back("Fl %");
    }
    TextTable table(columns);
    table.add(head);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        std::vector<std::string> row{
            files[i].name, numberText(pairs[i].at(FlowMethod::Zero).score.meanTruthPx, 2)};
        for (const FlowMethod method : methods) {
            const FlowScore& score = pairs[i].at(method).score;
            row.push_back(numberText(score.epe, 3));
            row.push_back(numberText(score.flAll, 2));
        }
        table.add(row);
    }
    out << table.text();
}

void printAverages(std::ostream& out, const std::vector<FlowMethod>& methods,
                   const std::vector<PairScores>& pairs) {
    TextTable table({Align::Left, Align::Right, Align::Right, Align::Right, Align::Right,
                     Align::Right, Align::Right});
    table.add({"average of " + std::to_string(pairs.size()), "EPE px", "Fl-all %", "angle deg",
               "x zero", "x DIS", "s a pair"});
    for (const FlowMethod method : methods) {
        const MethodAverage mean = average(method, pairs);
        const auto ratio = [](const std::optional<double>& value) {
            return value ? numberText(*value, 3) : std::string("-");
        };
        table.add({flowMethodName(method), numberText(mean.epe, 3), numberText(mean.flAll, 2),
                   numberText(mean.angularDeg, 2), ratio(mean.ratioZero), ratio(mean.ratioDis),
                   numberText(mean.secs, 3)});
    }
    out << '\n' << table.text();
    out << "EPE and Fl-all are arithmetic means; x zero and x DIS are geometric means of the EPE's "
           "ratio.\n";
}

std::vector<FlowMethod> parseMethods(const std::vector<std::string>& names) {
    std::vector<FlowMethod> methods;
    for (const std::string& name : names) {
        const FlowMethod method = parseFlowMethod(name);
        if (std::find(methods.begin(), methods.end(), method) == methods.end()) {
            methods.push_back(method);
        }
    }
    return methods;
}

std::vector<FlowPairFiles> filesOf(const FlowEvaluation& request) {
    if (!request.sintel.empty()) return findFlowPairs(request.sintel, PairLayout::Sintel);
    if (!request.kitti.empty()) return findFlowPairs(request.kitti, PairLayout::Kitti);
    if (!request.folders.empty()) return findFlowPairs(request.folders, PairLayout::Folders);
    throw Error(ErrorCode::Usage, "no pairs were named",
                "Name a folder with --pairs, --sintel or --kitti.");
}

}  // namespace

void evaluateFlow(CommandContext& context, const FlowEvaluation& request) {
    const std::vector<FlowMethod> methods = parseMethods(request.methods);
    const std::vector<FlowPairFiles> files = filesOf(request);
    if (context.dryRun()) {
        context.emit("summary", {{"dry_run", true}, {"pairs", files.size()}});
        context.text() << files.size() << " pairs. Nothing is written by this command.\n";
        return;
    }
    // The references of the ratios are measured whether they were asked for or not.
    std::vector<FlowMethod> measured = methods;
    for (const FlowMethod reference : {FlowMethod::Zero, FlowMethod::Dis}) {
        if (std::find(measured.begin(), measured.end(), reference) == measured.end()) {
            measured.push_back(reference);
        }
    }
    const bool withModel =
        std::find(methods.begin(), methods.end(), FlowMethod::Model) != methods.end();
    InferenceEngine* engine = withModel ? &context.engine() : nullptr;
    std::vector<PairScores> scores;
    const Progress progress = context.progress("scoring");
    for (std::size_t i = 0; i < files.size(); ++i) {
        progress(static_cast<std::int64_t>(i), static_cast<std::int64_t>(files.size()));
        context.throwIfStopped();
        const FlowPair pair = readFlowPair(files[i], i);
        PairScores& row = scores.emplace_back();
        for (const FlowMethod method : measured) row[method] = scorePair(method, pair, engine);
        for (const FlowMethod method : methods) {
            emitPair(context, files[i].name, method, row.at(method));
        }
    }
    progress(static_cast<std::int64_t>(files.size()), static_cast<std::int64_t>(files.size()));
    printPairs(context.text(), files, scores, methods);
    printAverages(context.text(), methods, scores);
    for (const FlowMethod method : methods) {
        const MethodAverage mean = average(method, scores);
        context.emit("summary", {{"method", flowMethodName(method)},
                                 {"pairs", scores.size()},
                                 {"epe", mean.epe},
                                 {"fl_all", mean.flAll},
                                 {"ae_deg", mean.angularDeg},
                                 {"ratio_zero", orNull(mean.ratioZero)},
                                 {"ratio_dis", orNull(mean.ratioDis)},
                                 {"secs", mean.secs}});
    }
}

}  // namespace mcj
