#include "app/cli_commands/analyze_clip.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <utility>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/video_opening.h"
#include "inference/analysis/clip_flow_command.h"
#include "inference/analysis/overlay_video.h"
#include "inference/engine/flow_provider.h"
#include "inference/engine/inference_engine.h"
#include "media/io/scratch_folder.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

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

}  // namespace

OpenedClip openClip(CommandContext& context, const AnalyzeLine& line, const ClipFiles& files) {
    OpenedClip clip;
    clip.video = files.video;
    clip.request = requestOf(line, files, context.options);
    if (!context.dryRun() && !context.overwrite() && !files.overlay.empty() &&
        fs::exists(files.overlay)) {
        throw Error(ErrorCode::Usage, files.overlay + " already exists",
                    "Choose another file with --overlay, or pass --overwrite.");
    }
    clip.source = openScanned(context, files.video);
    if (isClipCommand(line.flow)) runClipCommand(context, line, *clip.source, clip.request);
    if (needsEngine(clip.request)) clip.engine = &context.engine();
    if (flowNeedsEngine(clip.request.method)) requireFlow(context.engine(), "--method dis");
    return clip;
}

WorkPrediction predictClip(const OpenedClip& clip) {
    FrameSource& source = *clip.source;
    const AnalysisRequest& request = clip.request;
    InferenceEngine* const engine = clip.engine;
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

AnalysisReport analyzeClip(CommandContext& context, const AnalyzeLine& line, const OpenedClip& clip,
                           const AnalysisCallbacks& callbacks) {
    Manifest manifest = manifestOf(context, "mcjepa analyze", clip.video, clip.engine);
    manifest.options["max-side"] = std::to_string(context.options.maxSidePx);
    // The files are only named by what is in them.
    if (isClipCommand(line.flow)) manifest.options["flow-command"] = line.flow.command;
    AnalysisReport report =
        runAnalysis(*clip.source, clip.request, std::move(manifest), clip.engine, callbacks);
    context.endProgress();
    if (report.damaged && !clip.source->info().damaged) {
        context.warn(clip.video + " is damaged: " + *report.damaged +
                     "; the maps end before the damage");
    }
    if (report.clampedVectors > 0) {
        context.warn(std::to_string(report.clampedVectors) +
                     " vectors exceeded the range of KITTI PNG and were cut to 512 px");
    }
    return report;
}

}  // namespace mcj
