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
                    "Alpha, 0 to 1: a pixel is occluded where |f + b'|^2 > alpha (|f|^2 + |b'|^2) "
                    "+ beta; f is the flow and b' the backward flow at its target")
        ->check(CLI::Range(0.0F, kMostOcclusionAlpha))
        ->capture_default_str();
    command
        .add_option("--occlusion-beta", rule.beta,
                    "Beta in the rule of --occlusion-alpha, in px^2, 0 to 1000")
        ->check(CLI::Range(0.0F, kMostOcclusionBeta))
        ->capture_default_str();
}

void addOverlayOptions(CLI::App& command, AnalyzeLine& line) {
    auto* overlay = command.add_option("--overlay", line.overlay,
                                       "Also write an MP4 with flow over the frames; with several "
                                       "clips, a folder for one MP4 per clip");
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
    command.add_option(
        "VIDEO", line.videos,
        "A video file, a folder of images, or a glob; with several, each gets its own folder");
    command.add_option("--list", line.list,
                       "A file with one VIDEO per line, each of which gets its own folder; empty "
                       "lines and lines that begin with # are ignored");
    command
        .add_option("-o,--output", line.folder,
                    "Folder for the maps and manifest.json; with several clips, for their folders "
                    "and summary.csv")
        ->required();
}

}  // namespace

void addAnalyzeCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand(
        "analyze", "Computes flow, warp error, consistency and occlusion of every pair of frames");
    const auto line = std::make_shared<AnalyzeLine>();
    addClips(*command, *line);
    command
        ->add_option(
            "--maps", line->maps,
            "Maps, separated by commas: flow, backward, warp-error, feature-error, consistency, "
            "occlusion, feature-colors, with --truth also flow-error and flow-angle-error, or all")
        ->delimiter(',')
        ->allow_extra_args(false)  // What follows is a VIDEO.
        ->capture_default_str();
    command
        ->add_option("--format", line->formats,
                     "Formats, separated by commas: png (images in colours), or numbers: flo, pfm, "
                     "kitti, npy, exr")
        ->delimiter(',')
        ->allow_extra_args(false)  // What follows is a VIDEO.
        ->capture_default_str();
    command->add_option("--range", line->range,
                        "Frames A:B or A:B:STEP, counted from 0 and without B; a pair is two "
                        "consecutive frames of the range");
    command
        ->add_option("--flow-scale", line->scale,
                     "Motion in pixels that has full saturation: a number, clip (one value for all "
                     "pairs), or frame (one value per pair)")
        ->capture_default_str();
    command
        ->add_option("--gap", line->gap,
                     "Compute pairs of frames that are N frames apart, instead of consecutive "
                     "frames of --range")
        ->check(CLI::Range(FrameIndex{1}, FrameIndex{1} << 30));
    auto* method = addFlowChoice(*command, line->flow);
    command
        ->add_option("--flow-from", line->flowFrom,
                     "Flow of another method instead of --method: a .flo, KITTI .png, .pfm, .npy "
                     "or .exr file, a folder or a glob of them, matched to frames by number; with "
                     "several clips, a folder with an entry named after each clip")
        ->excludes(method)
        ->excludes("--flow-command");
    command->add_option("--truth", line->truth,
                        "Ground-truth flow, in files like those of --flow-from: also writes "
                        "flow_error/ and accuracy.csv");
    command->add_option("--wheel", line->wheel, "Colour wheel for directions")
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
