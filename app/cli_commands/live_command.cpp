#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/flow_choice.h"
#include "app/cli_commands/text_layout.h"
#include "inference/analysis/flow_files.h"
#include "inference/analysis/pair_summary.h"
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
};

/// One run of the command.
class LiveRun {
public:
    LiveRun(CommandContext& context, const LiveLine& line, std::string method,
            InferenceEngine* engine)
        : context_(context), line_(line), method_(std::move(method)), engine_(engine),
          reader_(line.source, optionsOf(context, line), context.stopToken()) {
        const VideoInfo& info = reader_.info();
        for (const std::string& warning : info.warnings) context.warn(warning);
        context.text() << sizeText(info.size) << ", " << info.codec << ", " << info.pixelFormat
                       << '\n'
                       << std::flush;
        if (!line.file.empty() && line.lastMib == 0) recording_.emplace(line.file, info);
    }

    void run() {
        const auto outcome = runGuarded([this] {
            readFrames();
            return 0;
        });
        const auto recording = runGuarded([this] {
            finishRecording();
            return 0;
        });
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
            if (recording_) recording_->add(*frame);
            if (before) usePair(before, frame);
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
        const PairSummary numbers =
            summarizePair(first, second, method_, engine_, context_.stopToken());
        ++pairs_;
        tellPair(*first, numbers);
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
        if (recorded_ > 0) {
            add(line_.file + " contains the " + std::to_string(recorded_) +
                " frames that were recorded before.");
        } else if (!recording.ok() && recording.error().what() != std::string(error.what())) {
            add(recording.error().what());
        }
        throw Error(error.code(), error.what(), hint);
    }

    void finishRecording() {
        if (!line_.file.empty() && line_.lastMib > 0 && !reader_.kept().empty()) {
            recording_.emplace(line_.file, reader_.info());
            for (const FramePtr& frame : reader_.kept()) {
                // The first frame is kept before it is taken.
                if (frame->index < frames_) recording_->add(*frame);
            }
        }
        if (!recording_ || recording_->frames() == 0) return;
        recording_->finish();
        recorded_ = recording_->frames();
    }

    void tellEnd() {
        const bool written = recorded_ > 0;
        context_.emit("summary",
                      {{"frames", frames_},
                       {"pairs", pairs_},
                       {"left_out", leftOut_},
                       {"file", written ? nlohmann::json(line_.file) : nlohmann::json(nullptr)}});
        context_.text() << frames_ << " frames, motion of " << pairs_ << " pairs";
        if (leftOut_ > 0) context_.text() << ", " << leftOut_ << " left out to keep up";
        context_.text() << '\n';
        if (written) context_.text() << "recording: " << line_.file << '\n';
    }

    CommandContext& context_;
    const LiveLine& line_;
    std::string method_;
    InferenceEngine* engine_;
    LiveReader reader_;
    std::optional<LiveRecording> recording_;
    std::optional<std::int64_t> begin_;
    FrameIndex recorded_ = 0;  ///< in the finished file
    FrameIndex frames_ = 0;
    FrameIndex pairs_ = 0;
    FrameIndex leftOut_ = 0;
    FrameIndex inARow_ = 0;
};

void live(CommandContext& context, const LiveLine& line) {
    if (context.dryRun()) {
        throw Error(ErrorCode::Usage, "live has no --dry-run",
                    "The length of a live source is not known in advance; leave --dry-run out.");
    }
    if (!context.overwrite() && !line.file.empty() && fs::exists(line.file)) {
        throw Error(ErrorCode::Usage, line.file + " already exists",
                    "Choose another file with -o, or pass --overwrite.");
    }
    if (fs::is_directory(line.file)) {
        throw Error(ErrorCode::Usage, line.file + " is a folder, not a file",
                    "Choose another file with -o.");
    }
    const std::string method = flowIdOf(line.flow);
    InferenceEngine* engine = nullptr;
    if (flowNeedsEngine(method)) {
        engine = &context.engine();
        requireFlow(*engine, "--method dis");
    }
    LiveRun(context, line, method, engine).run();
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
    command->callback(
        [&context, line] { context.setAction([&context, line] { live(context, *line); }); });
}

}  // namespace mcj
