#include "app/cli_commands/flow_submission.h"

#include <chrono>
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/text_layout.h"
#include "app/cli_commands/video_opening.h"
#include "inference/analysis/export_folder.h"
#include "inference/analysis/flow_benchmarks.h"
#include "inference/engine/inference_engine.h"
#include "media/io/flow_file.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

const char* benchmarkName(PairLayout layout) {
    return layout == PairLayout::Sintel ? "sintel" : "kitti";
}

Manifest plannedManifest(const CommandContext& context, const FlowSubmission& submission,
                         const InferenceEngine* engine) {
    Manifest manifest;
    manifest.program = "mcjepa evaluate flow";
    manifest.version = MCJ_VERSION;
    manifest.sourcePath = submission.root.string();
    if (engine != nullptr) {
        manifest.modelSha256 = engine->info().modelSha256;
        manifest.modelName = engine->info().modelName;
        manifest.precision = engine->info().precision;
    }
    manifest.options = {{"benchmark", benchmarkName(submission.layout)},
                        {"root", submission.root.string()},
                        {"method", submission.method},
                        {"max-side", std::to_string(context.options.maxSidePx)}};
    return manifest;
}

class SubmissionRun {
public:
    SubmissionRun(CommandContext& context, const FlowSubmission& submission,
                  const std::vector<FlowTestPair>& pairs, InferenceEngine* engine)
        : context_(context), submission_(submission), pairs_(pairs), engine_(engine) {}

    void run(ExportFolder& folder) {
        const Progress progress = context_.progress("writing");
        const auto total = static_cast<std::int64_t>(pairs_.size());
        for (std::size_t i = 0; i < pairs_.size(); ++i) {
            progress(static_cast<std::int64_t>(i), total);
            context_.throwIfStopped(kGoOnHint);
            write(folder, i);
        }
        progress(total, total);
        context_.endProgress();
    }

    [[nodiscard]] std::int64_t kept() const noexcept { return kept_; }
    [[nodiscard]] std::int64_t clampedVectors() const noexcept { return clamped_; }

private:
    void write(ExportFolder& folder, std::size_t ordinal) {
        const FlowTestPair& pair = pairs_[ordinal];
        const std::string file = pair.submission.generic_string();
        const bool kept = folder.has(file);
        const auto start = Clock::now();
        if (kept) {
            ++kept_;
        } else {
            const FlowPair frames = readFlowPair(pair.files, ordinal);
            const FlowField flow =
                estimateFlow(submission_.method, frames.first, frames.second, engine_);
            const bool sintel = submission_.layout == PairLayout::Sintel;
            clamped_ +=
                writeFlow(folder.place(file), flow, sintel ? FlowFormat::Flo : FlowFormat::KittiPng)
                    .clampedVectors;
        }
        folder.add(file);
        context_.emit("result",
                      {{"pair", pair.files.name},
                       {"method", submission_.method},
                       {"file", file},
                       {"kept", kept},
                       {"secs", std::chrono::duration<double>(Clock::now() - start).count()}});
    }

    CommandContext& context_;
    const FlowSubmission& submission_;
    const std::vector<FlowTestPair>& pairs_;
    InferenceEngine* engine_;
    std::int64_t kept_ = 0;
    std::int64_t clamped_ = 0;
};

/// Computes one pair twice and extrapolates from the second time.
void predict(CommandContext& context, const FlowSubmission& submission,
             const std::vector<FlowTestPair>& pairs, InferenceEngine* engine) {
    double secs = 0.0;
    std::uint64_t bytes = 0;
    for (std::size_t round = 0; round < 2; ++round) {
        const auto start = Clock::now();
        const FlowPair frames = readFlowPair(pairs.front().files, round);
        (void)estimateFlow(submission.method, frames.first, frames.second, engine);
        secs = std::chrono::duration<double>(Clock::now() - start).count();
        // Eight bytes per pixel in .flo; KITTI's PNG has six before compression.
        bytes = frames.first->size().area() * (submission.layout == PairLayout::Sintel ? 8 : 6);
    }
    secs *= static_cast<double>(pairs.size());
    bytes *= pairs.size();
    const std::uint64_t free = freeBytesAt(submission.folder);
    context.emit("summary", {{"dry_run", true},
                             {"pairs", pairs.size()},
                             {"secs", secs},
                             {"memory_bytes", peakMemoryBytes()},
                             {"disk_bytes", bytes},
                             {"disk_free_bytes", free}});
    context.text() << pairs.size() << " pairs, about " << durationText(secs) << ", "
                   << bytesText(peakMemoryBytes()) << " of memory and " << bytesText(bytes)
                   << " of disk (" << bytesText(free) << " are free). Nothing was written.\n";
}

const char* whatToDoNext(PairLayout layout) {
    return layout == PairLayout::Sintel
               ? "Pack its folders clean and final with the bundler that comes with Sintel.\n"
               : "Pack its folder flow as a zip.\n";
}

}  // namespace

void writeFlowSubmission(CommandContext& context, const FlowSubmission& submission) {
    const std::vector<FlowTestPair> pairs = findTestPairs(submission.root, submission.layout);
    InferenceEngine* engine =
        flowProvider(submission.method).needsEngine ? &context.engine() : nullptr;
    if (context.dryRun()) {
        predict(context, submission, pairs, engine);
        return;
    }
    ExportFolder folder(submission.folder, plannedManifest(context, submission, engine), {},
                        context.overwrite() ? ExistingFiles::Replace : ExistingFiles::KeepOrRefuse);
    SubmissionRun run(context, submission, pairs, engine);
    const auto start = Clock::now();
    try {
        run.run(folder);
    } catch (...) {
        folder.finish(ExportFolder::Ending::Stopped);
        throw;
    }
    folder.finish(ExportFolder::Ending::Complete);
    if (run.clampedVectors() > 0) {
        context.warn(std::to_string(run.clampedVectors()) +
                     " vectors exceeded the range of KITTI's files and were cut to 512 px");
    }
    const double secs = std::chrono::duration<double>(Clock::now() - start).count();
    context.emit("summary", {{"method", submission.method},
                             {"pairs", pairs.size()},
                             {"kept", run.kept()},
                             {"clamped_vectors", run.clampedVectors()},
                             {"folder", submission.folder.string()},
                             {"secs", secs}});
    context.text() << pairs.size() << " files of flow in " << submission.folder.string() << ", "
                   << durationText(secs) << ". " << whatToDoNext(submission.layout);
}

}  // namespace mcj
