#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/flow_choice.h"
#include "app/cli_commands/video_opening.h"
#include "inference/analysis/frame_range.h"
#include "inference/analysis/pair_summary.h"
#include "inference/engine/flow_provider.h"
#include "inference/engine/inference_engine.h"
#include "media/base/error.h"
#include "media/base/frame_time.h"
#include "media/io/atomic_file.h"

namespace mcj {
namespace {

/// The command line as it was typed.
struct CurvesLine {
    std::string video;
    std::string file;
    std::string range;
    FlowChoice flow;
};

struct CurvesResult {
    std::vector<CurvePoint> points;
    std::optional<FrameIndex> unreadable;  ///< the curves end before it
};

FramePtr readOrNull(FrameSource& source, FrameIndex index) {
    try {
        return source.read(index);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::Input) throw;
        return nullptr;
    }
}

CurvesResult computeCurves(CommandContext& context, FrameSource& source, const FrameRange& range,
                           const std::string& method, InferenceEngine* engine) {
    CurvesResult result;
    const Progress progress = context.progress("computing curves");
    const FrameIndex pairs = range.end.value_or(0) - range.begin - 1;
    FramePtr first = readOrNull(source, range.begin);
    if (!first) result.unreadable = range.begin;
    for (FrameIndex ordinal = 0; first && ordinal < pairs; ++ordinal) {
        if (!progress(ordinal, pairs)) context.throwIfStopped();
        FramePtr second = readOrNull(source, first->index + 1);
        if (!second) {
            result.unreadable = first->index + 1;
            break;
        }
        CurvePoint point;
        point.frame = first->index;
        point.secs = frameTimeSecs(source.info(), first->index);
        point.numbers = summarizePair(first, second, method, engine, context.stopToken());
        result.points.push_back(point);
        first = std::move(second);
    }
    context.endProgress();
    return result;
}

void curves(CommandContext& context, const CurvesLine& line) {
    const FrameRange wanted = parseFrameRange(line.range);
    const std::string method = flowIdOf(line.flow);
    if (wanted.step != 1) {
        throw Error(ErrorCode::Usage, "curves are computed over consecutive frames",
                    "Write --range A:B without a step.");
    }
    if (context.dryRun()) {
        throw Error(ErrorCode::Usage, "curves has no --dry-run",
                    "Use mcjepa analyze --dry-run --maps warp-error,consistency for the time.");
    }
    if (!context.overwrite() && std::filesystem::exists(line.file)) {
        throw Error(ErrorCode::Usage, line.file + " already exists",
                    "Choose another file with -o, or pass --overwrite.");
    }
    const auto source = openScanned(context, line.video);
    const FrameRange range = clipRange(wanted, *source->info().frames);
    if (range.count() < 2) {
        throw Error(ErrorCode::Usage, "the range selects one frame, but a pair needs two",
                    "Choose a clip and a range with at least two frames.");
    }
    InferenceEngine* engine = nullptr;
    if (flowProvider(method).needsEngine) {
        engine = &context.engine();
        requireFlow(*engine, "--method dis");
    }
    const CurvesResult result = computeCurves(context, *source, range, method, engine);
    if (result.points.empty()) {
        throw Error(ErrorCode::Input, "no pair of frames of " + line.video + " can be read",
                    "Check the file with mcjepa info.");
    }
    if (result.unreadable) {
        context.warn(line.video + " is damaged: frame " + std::to_string(*result.unreadable) +
                     " cannot be read; the curves end before it");
    }
    writeTextAtomically(line.file, curvesCsv(result.points));
    context.emit("summary", {{"pairs", result.points.size()}, {"file", line.file}});
    context.text() << "curves of " << result.points.size() << " pairs in " << line.file << '\n';
}

}  // namespace

void addCurvesCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand(
        "curves", "Writes warp error, forward-backward error and motion of every pair as CSV");
    const auto line = std::make_shared<CurvesLine>();
    command->add_option("VIDEO", line->video, "A video file, a folder of images, or a glob")
        ->required();
    command->add_option("-o,--output", line->file, "The CSV file")->required();
    command->add_option("--range", line->range,
                        "Frames A:B, counted from 0 and without B; default: all frames");
    addFlowChoice(*command, line->flow);
    command->callback(
        [&context, line] { context.setAction([&context, line] { curves(context, *line); }); });
}

}  // namespace mcj
