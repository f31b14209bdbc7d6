#include <chrono>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/analyze_batch.h"
#include "app/cli_commands/analyze_clip.h"
#include "app/cli_commands/analyze_line.h"
#include "app/cli_commands/analyze_report.h"
#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/work_prediction.h"

namespace mcj {
namespace {

using Clock = std::chrono::steady_clock;

/// One clip, whose maps lie in the output folder itself.
void analyze(CommandContext& context, const AnalyzeLine& line) {
    const OpenedClip clip = openClip(context, line, filesOfOneClip(line));
    if (context.dryRun()) {
        tellPrediction(context, predictClip(clip), clip.request.folder);
        return;
    }
    AnalysisCallbacks callbacks;
    callbacks.stop = context.stopToken();
    callbacks.measuring = context.progress("measuring the scale of motion");
    Progress writing;
    callbacks.writing = [&](std::int64_t done, std::int64_t total) {
        if (!writing) writing = context.progress("analyzing");
        return writing(done, total);
    };
    callbacks.onPair = [&](const PairReport& pair) { context.emit("result", pairJson(pair)); };
    const auto start = Clock::now();
    const AnalysisReport report = analyzeClip(context, line, clip, callbacks);
    tellReport(context, clip.request, report,
               std::chrono::duration<double>(Clock::now() - start).count());
}

void addOcclusionOptions(CLI::App& command, OcclusionRule& rule) {
    command
        .add_option("--occlusion-alpha", rule.alpha,
                    "A pixel is occluded where |f + b'|^2 > alpha (|f|^2 + |b'|^2) + beta; f is "
                    "the flow and b' the backward flow at its target. Alpha: 0 to 1")
        ->check(CLI::Range(0.0F, kMostOcclusionAlpha))
        ->capture_default_str();
    command.add_option("--occlusion-beta", rule.beta, "Beta of the same rule in px^2, 0 to 1000")
        ->check(CLI::Range(0.0F, kMostOcclusionBeta))
        ->capture_default_str();
}

void addOverlayOptions(CLI::App& command, AnalyzeLine& line) {
    auto* overlay = command.add_option("--overlay", line.overlay,
                                       "Also write an MP4 with flow over the frames; of several "
                                       "clips, a folder for them");
    command
        .add_option("--overlay-style", line.overlayStyle,
                    "How the overlay shows motion: colors, arrows, or streamlines over the "
                    "following frames (without --gap)")
        ->check(CLI::IsMember({"colors", "arrows", "streamlines"}))
        ->needs(overlay)
        ->capture_default_str();
    addLineOptions(command, line.lines);
}

/// What is read, and where the maps go.
void addClips(CLI::App& command, AnalyzeLine& line) {
    command.add_option("VIDEO", line.videos,
                       "A video file, a folder of images, or a glob; of several, each gets a "
                       "folder of its own");
    command.add_option("--list", line.list,
                       "A file with one VIDEO per line, each with a folder of its own; empty lines "
                       "and lines that begin with # are left out");
    command
        .add_option("-o,--output", line.folder,
                    "Folder for the maps and manifest.json; of several clips, for their folders "
                    "and summary.csv")
        ->required();
}

}  // namespace

void addAnalyzeCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand(
        "analyze",
        "Computes flow, warping errors, consistency and occlusion of every pair of frames");
    const auto line = std::make_shared<AnalyzeLine>();
    addClips(*command, *line);
    command
        ->add_option("--maps", line->maps,
                     "flow, backward, warp-error, feature-error, consistency, occlusion, "
                     "feature-colors, with --truth also flow-error and flow-angle-error, or all")
        ->delimiter(',')
        ->allow_extra_args(false)  // What follows is a VIDEO.
        ->capture_default_str();
    command
        ->add_option("--format", line->formats,
                     "png (pictures), or numbers: flo, pfm, kitti, npy, exr")
        ->delimiter(',')
        ->allow_extra_args(false)  // What follows is a VIDEO.
        ->capture_default_str();
    command->add_option(
        "--range", line->range,
        "A:B or A:B:STEP, half-open; a pair is two consecutive ones of these frames");
    command
        ->add_option("--flow-scale", line->scale,
                     "Pixels of motion at full saturation: a number, clip (one for all pairs), or "
                     "frame (one per pair)")
        ->capture_default_str();
    command
        ->add_option("--gap", line->gap,
                     "Pairs of frames that are so many frames apart, instead of consecutive ones "
                     "of --range")
        ->check(CLI::Range(FrameIndex{1}, FrameIndex{1} << 30));
    auto* method = addFlowChoice(*command, line->flow);
    command
        ->add_option(
            "--flow-from", line->flowFrom,
            "Flow of another method instead of --method: a .flo, KITTI .png, .pfm, .npy "
            "or .exr file, a folder or a glob of them, matched to frames by number; of several "
            "clips, a folder with an entry of each clip's name")
        ->excludes(method)
        ->excludes("--flow-command");
    command->add_option("--truth", line->truth,
                        "True flow, in files like those of --flow-from: also writes flow_error/ "
                        "and accuracy.csv");
    command->add_option("--wheel", line->wheel, "Colour wheel of directions")
        ->check(CLI::IsMember({"middlebury", "vision-safe"}))
        ->capture_default_str();
    command
        ->add_option("--level", line->level,
                     "Feature level of the feature error and the feature colours")
        ->check(CLI::Range(1, 6))
        ->capture_default_str();
    addOcclusionOptions(*command, line->rule);
    addOverlayOptions(*command, *line);
    command->callback([&context, line] {
        if (line->videos.empty() && line->list.empty()) throw CLI::RequiredError("VIDEO or --list");
        context.setAction([&context, line] {
            checkClipNames(*line);
            if (line->isBatch()) {
                analyzeBatch(context, *line);
            } else {
                analyze(context, *line);
            }
        });
    });
}

}  // namespace mcj
