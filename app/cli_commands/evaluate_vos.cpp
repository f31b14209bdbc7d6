#include "app/cli_commands/evaluate_vos.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/mask_score_table.h"
#include "app/cli_commands/sequence_choice.h"
#include "app/cli_commands/sequence_walk.h"
#include "app/cli_commands/text_layout.h"
#include "app/cli_commands/video_opening.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// The resolution of the official figures.
constexpr const char* kOfficialResolution = "480p";

constexpr const char* kAnewHint = "Pass --overwrite to write all masks again.";

std::vector<PropagationMethod> parseMethods(const std::vector<std::string>& names) {
    std::vector<PropagationMethod> methods;
    for (const std::string& name : names) {
        const PropagationMethod method = parsePropagationMethod(name);
        if (std::find(methods.begin(), methods.end(), method) == methods.end()) {
            methods.push_back(method);
        }
    }
    return methods;
}

/// The list of sequences that --set names.
fs::path setFile(const fs::path& root, const std::string& set) {
    if (set.empty()) return {};
    std::error_code ignored;
    const fs::path listed = root / "ImageSets" / "2017" / (set + ".txt");
    for (const fs::path& file : {listed, fs::path(set)}) {
        if (fs::is_regular_file(file, ignored)) return file;
    }
    throw Error(
        ErrorCode::Input, "the set " + set + " was not found: looked for " + listed.string(),
        "Give a set of DAVIS 2017, such as val or train, or a file with one sequence per line.");
}

std::vector<SequenceLayout> davisSequences(CommandContext& context, const VosEvaluation& request) {
    const fs::path root = request.davis;
    for (const char* folder : {"JPEGImages", "Annotations"}) {
        std::error_code ignored;
        if (fs::is_directory(root / folder, ignored)) continue;
        throw Error(
            ErrorCode::Input, "the folder " + (root / folder).string() + " does not exist",
            "DAVIS has JPEGImages/480p/NAME and Annotations/480p/NAME: give the folder above "
            "them, or use --sequences for folders with frames/ and masks/.");
    }
    std::vector<SequenceLayout> sequences = discoverSequences(root, setFile(root, request.set));
    const std::string resolution = sequences.front().framesFolder.parent_path().filename().string();
    if (resolution != kOfficialResolution) {
        context.warn("the frames are " + resolution + ", but official results are for " +
                     kOfficialResolution);
    }
    return sequences;
}

std::vector<SequenceLayout> sequencesOf(CommandContext& context, const VosEvaluation& request) {
    if (request.davis.empty() && request.sequences.empty()) {
        throw Error(ErrorCode::Usage, "no sequences were given",
                    "Give a folder with --davis or --sequences.");
    }
    return chosenSequences(context,
                           request.davis.empty() ? discoverSequences(request.sequences)
                                                 : davisSequences(context, request),
                           request.labels);
}

fs::path outputFolder(CommandContext& context, const VosEvaluation& request,
                      PropagationMethod method, const std::string& sequence) {
    if (request.output.empty()) return {};
    const fs::path folder = fs::path(request.output) / propagationMethodName(method) / sequence;
    std::error_code failed;
    if (fs::exists(folder, failed) && !fs::is_empty(folder, failed) && !context.overwrite()) {
        throw Error(ErrorCode::Usage, folder.string() + " already contains files",
                    "Choose another folder with -o, or pass --overwrite.");
    }
    fs::create_directories(folder, failed);
    if (failed) {
        throw Error(ErrorCode::Input,
                    "cannot create the folder " + folder.string() + ": " + failed.message(),
                    "Choose a writable folder with -o.");
    }
    return folder;
}

class VosRun {
public:
    VosRun(CommandContext& context, const VosEvaluation& request)
        : context_(context), request_(request) {}

    /// The score if every frame has truth.
    std::optional<SequenceScore> run(PropagationMethod method, const SequenceLayout& layout) {
        const fs::path folder = outputFolder(context_, request_, method, layout.name);
        const auto frames = static_cast<FrameIndex>(layout.frames.size());
        const MaskScoreOptions scoring = scoreOptionsOf(request_.labels, layout.name);
        const GivenMasks given(layout.masks, scoring.voidLabel, request_.labels.reading);
        std::optional<SequenceScorer> scorer;
        if (layout.fullTruth()) scorer.emplace(scoring);
        const Progress progress =
            context_.progress(propagationMethodName(method) + " " + layout.name);
        walk(method, layout, given, frames, [&](FrameIndex frame, const MaskPtr& mask) {
            progress(frame, frames);
            context_.throwIfStopped(folder.empty() ? "" : kAnewHint);
            if (!folder.empty()) writeDavisMask(folder / davisFileName(frame), *mask);
            if (scorer) scorer->add(*mask, given.truth(frame));
        });
        progress(frames, frames);
        if (!scorer) return std::nullopt;
        return scorer->finish();
    }

    /// Seconds that a step of `method` takes on `layout`.
    double secsAStep(PropagationMethod method, const SequenceLayout& layout) {
        constexpr FrameIndex kTried = 3;
        const GivenMasks given(layout.masks, kVoid, request_.labels.reading);
        const FrameIndex end = std::min<FrameIndex>(given.firstFrame() + kTried,
                                                    static_cast<FrameIndex>(layout.frames.size()));
        Clock::time_point last = Clock::now();
        double secs = 0.0;
        walk(method, layout, given, end, [&](FrameIndex, const MaskPtr&) {
            secs = std::chrono::duration<double>(Clock::now() - last).count();
            last = Clock::now();
        });
        return secs;
    }

private:
    void walk(PropagationMethod method, const SequenceLayout& layout, const GivenMasks& given,
              FrameIndex end, const std::function<void(FrameIndex, const MaskPtr&)>& onMask) {
        const auto source = openSource(layout.framesFolder.string());
        // With truth on every frame only the first mask is used.
        walkSequence(*source, given, layout.fullTruth() ? LaterMasks::Ignore : LaterMasks::Join,
                     {method, request_.protocol},
                     needsEngine(method) ? &context_.engine() : nullptr, end, onMask);
    }

    CommandContext& context_;
    const VosEvaluation& request_;
};

void predict(CommandContext& context, const VosEvaluation& request,
             const std::vector<PropagationMethod>& methods,
             const std::vector<SequenceLayout>& sequences) {
    std::size_t frames = 0;
    for (const SequenceLayout& sequence : sequences) frames += sequence.frames.size();
    VosRun run(context, request);
    double secs = 0.0;
    for (const PropagationMethod method : methods) {
        secs += run.secsAStep(method, sequences.front()) * static_cast<double>(frames);
    }
    context.emit("summary", {{"dry_run", true},
                             {"sequences", sequences.size()},
                             {"frames", frames * methods.size()},
                             {"secs", secs},
                             {"memory_bytes", peakMemoryBytes()}});
    context.text() << sequences.size() << " sequences, " << frames << " frames, " << methods.size()
                   << " methods, about " << durationText(secs) << " and "
                   << bytesText(peakMemoryBytes()) << " of memory. Nothing was written.\n";
}

}  // namespace

void evaluateVos(CommandContext& context, const VosEvaluation& request) {
    const std::vector<PropagationMethod> methods = parseMethods(request.methods);
    const std::vector<SequenceLayout> sequences = sequencesOf(context, request);
    if (context.dryRun()) {
        predict(context, request, methods, sequences);
        return;
    }
    MaskScoreTable table(context);
    VosRun run(context, request);
    for (const PropagationMethod method : methods) {
        const std::string name = propagationMethodName(method);
        if (method == PropagationMethod::Studio || method == PropagationMethod::Features ||
            method == PropagationMethod::Both) {
            table.describe(name, request.protocol);
        }
        for (const SequenceLayout& sequence : sequences) {
            if (!sequence.fullTruth() && request.output.empty()) {
                context.info(sequence.name +
                             " is left out: its ground truth does not cover every frame");
                continue;
            }
            if (const auto score = run.run(method, sequence)) {
                table.add(name, sequence.name, *score);
            } else {
                context.info(sequence.name +
                             " is not scored: its ground truth does not cover every frame");
            }
        }
    }
    context.endProgress();
    if (table.empty() && !request.output.empty()) {
        // Without any truth, as in test-dev, the masks themselves are the result.
        context.emit("summary", {{"sequences", 0}, {"objects", 0}, {"folder", request.output}});
        context.text() << "Masks of " << sequences.size() << " sequences are in " << request.output
                       << "; none has ground truth to be scored against.\n";
        return;
    }
    requireScores(table, request.davis.empty() ? request.sequences : request.davis);
    table.finish();
}

}  // namespace mcj
