#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/mask_options.h"
#include "app/cli_commands/text_layout.h"
#include "app/cli_commands/video_opening.h"
#include "app/cli_commands/work_prediction.h"
#include "inference/analysis/export_folder.h"
#include "inference/engine/flow_provider.h"
#include "inference/engine/inference_engine.h"
#include "media/io/scratch_folder.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_formats/soft_pictures.h"
#include "segmentation/mask_set_export.h"
#include "segmentation/propagation_export.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kProgram = "mcjepa propagate";

/// The command line as it was typed.
struct PropagateLine {
    std::string video;
    std::string folder;
    std::string mask;
    std::vector<std::string> masksAt;
    std::string method = "studio";
    bool methodGiven = false;  ///< otherwise a stopped run goes on with its own
    std::string range;
    std::string direction = "forward";
    std::string between;  ///< empty: as the method and a stopped run have it
    std::string overlay;
    std::string alphaVideo;
    int alphaObject = 0;  ///< 0: all objects
    std::string format = "davis";
    bool allowLoss = false;
    int level = 3;
    MaskReading reading;
};

GivenMask parseMaskAt(const std::string& text) {
    const auto equals = text.find('=');
    GivenMask given;
    const auto [end, failed] =
        std::from_chars(text.data(), text.data() + std::min(equals, text.size()), given.frame);
    if (equals == std::string::npos || failed != std::errc{} || end != text.data() + equals ||
        given.frame < 0 || equals + 1 == text.size()) {
        throw Error(ErrorCode::Usage, "\"" + text + "\" is not of the form T=FILE",
                    "Write --mask-at T=FILE with a frame number, counted from 0.");
    }
    given.path = text.substr(equals + 1);
    return given;
}

/// The soft formats of the line, which the run itself writes from the probabilities it has.
std::vector<SoftFormat> softFormats(const PropagateLine& line) {
    std::vector<SoftFormat> soft;
    for (const MaskFormat* format : parseWrittenFormats(line.format)) {
        for (const SoftFormat one : {SoftFormat::Png16, SoftFormat::Exr}) {
            if (std::string_view(softFormatId(one)) == format->id) soft.push_back(one);
        }
    }
    return soft;
}

PropagationExport requestOf(const PropagateLine& line, const GlobalOptions& options) {
    PropagationExport request;
    request.folder = line.folder;
    request.range = parseFrameRange(line.range);
    if (request.range.step != 1) {
        throw Error(ErrorCode::Usage, "a propagation covers every frame of its range",
                    "Omit the step in --range.");
    }
    if (!line.mask.empty()) request.masks.push_back({request.range.begin, line.mask});
    for (const std::string& text : line.masksAt) request.masks.push_back(parseMaskAt(text));
    if (request.masks.empty()) {
        throw Error(ErrorCode::Usage, "no mask to start from",
                    "Give one with --mask FILE (first frame) or --mask-at T=FILE.");
    }
    for (std::size_t i = 0; i < request.masks.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (request.masks[i].frame != request.masks[j].frame) continue;
            throw Error(ErrorCode::Usage,
                        "frame " + std::to_string(request.masks[i].frame) + " has two masks",
                        "Give one mask per frame.");
        }
    }
    request.reading = line.reading;
    request.propagator.labels.level = line.level;
    request.travel = line.direction == "forward"    ? Travel::Forward
                     : line.direction == "backward" ? Travel::Backward
                                                    : Travel::Both;
    request.overlay = line.overlay;
    request.alphaVideo = line.alphaVideo;
    if (!line.alphaVideo.empty()) (void)alphaVideoFormat(line.alphaVideo);
    if (line.alphaObject > 0) request.alphaObject = static_cast<ObjectId>(line.alphaObject);
    request.soft = softFormats(line);
    request.existing = options.existing == ExistingOutput::Overwrite ? ExistingFiles::Replace
                                                                     : ExistingFiles::KeepOrRefuse;
    return request;
}

/// Bytes of the soft masks of one step, written to `scratch`.
std::uint64_t softBytes(const PropagationExport& request, const ObjectSet& objects,
                        const PropagatedMask& step, const fs::path& scratch) {
    std::uint64_t bytes = 0;
    if (!step.soft) return bytes;
    for (const SoftFormat format : request.soft) {
        const fs::path file = scratch / (std::string("soft") + softExtension(format));
        for (std::size_t id = 1; id < kVoid; ++id) {
            if (!objects.test(id)) continue;
            writeSoftPicture(file, format, step.soft->shares(static_cast<ObjectId>(id)));
            bytes += fs::file_size(file);
        }
    }
    return bytes;
}

/// Runs two steps outside the output folder and extrapolates from the second.
WorkPrediction predict(FrameSource& source, const PropagationExport& request,
                       InferenceEngine* engine) {
    const FrameRange range = clipRange(request.range, *source.info().frames);
    const MaskTrack track = trackOf(request, source.info().size);
    const PropagationPlan plan = planOf(request, track, range);
    WorkPrediction prediction;
    prediction.unit = "frames";
    prediction.clipFrames = *source.info().frames;
    prediction.count = static_cast<FrameIndex>(plan.steps());
    PropagatorOptions options = request.propagator;
    if (!request.soft.empty()) options.soft = SoftResults::Kept;
    PlanWalk walk(
        plan, track, options, [&source](FrameIndex index) { return source.read(index); }, engine);
    const ScratchFolder scratch(temporaryScratchPath());
    double secs = 0.0;
    std::uint64_t bytes = 0;
    for (int step = 0; step < 2; ++step) {
        const auto start = Clock::now();
        const auto result = walk.next();
        if (!result) break;
        const fs::path file = scratch.path() / davisFileName(step);
        writeDavisMask(file, *result->entry.mask());
        bytes = fs::file_size(file) +
                softBytes(request, track.objects(), result->propagated, scratch.path());
        secs = std::chrono::duration<double>(Clock::now() - start).count();
    }
    prediction.secs = secs * static_cast<double>(plan.computations());
    prediction.diskBytes = bytes * static_cast<std::uint64_t>(range.count());
    prediction.memoryBytes = peakMemoryBytes();
    return prediction;
}

/// The defaults may have been others when a stopped run began.
void takeMethod(PropagationExport& request, const CommandContext& context,
                const PropagateLine& line) {
    std::optional<Manifest> stopped;
    if (!context.overwrite()) stopped = stoppedExport(line.folder, kProgram);
    const auto taken = [&stopped](const char* option, const std::string& otherwise) {
        const bool known = stopped && stopped->options.contains(option);
        return known ? stopped->options.at(option) : otherwise;
    };
    const std::string method = line.methodGiven ? line.method : taken("method", line.method);
    request.propagator.method = parsePropagationMethod(method);
    const std::string between = line.between.empty() ? taken("between", "") : line.between;
    request.between = between == "blend"    ? BetweenAnchors::Blended
                      : between == "single" ? BetweenAnchors::OneSided
                                            : defaultBetweenAnchors(request.propagator.method);
}

nlohmann::json maskJson(const MaskReport& mask) {
    const char* origin = mask.origin == MaskReport::Origin::Given        ? "given"
                         : mask.origin == MaskReport::Origin::Propagated ? "propagated"
                                                                         : "none";
    return {{"frame", mask.frame},
            {"origin", origin},
            {"kept", mask.kept},
            {"confidence",
             mask.confidence ? nlohmann::json(*mask.confidence) : nlohmann::json(nullptr)},
            {"file", mask.file}};
}

void tellReport(CommandContext& context, const PropagationExport& request,
                const PropagationReport& report, double secs) {
    if (report.withoutMask > 0) {
        context.warn(std::to_string(report.withoutMask) +
                     " frames before the first mask were written without objects; use --direction "
                     "both to include them");
    }
    context.emit("summary", {{"frames", report.frames},
                             {"kept", report.kept},
                             {"without_mask", report.withoutMask},
                             {"damaged", report.damaged ? nlohmann::json(*report.damaged)
                                                        : nlohmann::json(nullptr)},
                             {"folder", request.folder.string()},
                             {"secs", secs}});
    context.text() << report.frames << " masks in " << (request.folder / "masks").string();
    if (report.kept > 0)
        context.text() << ", " << report.kept << " of them kept from an earlier run";
    context.text() << ", " << durationText(secs) << '\n';
    for (const SoftFormat format : request.soft) {
        context.text() << "soft masks: " << (request.folder / softFormatId(format)).string();
        if (report.hard > 0) {
            context.text() << ", " << report.hard
                           << " of the frames without probabilities (0 and 1 only)";
        }
        context.text() << '\n';
    }
    if (!request.overlay.empty()) context.text() << "overlay: " << request.overlay.string() << '\n';
    if (!request.alphaVideo.empty()) {
        context.text() << "alpha video: " << request.alphaVideo.string() << '\n';
    }
}

/// The formats besides DAVIS, in which a run is always written because it resumes from those files,
/// and soft masks, which are written with them.
std::vector<const MaskFormat*> otherFormats(const PropagateLine& line) {
    std::vector<const MaskFormat*> formats = parseWrittenFormats(line.format);
    std::erase_if(formats, [](const MaskFormat* format) {
        return format == &maskFormat("davis") || format->traits.soft;
    });
    return formats;
}

/// Names what a format cannot hold of the given masks, and which files are in its way, before the
/// run.
void checkFormats(CommandContext& context, const PropagateLine& line,
                  const PropagationExport& request, const VideoInfo& info) {
    const auto formats = otherFormats(line);
    if (formats.empty()) return;
    if (!context.dryRun()) {
        for (const MaskFormat* format : formats) {
            requireOwnFormatFolder(request.folder, *format, kProgram);
        }
    }
    const MaskSet given =
        maskSetOf(trackOf(request, info.size), {}, info.size, 0, info.frames.value_or(0));
    for (const MaskFormat* format : formats) {
        const MaskFormatFit fit = fitOf(given, *format);
        if (!line.allowLoss) {
            requireFit(
                fit, *format,
                "Choose another --format, or pass --allow-loss to write the masks without it.");
        }
        for (const std::string& one : fit.lost) {
            context.warn(std::string(format->title) + " cannot hold " + one);
        }
    }
}

/// Writes the masks of the finished run to FOLDER/FORMAT.
void writeOtherFormats(CommandContext& context, const PropagateLine& line,
                       const PropagationExport& request) {
    const auto formats = otherFormats(line);
    if (formats.empty()) return;
    MaskReadRequest finished;
    finished.path = request.folder;
    finished.pixels = LabelPixels::AsStored;
    MaskSet set = readMaskSet(maskFormat("cutie"), finished);
    const Manifest manifest = readManifest(request.folder / "manifest.json");
    set.source = manifest.source;
    for (const MaskFormat* format : formats) {
        MaskSetExport wanted;
        wanted.folder = request.folder / format->id;
        wanted.format = format;
        // It holds nothing but an earlier run's (`checkFormats`), which follows from the masks.
        wanted.existing = ExistingFolder::Replace;
        wanted.loss = MaskLoss::Allow;
        wanted.manifest = manifest;
        wanted.manifest.files = {};
        wanted.manifest.options.erase("range");
        (void)exportMaskSet(set, wanted, context.progress(std::string("writing ") + format->title));
        context.endProgress();
        context.text() << format->title << ": " << wanted.folder.string() << '\n';
    }
}

/// A run that replaces an earlier one begins by removing its masks.
void checkMasksStay(const PropagationExport& request) {
    if (request.existing != ExistingFiles::Replace) return;
    const fs::path folder = fs::weakly_canonical(request.folder);
    for (const GivenMask& mask : request.masks) {
        const fs::path place = fs::weakly_canonical(mask.path).lexically_relative(folder);
        if (place.empty() || !place.has_parent_path()) continue;
        const std::string first = place.begin()->string();
        const bool made = first == "masks" ||
                          std::ranges::any_of(maskFormats(), [&first](const MaskFormat& format) {
                              return first == format.id;
                          });
        if (!made) continue;
        throw Error(ErrorCode::Usage, mask.path.string() + " would be removed by --overwrite",
                    "Choose another folder with -o, or copy the mask to another place first.");
    }
}

/// `file`: empty where the option was not given.
void refuseExisting(const fs::path& file, const std::string& option) {
    if (file.empty() || !fs::exists(file)) return;
    throw Error(ErrorCode::Usage, file.string() + " already exists",
                "Choose another file with " + option + ", or pass --overwrite.");
}

void propagate(CommandContext& context, const PropagateLine& line) {
    PropagationExport request = requestOf(line, context.options);
    takeMethod(request, context, line);
    if (!context.dryRun()) checkMasksStay(request);
    if (!context.dryRun() && !context.overwrite()) {
        refuseExisting(request.overlay, "--overlay");
        refuseExisting(request.alphaVideo, "--alpha-video");
    }
    const auto source = openScanned(context, line.video, Reading::BothWays);
    InferenceEngine* engine = needsEngine(request.propagator.method) ? &context.engine() : nullptr;
    const bool byFlow = request.propagator.method == PropagationMethod::Flow ||
                        request.propagator.method == PropagationMethod::Both;
    if (byFlow) requireFlow(context.engine(), "--method features");
    checkFormats(context, line, request, source->info());
    if (context.dryRun()) {
        tellPrediction(context, predict(*source, request, engine), request.folder);
        return;
    }
    Manifest manifest = manifestOf(context, kProgram, line.video, engine);
    manifest.options["max-side"] = std::to_string(context.options.maxSidePx);
    PropagationCallbacks callbacks;
    callbacks.stop = context.stopToken();
    callbacks.writing = context.progress("propagating");
    callbacks.onFrame = [&](const MaskReport& mask) { context.emit("result", maskJson(mask)); };
    const auto start = Clock::now();
    const PropagationReport report =
        runPropagation(*source, request, std::move(manifest), engine, callbacks);
    context.endProgress();
    writeOtherFormats(context, line, request);
    if (report.damaged && !source->info().damaged) {
        context.warn(line.video + " is damaged: " + *report.damaged +
                     "; the masks end before the damage");
    }
    tellReport(context, request, report,
               std::chrono::duration<double>(Clock::now() - start).count());
}

}  // namespace

void addPropagateCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand(
        "propagate", "Propagates the mask of a frame to other frames of the video");
    const auto line = std::make_shared<PropagateLine>();
    command->add_option("VIDEO", line->video, "A video file, a folder of images, or a glob")
        ->required();
    command->add_option("-o,--output", line->folder, "Folder for masks/00000.png and manifest.json")
        ->required();
    command->add_option("--mask", line->mask, "Mask of the first frame of --range, an indexed PNG");
    command
        ->add_option("--mask-at", line->masksAt,
                     "T=FILE: the mask of frame T, counted from 0; repeatable")
        ->expected(1)
        ->take_all();
    addMaskThreshold(*command, line->reading);
    command
        ->add_option("--method", line->method,
                     "Propagation method: studio, features, flow, both, dis-flow or identity")
        ->capture_default_str();
    command->add_option("--range", line->range,
                        "Frames A:B, counted from 0 and without B; default: the whole clip");
    command
        ->add_option("--direction", line->direction,
                     "Direction from the given masks: forward, backward or both")
        ->check(CLI::IsMember({"forward", "backward", "both"}))
        ->capture_default_str();
    command
        ->add_option("--between", line->between,
                     "Frames between two given masks: blend (computed from both masks and joined; "
                     "the default, except for identity) or single (from one of them)")
        ->check(CLI::IsMember({"blend", "single"}));
    command
        ->add_option("--level", line->level,
                     "Feature level whose grid carries the labels, 1 (fine) to 6 (coarse); "
                     "features of the next finer level are compared as well")
        ->check(CLI::Range(1, 6))
        ->capture_default_str();
    command->add_option("--overlay", line->overlay,
                        "Also write an MP4 with the masks over the frames");
    auto* alpha = command->add_option("--alpha-video", line->alphaVideo,
                                      "Also write the frames with the objects opaque and the rest "
                                      "transparent: .mov (ProRes 4444) or .mkv (FFV1, lossless)");
    command
        ->add_option(
            "--alpha-object", line->alphaObject,
            "The only object that is opaque in --alpha-video, 1 to 254; default: all objects")
        ->check(CLI::Range(1, 254))
        ->needs(alpha);
    command
        ->add_option("--format", line->format,
                     "Formats, separated by commas: " + maskFormatIds() +
                         ". masks/ (DAVIS) is always written, the others to a folder of that name")
        ->capture_default_str();
    command->add_flag(
        "--allow-loss", line->allowLoss,
        "Write formats even if they cannot hold everything in the masks, such as void pixels");
    command->callback([&context, line, command] {
        line->methodGiven = command->count("--method") > 0;
        context.setAction([&context, line] { propagate(context, *line); });
    });
}

}  // namespace mcj
