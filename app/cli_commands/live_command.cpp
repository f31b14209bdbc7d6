#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/flow_choice.h"
#include "app/cli_commands/point_argument.h"
#include "app/cli_commands/text_layout.h"
#include "inference/analysis/flow_files.h"
#include "inference/analysis/live_picture.h"
#include "inference/analysis/pair_summary.h"
#include "inference/analysis/product_maker.h"
#include "inference/engine/flow_provider.h"
#include "inference/engine/inference_engine.h"
#include "media/base/error.h"
#include "media/base/size_text.h"
#include "media/io/live_input.h"
#include "media/io/live_reader.h"
#include "media/io/live_recording.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// The command line as it was typed.
struct LiveLine {
    std::string source;
    std::string file;
    FlowChoice flow{.method = "dis", .command = {}};
    FrameIndex frames = 0;  ///< 0: until it ends or is stopped
    double secs = 0.0;      ///< the same
    int lastMib = 0;        ///< 0: everything is recorded
    std::string size;       ///< of a camera's pictures, "640x480"; empty: as it is set
    double fps = 0.0;       ///< of a camera; 0: as it is set
    bool everyPair = false;
    std::string seen;        ///< the pictures with their motion; empty: not recorded
    std::string point;       ///< searched in them, "X,Y"; empty: none
    int level = 3;           ///< of the features that are compared
    float flowScale = 0.0F;  ///< pixels of motion at full saturation; 0: rises with the motion
    std::string wheel = "middlebury";
    int freeMib = 64;  ///< stay free on the disks that are recorded to
};

/// A file that the command records; without a path, nothing.
class LiveFile {
public:
    LiveFile(CommandContext& context, std::string path, int freeMib)
        : context_(context), path_(std::move(path)) {
        room_.leastBytes = static_cast<std::uintmax_t>(freeMib) << 20;
    }

    void begin(const VideoInfo& info) {
        if (!path_.empty()) recording_.emplace(path_, info, room_);
    }
    [[nodiscard]] bool recording() const noexcept { return recording_.has_value(); }

    /// Once the disk is nearly full the recording is complete, and measuring goes on.
    void add(const Frame& frame) {
        if (!recording_) return;
        if (recording_->hasRoom()) {
            recording_->add(frame);
            return;
        }
        const Error full = recording_->roomError();
        finish();
        context_.warn(std::string(full.what()) + ". " + full.hint());
    }

    void finish() {
        if (recording_ && recording_->frames() > 0) {
            recording_->finish();
            recorded_ = recording_->frames();
        }
        recording_.reset();
    }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// Frames in the finished file.
    [[nodiscard]] FrameIndex recorded() const noexcept { return recorded_; }
    [[nodiscard]] nlohmann::json told() const {
        return recorded_ > 0 ? nlohmann::json(path_) : nlohmann::json(nullptr);
    }

private:
    CommandContext& context_;
    std::string path_;
    RecordingRoom room_;
    std::optional<LiveRecording> recording_;
    FrameIndex recorded_ = 0;
};

/// Draws what is seen: each frame with its motion and with the similarity to a point of the first
/// frame, as the window does.
class SeenPictures {
public:
    SeenPictures(const LiveLine& line, InferenceEngine* engine)
        : engine_(engine), level_(line.level), scaleIsGiven_(line.flowScale > 0.0F) {
        picture_.scalePx = scaleIsGiven_ ? line.flowScale : 1.0F;
        picture_.wheel = line.wheel == "middlebury" ? FlowWheel::Middlebury : FlowWheel::VisionSafe;
        if (!line.point.empty()) point_ = parsePoint(line.point);
    }

    /// `motion`: null for the first frame.
    [[nodiscard]] Frame drawn(const FramePtr& frame, const FlowPtr& motion, const StopToken& stop) {
        // As transparent as the layers of the window are at first.
        constexpr float kOver = 0.7F;
        picture_.frame = frame;
        picture_.motion = motion;
        picture_.layers = {{LivePicture::Part::Image, 1.0F}};
        if (motion) {
            picture_.layers.push_back({LivePicture::Part::Motion, kOver});
            raiseScale(*motion);
        }
        search(frame, stop);
        if (picture_.similarity) picture_.layers.push_back({LivePicture::Part::Similarity, kOver});
        Frame made;
        made.index = frame->index;
        made.pts = frame->pts;
        made.rgb = drawLivePicture(picture_);
        return made;
    }

private:
    void raiseScale(const FlowField& motion) {
        constexpr float kPercentile = 99.0F;
        if (scaleIsGiven_) return;
        picture_.scalePx =
            std::max(scale_, roundUpToScaleStep(flowMagnitudePercentile(motion, kPercentile)));
        scale_ = picture_.scalePx;
    }

    void search(const FramePtr& frame, const StopToken& stop) {
        if (!point_) return;
        const FeatureMapPtr features = engine_->featureMap(frame, level_, stop);
        if (!asked_) {
            const SizePx size = frame->size();
            if (point_->x < 0.0F || point_->y < 0.0F ||
                point_->x > static_cast<float>(size.width - 1) ||
                point_->y > static_cast<float>(size.height - 1)) {
                throw Error(ErrorCode::Usage, "--point is outside the picture",
                            "The picture has " + sizeText(size) + " pixels, counted from 0.");
            }
            asked_ = features;
        }
        SimilarityResult found = engine_->similarity(*asked_, *point_, *features);
        picture_.similarity = std::make_shared<const ScalarMap>(std::move(found.map));
        const bool first = asked_ == features;
        picture_.point = first ? point_ : std::nullopt;
        picture_.match = first ? std::nullopt : std::optional(found.best.where);
    }

    InferenceEngine* engine_;
    int level_;
    bool scaleIsGiven_;
    float scale_ = 0.0F;
    std::optional<PointF> point_;
    FeatureMapPtr asked_;  ///< of the frame in which the point was chosen
    LivePicture picture_;
};

/// One run of the command.
class LiveRun {
public:
    LiveRun(CommandContext& context, const LiveLine& line, std::string method,
            InferenceEngine* engine)
        : context_(context), line_(line), method_(std::move(method)), engine_(engine),
          came_(context, line.file, line.freeMib), seen_(context, line.seen, line.freeMib),
          pictures_(line, engine),
          reader_(line.source, optionsOf(context, line), context.stopToken()) {
        const VideoInfo& info = reader_.info();
        for (const std::string& warning : info.warnings) context.warn(warning);
        context.text() << sizeText(info.size) << ", " << info.codec << ", " << info.pixelFormat
                       << '\n'
                       << std::flush;
        if (line.lastMib == 0) came_.begin(info);
        seen_.begin(info);
    }

    void run() {
        const auto outcome = runGuarded([this] {
            readFrames();
            return 0;
        });
        const auto came = runGuarded([this] {
            recordLast();
            came_.finish();
            return 0;
        });
        const auto seen = runGuarded([this] {
            seen_.finish();
            return 0;
        });
        const Outcome<int>& recording = came.ok() ? seen : came;
        if (!outcome.ok() && outcome.error().code() != ErrorCode::Interrupted) {
            throwWithRecording(outcome.error(), recording);
        }
        if (!recording.ok()) throw Error(recording.error());
        tellEnd();
    }

private:
    static LiveOptions optionsOf(const CommandContext& context, const LiveLine& line) {
        LiveOptions options;
        options.threads = context.options.threads;
        options.camera = {cameraSizeOf(line.size), line.fps};
        // Two frames make a pair; more are kept only to be written.
        options.keptBytes = std::size_t{1} << 20;
        if (line.lastMib > 0) options.keptBytes = static_cast<std::size_t>(line.lastMib) << 20;
        return options;
    }

    void readFrames() {
        FramePtr before;
        while (line_.frames == 0 || frames_ < line_.frames) {
            FramePtr frame = reader_.next();
            if (!frame || isOver(*frame)) return;
            ++frames_;
            came_.add(*frame);
            if (before) {
                usePair(before, frame);
            } else if (seen_.recording()) {
                seen_.add(pictures_.drawn(frame, nullptr, context_.stopToken()));
            }
            before = std::move(frame);
        }
    }

    bool isOver(const Frame& frame) {
        if (!begin_) begin_ = frame.pts;
        return line_.secs > 0.0 && secsOf(frame) >= line_.secs;
    }

    /// Since the first frame; 0 where the source has no times.
    [[nodiscard]] double secsOf(const Frame& frame) const {
        if (!begin_ || !frame.pts) return 0.0;
        return static_cast<double>(*frame.pts - *begin_) * reader_.info().timeBase.value();
    }

    /// The newest pair goes first: pairs are left out while more frames have arrived, but not for
    /// ever where a program writes faster than pairs can be computed.
    void usePair(const FramePtr& first, const FramePtr& second) {
        constexpr FrameIndex kMostInARow = 30;
        if (!line_.everyPair && inARow_ < kMostInARow && reader_.isBehind()) {
            ++inARow_;
            ++leftOut_;
            return;
        }
        inARow_ = 0;
        const ProductKey pair = pairKey(*first, *second, method_);
        ProductMaker products({first, second}, engine_, context_.stopToken());
        const PairSummary numbers = summarizePair(pair, products);
        ++pairs_;
        tellPair(*first, numbers);
        if (seen_.recording()) showPair(pair, products, second);
    }

    void showPair(ProductKey pair, ProductMaker& products, const FramePtr& newest) {
        std::swap(pair.frame, pair.other);
        const ProductPtr backward = products.make(productKey("flow", pair));
        const auto motion = std::make_shared<const FlowField>(liveMotion(*backward->flow));
        seen_.add(pictures_.drawn(newest, motion, context_.stopToken()));
    }

    static nlohmann::json known(double value) {
        return std::isnan(value) ? nlohmann::json(nullptr) : nlohmann::json(value);
    }

    void tellPair(const Frame& first, const PairSummary& numbers) {
        context_.emit("result",
                      {{"frame", first.index},
                       {"seconds", secsOf(first)},
                       {"motion_px", known(numbers.at(PairNumber::Motion))},
                       {"motion_p99_px", known(numbers.at(PairNumber::Motion99))},
                       {"warp_error", known(numbers.at(PairNumber::WarpError))},
                       {"inconsistency_px", known(numbers.at(PairNumber::Inconsistency))}});
        context_.text() << "frame " << first.index << "  " << numberText(secsOf(first), 2)
                        << " s  motion " << numberText(numbers.at(PairNumber::Motion), 2)
                        << " px, 99 % below " << numberText(numbers.at(PairNumber::Motion99), 2)
                        << " px  warp error " << numberText(numbers.at(PairNumber::WarpError), 2)
                        << '\n'
                        << std::flush;
    }

    /// What was recorded before an error is kept, and the error says so.
    [[noreturn]] void throwWithRecording(const Error& error, const Outcome<int>& recording) {
        std::string hint = error.hint();
        const auto add = [&hint](const std::string& more) {
            hint += (hint.empty() ? "" : " ") + more;
        };
        for (const LiveFile* file : {&came_, &seen_}) {
            if (file->recorded() == 0) continue;
            add(file->path() + " contains the " + std::to_string(file->recorded()) +
                " frames that were recorded before.");
        }
        if (!recording.ok() && recording.error().what() != std::string(error.what())) {
            add(recording.error().what());
        }
        throw Error(error.code(), error.what(), hint);
    }

    /// The frames that are in memory, where only those are wanted.
    void recordLast() {
        if (line_.lastMib == 0 || reader_.kept().empty()) return;
        came_.begin(reader_.info());
        for (const FramePtr& frame : reader_.kept()) {
            // The first frame is kept before it is taken.
            if (frame->index < frames_) came_.add(*frame);
        }
    }

    void tellEnd() {
        context_.emit("summary", {{"frames", frames_},
                                  {"pairs", pairs_},
                                  {"left_out", leftOut_},
                                  {"file", came_.told()},
                                  {"seen", seen_.told()}});
        context_.text() << frames_ << " frames, motion of " << pairs_ << " pairs";
        if (leftOut_ > 0) context_.text() << ", " << leftOut_ << " left out to keep up";
        context_.text() << '\n';
        if (came_.recorded() > 0) context_.text() << "recording: " << came_.path() << '\n';
        if (seen_.recorded() > 0) context_.text() << "what was seen: " << seen_.path() << '\n';
    }

    CommandContext& context_;
    const LiveLine& line_;
    std::string method_;
    InferenceEngine* engine_;
    LiveFile came_;
    LiveFile seen_;
    SeenPictures pictures_;
    LiveReader reader_;
    std::optional<std::int64_t> begin_;
    FrameIndex frames_ = 0;
    FrameIndex pairs_ = 0;
    FrameIndex leftOut_ = 0;
    FrameIndex inARow_ = 0;
};

void checkFile(const CommandContext& context, const std::string& file, const char* option) {
    const std::string another = std::string("Choose another file with ") + option;
    if (!context.overwrite() && !file.empty() && fs::exists(file)) {
        throw Error(ErrorCode::Usage, file + " already exists", another + ", or pass --overwrite.");
    }
    if (fs::is_directory(file)) {
        throw Error(ErrorCode::Usage, file + " is a folder, not a file", another + ".");
    }
}

/// Also where neither exists yet, and by different names.
bool isOneFile(const std::string& a, const std::string& b) {
    std::error_code unknown;
    return fs::absolute(a).lexically_normal() == fs::absolute(b).lexically_normal() ||
           fs::equivalent(a, b, unknown);
}

void live(CommandContext& context, const LiveLine& line) {
    if (context.dryRun()) {
        throw Error(ErrorCode::Usage, "live has no --dry-run",
                    "The length of a live source is not known in advance; leave --dry-run out.");
    }
    if (!line.file.empty() && !line.seen.empty() && isOneFile(line.file, line.seen)) {
        throw Error(ErrorCode::Usage, "-o and --seen name the same file",
                    "Choose another file for one of them.");
    }
    checkFile(context, line.file, "-o");
    checkFile(context, line.seen, "--seen");
    // Before a model is loaded.
    if (liveKindOf(line.source) == LiveKind::Pipe) {
        context.info("waiting for a program that writes a video into " + line.source);
    }
    const std::string method = flowIdOf(line.flow);
    InferenceEngine* engine = nullptr;
    if (flowNeedsEngine(method)) {
        engine = &context.engine();
        requireFlow(*engine, "--method dis");
    } else if (!line.point.empty()) {
        engine = &context.engine();
    }
    LiveRun(context, line, method, engine).run();
}

void addSeenOptions(CLI::App& command, LiveLine& line) {
    auto* seen = command.add_option("--seen", line.seen,
                                    "Also record what is seen, as an H.264 MP4: the pictures, at "
                                    "their size, with the colours of their motion since the frame "
                                    "before. Frames whose pair is left out are not in it");
    auto* point = command.add_option("--point", line.point,
                                     "X,Y in pixels of the first frame: its similarity is shown in "
                                     "the following ones, and the best match marked");
    point->needs(seen);
    command
        .add_option("--level", line.level,
                    "Feature level of the similarity, 1 (fine) to 6 (coarse)")
        ->check(CLI::Range(1, 6))
        ->needs(point)
        ->capture_default_str();
    command
        .add_option("--flow-scale", line.flowScale,
                    "Pixels of motion at full saturation; by default it rises with the motion")
        ->check(CLI::Range(0.01F, 10000.0F))
        ->needs(seen);
    command.add_option("--wheel", line.wheel, "Colour wheel of directions")
        ->check(CLI::IsMember({"middlebury", "vision-safe"}))
        ->needs(seen)
        ->capture_default_str();
}

}  // namespace

void addLiveCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand("live",
                                       "Prints the motion of a live source and records it, until "
                                       "the source ends or Ctrl+C is pressed");
    const auto line = std::make_shared<LiveLine>();
    command
        ->add_option("SOURCE", line->source,
                     "/dev/videoN, a FIFO into which a program writes a video, or "
                     "lavfi:testsrc2=size=320x240:rate=25")
        ->required();
    auto* output = command->add_option(
        "-o,--output", line->file,
        "Also record the frames as an H.264 MP4. The file appears when the recording ends, even if "
        "it ends with an error, unless no frame was recorded");
    command->add_option("--frames", line->frames, "End after this many frames")
        ->check(CLI::Range(FrameIndex{1}, FrameIndex{1} << 40));
    command->add_option("--seconds", line->secs, "End after this many seconds of the source")
        ->check(CLI::PositiveNumber);
    command
        ->add_option("--last-mib", line->lastMib,
                     "Record only the newest frames before the end: as many as fit into this many "
                     "MiB as 8-bit RGB, 1 to 65536")
        ->check(CLI::Range(1, 65536))
        ->needs(output);
    command->add_option("--size", line->size,
                        "Request this frame size from a camera, WxH in pixels");
    command->add_option("--rate", line->fps, "Request this many frames per second from a camera")
        ->check(CLI::Range(kLeastCameraFps, kMostCameraFps));
    command->add_flag("--every-pair", line->everyPair,
                      "Compute every pair, even if the source has to wait; by default, pairs are "
                      "left out if newer frames have already arrived");
    addFlowChoice(*command, line->flow);
    addSeenOptions(*command, *line);
    command
        ->add_option("--keep-free", line->freeMib,
                     "A recording is completed while so many MiB of its disk are still free, 1 to "
                     "1048576")
        ->check(CLI::Range(1, 1 << 20))
        ->capture_default_str();
    command->callback(
        [&context, line] { context.setAction([&context, line] { live(context, *line); }); });
}

}  // namespace mcj
