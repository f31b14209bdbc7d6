#include "app/cli_commands/analyze_batch.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/cli_commands/analyze_clip.h"
#include "app/cli_commands/analyze_line.h"
#include "app/cli_commands/analyze_report.h"
#include "app/cli_commands/batch_clips.h"
#include "app/cli_commands/batch_table.h"
#include "app/cli_commands/command_context.h"
#include "app/cli_commands/text_layout.h"
#include "app/cli_commands/work_prediction.h"
#include "inference/analysis/flow_files.h"
#include "inference/analysis/pair_table.h"
#include "inference/engine/flow_provider.h"
#include "media/io/atomic_file.h"
#include "media/io/frame_index.h"
#include "media/io/manifest.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kSummaryFile = "summary.csv";

double secsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The steps of all clips: each pair is one, and one more where the scale is measured first.
class BatchSteps {
public:
    explicit BatchSteps(const AnalysisRequest& request)
        : range_(request.range), gap_(request.gap),
          perPair_(request.scale.kind == FlowScale::Kind::Clip && drawsFlow(request) ? 2 : 1) {}

    /// `frames`: of the next clip; 0: not known.
    void add(FrameIndex frames) { steps_.push_back(stepsOf(frames)); }
    /// Corrects the number of frames, which a file's header may state wrongly.
    void correct(std::size_t clip, FrameIndex frames) { steps_[clip] = stepsOf(frames); }

    [[nodiscard]] std::int64_t before(std::size_t clip) const {
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < clip; ++i) sum += steps_[i];
        return sum;
    }
    [[nodiscard]] std::int64_t total() const { return before(steps_.size()); }
    /// The steps of the first pass over a clip.
    [[nodiscard]] std::int64_t measuring(std::size_t clip) const {
        return perPair_ == 2 ? steps_[clip] / 2 : 0;
    }

private:
    [[nodiscard]] std::int64_t stepsOf(FrameIndex frames) const {
        if (frames <= range_.begin) return 0;
        FrameRange cut = range_;
        cut.end = std::min(range_.end.value_or(frames), frames);
        return std::max<std::int64_t>(0, FramePairs{cut, gap_}.count()) * perPair_;
    }

    FrameRange range_;
    FrameIndex gap_;
    std::int64_t perPair_;
    std::vector<std::int64_t> steps_;
};

/// The number of frames that the clip's header or an earlier opening states; 0 where it cannot be
/// opened, which its turn reports.
FrameIndex expectedFrames(const CommandContext& context, const std::string& video) {
    const auto frames = runGuarded([&] {
        SourceOptions options;
        options.threads = context.options.threads;
        options.cacheBytes = std::size_t{4} << 20;  // one frame is read
        options.indexFolder = userFrameIndexFolder();
        const auto source = openSource(video, options);
        return source->info().frames.value_or(source->info().estimatedFrames);
    });
    return frames.ok() ? frames.value() : 0;
}

class AnalysisBatch {
public:
    AnalysisBatch(CommandContext& context, const AnalyzeLine& line)
        : context_(context), line_(line), common_(commonRequest(line, context.options)),
          clips_(batchClips(line, kSummaryFile)), steps_(drawn(common_, line)) {
        for (const BatchClip& clip : clips_) {
            BatchRow row;
            row.clip = clip.files.video;
            row.folder = clip.name;
            rows_.push_back(std::move(row));
        }
    }

    void run() {
        openEngine();
        prepareFolder();
        for (const BatchClip& clip : clips_) {
            context_.throwIfStopped();
            steps_.add(expectedFrames(context_, clip.files.video));
        }
        const auto start = Clock::now();
        for (std::size_t i = 0; i < clips_.size(); ++i) analyzeNext(i);
        tellEnd(secsSince(start));
        throwIfFailed();
    }

    void predict() {
        openEngine();
        WorkPrediction all;
        all.unit = "pairs";
        std::int64_t counted = 0;
        for (std::size_t i = 0; i < clips_.size(); ++i) {
            context_.throwIfStopped("Nothing was written.");
            const auto one =
                runGuarded([&] { return predictClip(openClip(context_, line_, clips_[i].files)); });
            if (!one.ok()) {
                if (one.error().code() == ErrorCode::Interrupted) throw Error(one.error());
                fail(i, one.error());
                continue;
            }
            const WorkPrediction& clip = one.value();
            ++counted;
            all.count += clip.count;
            all.clipFrames += clip.clipFrames;
            all.secs += clip.secs;
            all.diskBytes += clip.diskBytes;
            all.memoryBytes = std::max(all.memoryBytes, clip.memoryBytes);
        }
        all.clips = counted;
        tellPrediction(context_, all, line_.folder);
        throwIfFailed();
    }

private:
    /// The common request as far as it decides what is drawn.
    static AnalysisRequest drawn(AnalysisRequest request, const AnalyzeLine& line) {
        request.overlay = line.overlay;
        return request;
    }

    // A device or a model that cannot be used is an error of the batch, not of every clip.
    void openEngine() {
        AnalysisRequest request = common_;
        if (!line_.flowFrom.empty() || isClipCommand(line_.flow)) request.method = kZeroFlow;
        if (needsEngine(request)) (void)context_.engine();
        if (flowNeedsEngine(request.method)) requireFlow(context_.engine(), "--method dis");
    }

    void prepareFolder() {
        const fs::path folder = line_.folder;
        std::error_code failed;
        if (fs::exists(folder / "manifest.json", failed)) {
            throw Error(ErrorCode::Usage,
                        "the folder " + line_.folder + " contains the maps of one clip",
                        "Choose another folder with -o.");
        }
        const fs::path summary = folder / kSummaryFile;
        if (!context_.overwrite() && fs::exists(summary, failed)) {
            const std::vector<std::uint8_t> bytes = readFileBytes(summary);
            if (!isBatchCsv(std::string(bytes.begin(), bytes.end()))) {
                throw Error(ErrorCode::Usage, summary.string() + " is not a summary of clips",
                            "Choose another folder with -o, or pass --overwrite.");
            }
        }
        createFolder(folder, "-o");
        if (!line_.overlay.empty()) createFolder(line_.overlay, "--overlay");
    }

    static void createFolder(const fs::path& folder, const std::string& option) {
        std::error_code failed;
        fs::create_directories(folder, failed);
        if (!failed && fs::is_directory(folder, failed)) return;
        throw Error(ErrorCode::Input, "cannot create the folder " + folder.string(),
                    "Choose another folder with " + option + ", one that is writable.");
    }

    void analyzeNext(std::size_t i) {
        BatchRow& row = rows_[i];
        const fs::path folder = clips_[i].files.folder;
        const auto start = Clock::now();
        std::error_code ignored;
        if (context_.overwrite()) fs::remove(folder / kPairsFile, ignored);
        PairTable pairs(folder / kPairsFile);
        const auto outcome = runGuarded([&] {
            context_.throwIfStopped(kGoOnHint);
            analyzeOne(i, pairs);
            return 0;
        });
        context_.endProgress();
        row.secs = secsSince(start);
        // Also of a clip that was stopped, so that its numbers are there when it goes on.
        if (!pairs.empty()) writeTextAtomically(folder / kPairsFile, pairs.csv());
        if (outcome.ok()) {
            row.state = ClipState::Done;
            row.means = pairs.means();
        } else if (outcome.error().code() == ErrorCode::Interrupted) {
            row.state = ClipState::Stopped;
            writeSummary();
            throw Error(ErrorCode::Interrupted,
                        "stopped at clip " + std::to_string(i + 1) + " of " +
                            std::to_string(clips_.size()) + "; the finished files are complete",
                        kGoOnHint);
        } else {
            fail(i, outcome.error());
        }
        writeSummary();
        context_.emit("clip", batchJson(row));
        if (row.state == ClipState::Done) tellDone(row);
    }

    void analyzeOne(std::size_t i, PairTable& pairs) {
        ClipFiles files = clips_[i].files;
        std::error_code failed;
        // An overlay is written after the last map, as a whole: this one is of the earlier run.
        if (!context_.overwrite() && !files.overlay.empty() && fs::exists(files.overlay, failed) &&
            fs::exists(fs::path(files.folder) / "manifest.json", failed)) {
            context_.info(files.overlay + " exists and is kept");
            files.overlay.clear();
        }
        const OpenedClip clip = openClip(context_, line_, files);
        rows_[i].frames = clip.source->info().frames.value_or(0);
        steps_.correct(i, rows_[i].frames);
        const AnalysisReport report = analyzeClip(context_, line_, clip, callbacks(i, pairs));
        rows_[i].pairs = report.pairs;
        rows_[i].kept = report.kept;
        rows_[i].flowScalePx =
            report.flowScalePx > 0.0F ? report.flowScalePx : notedScalePx(files.folder);
        rows_[i].damaged = report.damaged;
        if (!report.accuracy.empty()) rows_[i].accuracy = pooled(report.accuracy);
    }

    /// Of the earlier run, for a clip whose kept overlay was the only one to need it; 0: none.
    static float notedScalePx(const fs::path& folder) {
        const Manifest manifest = readManifest(folder / "manifest.json");
        const auto found = manifest.options.find("flow-scale-px");
        float px = 0.0F;
        if (found != manifest.options.end()) {
            const std::string& text = found->second;
            // Anything else leaves 0, which means that no scale is known.
            std::from_chars(text.data(), text.data() + text.size(), px);
        }
        return px;
    }

    AnalysisCallbacks callbacks(std::size_t i, PairTable& pairs) {
        const Progress progress = context_.progress("analyzing clip " + std::to_string(i + 1) +
                                                    " of " + std::to_string(clips_.size()));
        const std::int64_t begin = steps_.before(i);
        const std::int64_t measured = begin + steps_.measuring(i);
        const std::int64_t total = steps_.total();
        AnalysisCallbacks callbacks;
        callbacks.stop = context_.stopToken();
        callbacks.measuring = [=](std::int64_t done, std::int64_t) {
            return progress(begin + done, total);
        };
        callbacks.writing = [=](std::int64_t done, std::int64_t) {
            return progress(measured + done, total);
        };
        callbacks.onPair = [this, i, &pairs](const PairReport& pair) {
            pairs.put(pair);
            nlohmann::json fields = pairJson(pair);
            fields["clip"] = rows_[i].clip;
            context_.emit("result", fields);
        };
        return callbacks;
    }

    void fail(std::size_t i, const Error& error) {
        rows_[i].state = ClipState::Failed;
        rows_[i].error = error;
        const std::string reason = error.what();
        context_.warn(rows_[i].clip + " failed: " + reason +
                      (error.hint().empty() ? "" : " (" + error.hint() + ")"));
    }

    void writeSummary() const {
        writeTextAtomically(fs::path(line_.folder) / kSummaryFile, batchCsv(rows_));
    }

    void tellDone(const BatchRow& row) const {
        std::ostream& out = context_.text();
        out << row.folder << ": " << row.pairs << (row.pairs == 1 ? " pair" : " pairs");
        if (row.kept > 0) out << ", " << row.kept << " of them kept from an earlier run";
        out << ", " << durationText(row.secs) << '\n' << std::flush;
    }

    [[nodiscard]] std::size_t failures() const {
        return static_cast<std::size_t>(
            std::count_if(rows_.begin(), rows_.end(),
                          [](const BatchRow& row) { return row.state == ClipState::Failed; }));
    }

    void tellEnd(double secs) const {
        const fs::path summary = fs::path(line_.folder) / kSummaryFile;
        context_.emit("summary", {{"clips", rows_.size()},
                                  {"failed", failures()},
                                  {"folder", line_.folder},
                                  {"file", summary.string()},
                                  {"secs", secs}});
        context_.text() << rows_.size() - failures() << " of " << rows_.size() << " clips in "
                        << line_.folder << ", " << durationText(secs) << '\n'
                        << "summary: " << summary.string() << '\n';
    }

    void throwIfFailed() const {
        constexpr std::size_t kNamed = 5;
        const std::size_t failed = failures();
        if (failed == 0) return;
        std::string names;
        std::size_t named = 0;
        const Error* first = nullptr;
        for (const BatchRow& row : rows_) {
            if (row.state != ClipState::Failed) continue;
            if (first == nullptr) first = &*row.error;
            if (named++ < kNamed) names += (names.empty() ? "" : ", ") + row.clip;
        }
        if (failed > kNamed) names += " and " + std::to_string(failed - kNamed) + " more";
        throw Error(
            first->code(),
            std::to_string(failed) + " of " + std::to_string(rows_.size()) +
                " clips failed: " + names,
            "Each failed clip is named above with the reason; the other clips are complete.");
    }

    CommandContext& context_;
    const AnalyzeLine& line_;
    AnalysisRequest common_;
    std::vector<BatchClip> clips_;
    BatchSteps steps_;
    std::vector<BatchRow> rows_;
};

}  // namespace

void analyzeBatch(CommandContext& context, const AnalyzeLine& line) {
    AnalysisBatch batch(context, line);
    if (context.dryRun()) {
        batch.predict();
    } else {
        batch.run();
    }
}

}  // namespace mcj
