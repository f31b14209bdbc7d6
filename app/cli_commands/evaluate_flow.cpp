#include "app/cli_commands/evaluate_flow.h"

#include <algorithm>
#include <chrono>
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/flow_score_table.h"
#include "app/cli_commands/flow_submission.h"
#include "app/cli_commands/sequence_choice.h"
#include "app/cli_commands/text_layout.h"
#include "app/cli_commands/video_opening.h"
#include "inference/engine/inference_engine.h"

namespace mcj {
namespace {

using Clock = std::chrono::steady_clock;

struct PairChoice {
    PairLayout layout = PairLayout::Folders;
    std::string root;
};

PairChoice choiceOf(const FlowEvaluation& request) {
    if (!request.sintel.empty()) return {PairLayout::Sintel, request.sintel};
    if (!request.kitti.empty()) return {PairLayout::Kitti, request.kitti};
    if (!request.folders.empty()) return {PairLayout::Folders, request.folders};
    throw Error(ErrorCode::Usage, "no pairs were given",
                "Give a folder with --pairs, --sintel or --kitti.");
}

std::vector<std::string> parseMethods(const std::vector<std::string>& names) {
    std::vector<std::string> methods;
    for (const std::string& name : names) {
        (void)flowProvider(name);
        if (std::find(methods.begin(), methods.end(), name) == methods.end()) {
            methods.push_back(name);
        }
    }
    return methods;
}

/// The methods to report, followed by the references of the ratios, which are always measured.
std::vector<std::string> withReferences(std::vector<std::string> methods) {
    for (const char* reference : {kZeroFlow, kDisFlow}) {
        if (std::find(methods.begin(), methods.end(), reference) == methods.end()) {
            methods.push_back(reference);
        }
    }
    return methods;
}

std::vector<FlowPairFiles> chosenPairs(CommandContext& context, const FlowEvaluation& request,
                                       const PairChoice& choice) {
    std::vector<FlowPairFiles> files = findFlowPairs(choice.root, choice.layout);
    if (request.split) {
        std::vector<std::string> names;
        for (const FlowPairFiles& pair : files) names.push_back(pair.name);
        tellSplit(context, SplitItems::FlowPairs, *request.split, names);
        std::erase_if(files, [&](const FlowPairFiles& pair) {
            return halfOf(SplitItems::FlowPairs, pair.name) != request.split;
        });
    }
    if (request.only.empty()) return files;
    std::erase_if(files, [&](const FlowPairFiles& pair) {
        return std::ranges::none_of(request.only, [&](const std::string& pattern) {
            return matchesName(pattern, pair.name);
        });
    });
    if (files.empty()) {
        throw Error(ErrorCode::Usage, "--only selects none of the pairs in " + choice.root,
                    "Names are like clean/alley_1/0001 or 000000; * matches any characters.");
    }
    return files;
}

FramePtr fromSource(const FramePtr& frame, SourceId source) {
    auto copy = std::make_shared<Frame>(*frame);
    copy->source = source;
    return copy;
}

ScoredPair scorePair(const FlowPairFiles& files, std::size_t ordinal,
                     const std::vector<std::string>& methods, InferenceEngine* engine) {
    const FlowPair pair = readFlowPair(files, ordinal * methods.size());
    ScoredPair scored{files.name, files.pass, {}};
    for (std::size_t i = 0; i < methods.size(); ++i) {
        const std::string& method = methods[i];
        // Each method gets fresh pictures: features cached by the previous one would take no time.
        const FramePtr first = fromSource(pair.first, pair.first->source + i);
        const FramePtr second = fromSource(pair.second, pair.second->source + i);
        const auto start = Clock::now();
        const FlowField flow = estimateFlow(method, first, second, engine);
        const double secs = std::chrono::duration<double>(Clock::now() - start).count();
        scored.scores[method] = {scoreFlow(flow, pair.truth, pair.regions), secs};
    }
    return scored;
}

/// Scores one pair twice and extrapolates from the second time: the first includes loading.
void predict(CommandContext& context, const std::vector<FlowPairFiles>& files,
             const std::vector<std::string>& measured, InferenceEngine* engine) {
    (void)scorePair(files.front(), 0, measured, engine);
    const auto start = Clock::now();
    (void)scorePair(files.front(), 1, measured, engine);
    const double secs = std::chrono::duration<double>(Clock::now() - start).count() *
                        static_cast<double>(files.size());
    context.emit("summary", {{"dry_run", true},
                             {"pairs", files.size()},
                             {"secs", secs},
                             {"memory_bytes", peakMemoryBytes()},
                             {"disk_bytes", 0}});
    context.text() << files.size() << " pairs, about " << durationText(secs) << " and "
                   << bytesText(peakMemoryBytes())
                   << " of memory. Nothing is written by this command.\n";
}

void scoreAll(CommandContext& context, const FlowEvaluation& request, const PairChoice& choice) {
    const std::vector<std::string> methods = parseMethods(
        request.methods.empty() ? std::vector<std::string>{"model", "dis", "farneback", "zero"}
                                : request.methods);
    const std::vector<FlowPairFiles> files = chosenPairs(context, request, choice);
    const std::vector<std::string> measured = withReferences(methods);
    const bool withModel =
        std::any_of(methods.begin(), methods.end(),
                    [](const std::string& method) { return flowProvider(method).needsEngine; });
    InferenceEngine* engine = withModel ? &context.engine() : nullptr;
    if (context.dryRun()) {
        predict(context, files, measured, engine);
        return;
    }
    FlowScoreTable table(context, methods, choice.layout);
    const Progress progress = context.progress("scoring");
    const auto total = static_cast<std::int64_t>(files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
        progress(static_cast<std::int64_t>(i), total);
        context.throwIfStopped();
        table.add(scorePair(files[i], i, measured, engine));
    }
    progress(total, total);
    context.endProgress();
    table.finish();
}

void submit(CommandContext& context, const FlowEvaluation& request, const PairChoice& choice) {
    if (choice.layout == PairLayout::Folders) {
        throw Error(ErrorCode::Usage, "--submission needs a benchmark",
                    "Give its folder with --sintel or --kitti.");
    }
    if (!request.only.empty() || request.split) {
        throw Error(ErrorCode::Usage, "a submission must contain every pair of the test split",
                    "Omit --only and --split.");
    }
    const std::vector<std::string> methods =
        parseMethods(request.methods.empty() ? std::vector<std::string>{"model"} : request.methods);
    if (methods.size() != 1) {
        throw Error(
            ErrorCode::Usage,
            "a submission is for one method, but " + std::to_string(methods.size()) + " were given",
            "Give one with --method.");
    }
    writeFlowSubmission(context, {choice.root, choice.layout, methods.front(), request.submission});
}

}  // namespace

void evaluateFlow(CommandContext& context, const FlowEvaluation& request) {
    const PairChoice choice = choiceOf(request);
    if (request.submission.empty()) {
        scoreAll(context, request, choice);
    } else {
        submit(context, request, choice);
    }
}

}  // namespace mcj
