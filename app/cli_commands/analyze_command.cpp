#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/flow_choice.h"
#include "app/cli_commands/line_options.h"
#include "app/cli_commands/text_layout.h"
#include "app/cli_commands/video_opening.h"
#include "app/cli_commands/work_prediction.h"
#include "inference/analysis/analysis_export.h"
#include "inference/analysis/clip_flow_command.h"
#include "inference/analysis/flow_accuracy.h"
#include "inference/analysis/flow_files.h"
#include "inference/analysis/overlay_video.h"
#include "inference/engine/flow_provider.h"
#include "inference/engine/inference_engine.h"
#include "media/io/scratch_folder.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// The command line as it was typed.
struct AnalyzeLine {
    std::string video;
    std::string folder;
    std::vector<std::string> maps{"flow"};
    std::vector<std::string> formats{"png", "flo"};
    std::string range;
    std::string scale = "clip";
    FlowChoice flow;
    std::string wheel = "middlebury";
    std::string overlay;
    std::string overlayStyle = "colors";
    LineOptions lines;
    std::string truth;
    std::string flowFrom;
    FrameIndex gap = 0;
    int level = 3;
    OcclusionRule rule;
};

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

/// Opens the files of --truth and --flow-from and checks that the maps can be made of them.
void chooseFiles(const AnalyzeLine& line, AnalysisRequest& request) {
    const auto open = [&line](const std::string& path) -> FlowFilesPtr {
        return path.empty() ? nullptr : FlowFiles::open(path, firstPictureNumber(line.video));
    };
    request.truth = open(line.truth);
    request.flowFiles = open(line.flowFrom);
    if (request.truth) request.maps.insert(AnalysisMap::FlowError);
    for (const AnalysisMap map : {AnalysisMap::FlowError, AnalysisMap::AngleError}) {
        if (request.truth || !request.maps.contains(map)) continue;
        throw Error(ErrorCode::Usage, "--maps " + analysisMapName(map) + " needs true flow",
                    "Name it with --truth.");
    }
    if (request.flowFiles) request.method = request.flowFiles->id();
    const bool clipCommand = isClipCommand(line.flow);
    if (!request.flowFiles && !clipCommand) return;
    for (const AnalysisMap map : request.maps) {
        if (!needsBackwardFlow(map)) continue;
        throw Error(ErrorCode::Usage,
                    "--maps " + analysisMapName(map) + " needs flow to the earlier frame, which " +
                        (clipCommand ? "a flow command for a clip" : "--flow-from") +
                        " does not have",
                    "Leave this map out.");
    }
}

/// Every map that these options allow.
std::set<AnalysisMap> allMaps(const AnalyzeLine& line) {
    std::set<AnalysisMap> maps{AnalysisMap::Flow, AnalysisMap::WarpError, AnalysisMap::FeatureError,
                               AnalysisMap::FeatureColors};
    if (line.flowFrom.empty() && !isClipCommand(line.flow)) {
        maps.insert({AnalysisMap::Backward, AnalysisMap::Consistency, AnalysisMap::Occlusion});
    }
    if (!line.truth.empty()) maps.insert({AnalysisMap::FlowError, AnalysisMap::AngleError});
    return maps;
}

AnalysisRequest requestOf(const AnalyzeLine& line, const GlobalOptions& options) {
    AnalysisRequest request;
    request.folder = line.folder;
    request.maps.clear();
    for (const std::string& name : line.maps) {
        if (name == "all") {
            request.maps.merge(allMaps(line));
        } else {
            request.maps.insert(parseAnalysisMap(name));
        }
    }
    request.formats.clear();
    for (const std::string& name : line.formats) request.formats.insert(parseMapFormat(name));
    request.range = parseFrameRange(line.range);
    request.gap = line.gap;
    request.scale = parseFlowScale(line.scale);
    // Flow of a command for the whole clip is in files, once the clip is read.
    if (!isClipCommand(line.flow)) request.method = flowIdOf(line.flow);
    chooseFiles(line, request);
    request.wheel = line.wheel == "vision-safe" ? FlowWheel::VisionSafe : FlowWheel::Middlebury;
    request.featureLevel = line.level;
    request.occlusionRule = line.rule;
    request.overlay = line.overlay;
    request.overlayStyle = line.overlayStyle == "arrows"        ? OverlayStyle::Arrows
                           : line.overlayStyle == "streamlines" ? OverlayStyle::Streamlines
                                                                : OverlayStyle::Colors;
    request.arrows = line.lines.look();
    request.streams = line.lines.streamLook();
    request.existing = options.existing == ExistingOutput::Overwrite ? ExistingFiles::Replace
                                                                     : ExistingFiles::KeepOrRefuse;
    return request;
}

double secsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Seconds for a pair in the first pass, which measures how fast the clip moves.
double measuringSecs(FrameSource& source, const AnalysisRequest& request, const FramePairs& pair,
                     InferenceEngine* engine) {
    if (request.scale.kind != FlowScale::Kind::Clip || !drawsFlow(request)) return 0.0;
    // Both frames are in the source's cache, so that only the motion is timed, as for the maps.
    const auto start = Clock::now();
    (void)measureClipScale(source, pair, request.method, engine, {}, request.flowFiles);
    return secsSince(start);
}

/// The cost of one picture of the overlay.
struct OverlayCost {
    double secs = 0.0;
    double bytes = 0.0;
};

OverlayCost overlayCost(const FrameSource& source, const AnalysisRequest& request,
                        const FramePtr& first, const FramePtr& second, const FlowField& flow,
                        const fs::path& scratch) {
    if (request.overlay.empty()) return {};
    // The encoder is opened once per clip, so its cost is spread over several pictures. They
    // alternate, so that there is motion to encode.
    constexpr int kTried = 8;
    const fs::path file = scratch / "overlay.mp4";
    const auto start = Clock::now();
    OverlayVideo video(file, source.info(), 1);
    for (int i = 0; i < kTried; ++i) {
        const Frame& frame = i % 2 == 0 ? *first : *second;
        video.add(frame, overlayPicture(request, frame, flow, 8.0F));
    }
    video.finish();
    return {secsSince(start) / kTried, static_cast<double>(fs::file_size(file)) / kTried};
}

/// Of the network's flow; without it only features are computed.
FlowDetail detailOf(const AnalysisRequest& request) {
    return request.flowFiles ? FlowDetail::Fast : flowProvider(request.method).detail;
}

/// Computes one pair outside the output folder and extrapolates.
WorkPrediction predict(FrameSource& source, const AnalysisRequest& request,
                       InferenceEngine* engine) {
    const FramePairs pairs{clipRange(request.range, *source.info().frames), request.gap};
    WorkPrediction prediction;
    prediction.unit = "pairs";
    prediction.clipFrames = *source.info().frames;
    prediction.count = pairs.count();
    prediction.memoryBytes = peakMemoryBytes();
    if (prediction.count == 0) return prediction;
    const FrameIndex middle = (prediction.count - 1) / 2;
    const FramePtr first = source.read(pairs.first(middle));
    const FramePtr second = source.read(pairs.second(middle));
    if (!first || !second) return prediction;
    // The first pair includes one-time initialisation.
    if (engine != nullptr) {
        (void)engine->estimate(first->size(), detailOf(request));
    }
    const ScratchFolder scratch(temporaryScratchPath());
    for (const std::string& file : filesOfPair(request, first->index)) {
        fs::create_directories((scratch.path() / file).parent_path());
    }
    // Not part of the time for a pair: it is measured once for the clip.
    std::optional<FeatureBasis> basis;
    if (request.maps.contains(AnalysisMap::FeatureColors)) {
        basis = measureFeatureBasis(source, request.featureLevel, *engine);
    }
    const auto start = Clock::now();
    const PairMaps maps =
        computePairMaps(request, first, second, engine, basis ? &*basis : nullptr);
    writePairMaps(request, first->index, maps, 8.0F, scratch.path());
    double secs = secsSince(start);
    std::uint64_t bytes = 0;
    for (const std::string& file : filesOfPair(request, first->index)) {
        bytes += fs::file_size(scratch.path() / file);
    }
    const FramePairs pair{{first->index, second->index + 1, second->index - first->index}};
    secs += measuringSecs(source, request, pair, engine);
    const OverlayCost overlay =
        overlayCost(source, request, first, second, maps.forward, scratch.path());
    secs += overlay.secs;
    bytes += static_cast<std::uint64_t>(overlay.bytes);
    const auto count = static_cast<std::uint64_t>(prediction.count);
    prediction.secs = secs * static_cast<double>(count);
    prediction.diskBytes = bytes * count;
    prediction.memoryBytes = peakMemoryBytes();
    if (engine != nullptr) {
        prediction.memoryBytes = std::max(
            prediction.memoryBytes, engine->estimate(first->size(), detailOf(request)).peakBytes);
    }
    return prediction;
}

nlohmann::json accuracyJson(const FlowAccuracy& accuracy) {
    nlohmann::json fields{{"pixels", accuracy.all.pixels}};
    for (const AccuracyColumn& column : accuracyColumns()) {
        const std::optional<double> value = column.value(accuracy);
        fields[column.id] = value ? nlohmann::json(*value) : nlohmann::json(nullptr);
    }
    return fields;
}

nlohmann::json pairJson(const PairReport& pair) {
    nlohmann::json fields{
        {"frame", pair.first}, {"second", pair.second}, {"kept", pair.kept}, {"files", pair.files}};
    if (pair.meanFlowPx) fields["mean_flow_px"] = *pair.meanFlowPx;
    for (const auto& [map, mean] : pair.means) {
        fields["mean_" + analysisMapFolder(map)] =
            mean ? nlohmann::json(*mean) : nlohmann::json(nullptr);
    }
    if (pair.accuracy) fields["accuracy"] = accuracyJson(*pair.accuracy);
    return fields;
}

/// The errors over all pairs with truth, one in a row.
void tellAccuracy(std::ostream& out, const AnalysisReport& report) {
    const FlowAccuracy all = pooled(report.accuracy);
    out << "errors against true flow, " << report.accuracy.size()
        << (report.accuracy.size() == 1 ? " pair" : " pairs") << ":\n";
    TextTable table({Align::Left, Align::Right, Align::Left});
    for (const AccuracyColumn& column : accuracyColumns()) {
        const std::optional<double> value = column.value(all);
        if (value) table.add({column.title, numberText(*value, 3), column.unit});
    }
    out << table.text();
}

void tellReport(CommandContext& context, const AnalysisRequest& request,
                const AnalysisReport& report, double secs) {
    if (report.clampedVectors > 0) {
        context.warn(std::to_string(report.clampedVectors) +
                     " vectors exceeded the range of KITTI PNG and were cut to 512 px");
    }
    context.emit(
        "summary",
        {{"pairs", report.pairs},
         {"kept", report.kept},
         {"flow_scale_px",
          report.flowScalePx > 0.0F ? nlohmann::json(report.flowScalePx) : nlohmann::json(nullptr)},
         {"clamped_vectors", report.clampedVectors},
         {"accuracy", report.accuracy.empty() ? nlohmann::json(nullptr)
                                              : accuracyJson(pooled(report.accuracy))},
         {"damaged", report.damaged ? nlohmann::json(*report.damaged) : nlohmann::json(nullptr)},
         {"folder", request.folder.string()},
         {"overlay", request.overlay.empty() ? nlohmann::json(nullptr)
                                             : nlohmann::json(request.overlay.string())},
         {"secs", secs}});
    std::ostream& out = context.text();
    out << report.pairs << (report.pairs == 1 ? " pair in " : " pairs in ")
        << request.folder.string();
    if (report.kept > 0) out << ", " << report.kept << " of them kept from an earlier run";
    out << ", " << durationText(secs) << '\n';
    if (report.flowScalePx > 0.0F) {
        out << "flow colours: full saturation at " << report.flowScalePx << " px\n";
    }
    if (!report.accuracy.empty()) tellAccuracy(out, report);
    if (!request.overlay.empty()) out << "overlay: " << request.overlay.string() << '\n';
}

/// Runs a command for the whole clip, whose files then are the flow.
void runClipCommand(CommandContext& context, const AnalyzeLine& line, FrameSource& source,
                    AnalysisRequest& request) {
    if (context.dryRun()) {
        throw Error(ErrorCode::Usage, "--dry-run cannot predict a flow command for a whole clip",
                    "Try a command for pairs, or a short --range.");
    }
    if (request.gap > 1) {
        throw Error(ErrorCode::Usage,
                    "a flow command for a clip gives the flow of consecutive frames",
                    "Use a command with {first}, {second} and {out} for --gap.");
    }
    request.flowFiles = flowOfClip(source, clipRange(request.range, *source.info().frames),
                                   FlowCommand::parse(line.flow.command), userClipFlowFolder(),
                                   context.progress("writing frames"), context.stopToken());
    context.endProgress();
    request.method = request.flowFiles->id();
}

void analyze(CommandContext& context, const AnalyzeLine& line) {
    AnalysisRequest request = requestOf(line, context.options);
    if (!context.dryRun() && !context.overwrite() && !request.overlay.empty() &&
        fs::exists(request.overlay)) {
        throw Error(ErrorCode::Usage, request.overlay.string() + " already exists",
                    "Choose another file with --overlay, or pass --overwrite.");
    }
    const auto source = openScanned(context, line.video);
    const bool clipCommand = isClipCommand(line.flow);
    if (clipCommand) runClipCommand(context, line, *source, request);
    InferenceEngine* engine = needsEngine(request) ? &context.engine() : nullptr;
    if (flowNeedsEngine(request.method)) requireFlow(context.engine(), "--method dis");
    if (context.dryRun()) {
        tellPrediction(context, predict(*source, request, engine), request.folder);
        return;
    }
    Manifest manifest = manifestOf(context, "mcjepa analyze", line.video, engine);
    manifest.options["max-side"] = std::to_string(context.options.maxSidePx);
    // The files are only named by what is in them.
    if (clipCommand) manifest.options["flow-command"] = line.flow.command;
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
    const AnalysisReport report =
        runAnalysis(*source, request, std::move(manifest), engine, callbacks);
    context.endProgress();
    if (report.damaged && !source->info().damaged) {
        context.warn(line.video + " is damaged: " + *report.damaged +
                     "; the maps end before the damage");
    }
    tellReport(context, request, report, secsSince(start));
}

}  // namespace

void addAnalyzeCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand(
        "analyze",
        "Computes flow, warping errors, consistency and occlusion of every pair of frames");
    const auto line = std::make_shared<AnalyzeLine>();
    command->add_option("VIDEO", line->video, "A video file, a folder of images, or a glob")
        ->required();
    command->add_option("-o,--output", line->folder, "Folder for the maps and manifest.json")
        ->required();
    command
        ->add_option("--maps", line->maps,
                     "flow, backward, warp-error, feature-error, consistency, occlusion, "
                     "feature-colors, with --truth also flow-error and flow-angle-error, or all")
        ->delimiter(',')
        ->capture_default_str();
    command
        ->add_option("--format", line->formats,
                     "png (pictures), or numbers: flo, pfm, kitti, npy, exr")
        ->delimiter(',')
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
        ->add_option("--flow-from", line->flowFrom,
                     "Flow of another method instead of --method: a .flo, KITTI .png, .pfm, .npy "
                     "or .exr file, a folder or a glob of them, matched to frames by number")
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
    auto* overlay = command->add_option("--overlay", line->overlay,
                                        "Also write an MP4 with flow over the frames");
    command
        ->add_option("--overlay-style", line->overlayStyle,
                     "How the overlay shows motion: colors, arrows, or streamlines over the "
                     "following frames (without --gap)")
        ->check(CLI::IsMember({"colors", "arrows", "streamlines"}))
        ->needs(overlay)
        ->capture_default_str();
    addLineOptions(*command, line->lines);
    command->callback(
        [&context, line] { context.setAction([&context, line] { analyze(context, *line); }); });
}

}  // namespace mcj
