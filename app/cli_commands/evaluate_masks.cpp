#include "app/cli_commands/evaluate_masks.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <ostream>
#include <set>

#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/mask_score_table.h"
#include "app/cli_commands/sequence_choice.h"
#include "inference/engine/inference_engine.h"
#include "media/io/frame_source.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_propagator.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

std::map<std::string, std::size_t> byStem(const std::vector<fs::path>& files) {
    std::map<std::string, std::size_t> index;
    for (std::size_t i = 0; i < files.size(); ++i) index[files[i].stem().string()] = i;
    return index;
}

/// Why the results of a sequence cannot be scored; empty where they can.
std::string reasonNotToScore(const TruthSequence& truth, const std::vector<fs::path>& results) {
    if (!truth.everyFrame) return "its truth does not cover every frame";
    const auto known = byStem(truth.masks);
    const bool beyond = std::any_of(results.begin(), results.end(), [&](const fs::path& file) {
        return !known.contains(file.stem().string());
    });
    return beyond ? "there are results for frames without truth" : "";
}

SequenceScore scoreOnDisk(const TruthSequence& truth, const std::vector<fs::path>& results,
                          const MaskScoreOptions& options) {
    const auto indexOf = byStem(results);
    const MaskFolder truthMasks(truth.masks);
    const MaskFolder resultMasks(results);
    SequenceScorer scorer(options);
    for (std::size_t i = 0; i < truth.masks.size(); ++i) {
        const std::string stem = truth.masks[i].stem().string();
        const auto found = indexOf.find(stem);
        if (found == indexOf.end()) {
            throw Error(ErrorCode::Input,
                        "sequence " + truth.name + ": no result for frame " + stem,
                        "Every frame that has truth needs a result of the same name.");
        }
        try {
            scorer.add(resultMasks.read(found->second), truthMasks.read(i));
        } catch (const Error& error) {
            throw Error(error.code(), "sequence " + truth.name + ", frame " + stem + ": " +
                        error.what(), error.hint());
        }
    }
    return scorer.finish();
}

/// The mask as a propagation starts from it: the label without meaning becomes void.
Mask withVoid(Mask mask, const MaskScoreOptions& options) {
    if (options.voidLabel == kVoid) return mask;
    for (std::uint8_t& label : mask.labels.values()) {
        if (label == options.voidLabel) label = kVoid;
    }
    return mask;
}

std::vector<fs::path> pathsOf(const std::vector<FrameMaskFile>& masks) {
    std::vector<fs::path> paths;
    for (const FrameMaskFile& mask : masks) paths.push_back(mask.path);
    return paths;
}

/// One sequence by one method, frame by frame.
class SequenceRun {
public:
    SequenceRun(CommandContext& context, const SequenceLayout& layout,
                const MaskScoreOptions& scoring)
        : context_(context), layout_(layout), scoring_(scoring),
          source_(openSource(layout.framesFolder.string())), masks_(pathsOf(layout.masks)) {}

    /// The score where there is truth on every frame. `folder`: where masks are written, or empty.
    std::optional<SequenceScore> run(PropagationMethod method, const fs::path& folder,
                                     const Progress& progress) {
        const auto frames = static_cast<FrameIndex>(layout_.frames.size());
        MaskPropagator propagator({method, {}},
                                  [this](FrameIndex index) { return source_->read(index); },
                                  needsEngine(method) ? &context_.engine() : nullptr);
        std::optional<SequenceScorer> scorer;
        if (layout_.fullTruth()) scorer.emplace(scoring_);
        for (FrameIndex frame = 0; frame < frames; ++frame) {
            progress(frame, frames);
            context_.throwIfStopped();
            const MaskPtr mask = maskOf(propagator, frame);
            if (!mask) continue;  // nothing is known before the first mask
            if (!folder.empty()) writeDavisMask(folder / davisFileName(frame), *mask);
            if (scorer) scorer->add(*mask, masks_.read(static_cast<std::size_t>(frame)));
        }
        progress(frames, frames);
        if (!scorer) return std::nullopt;
        return scorer->finish();
    }

private:
    /// Given masks: the first starts the run, and where truth is partial later ones join it. With
    /// truth on every frame only the first is looked at.
    MaskPtr maskOf(MaskPropagator& propagator, FrameIndex frame) {
        const auto given = std::find_if(layout_.masks.begin(), layout_.masks.end(),
                                        [&](const auto& mask) { return mask.frame == frame; });
        const auto index = static_cast<std::size_t>(given - layout_.masks.begin());
        if (index == 0) {
            const auto mask =
                std::make_shared<const Mask>(withVoid(masks_.read(index), scoring_));
            propagator.condition(frame, mask);
            return mask;
        }
        if (frame < layout_.masks.front().frame) return nullptr;
        if (given == layout_.masks.end() || layout_.fullTruth()) return propagator.step(frame).mask;
        return propagator
            .join(frame, std::make_shared<const Mask>(withVoid(masks_.read(index), scoring_)))
            .mask;
    }

    CommandContext& context_;
    const SequenceLayout& layout_;
    MaskScoreOptions scoring_;
    std::unique_ptr<FrameSource> source_;
    MaskFolder masks_;
};

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

fs::path outputFolder(CommandContext& context, const VosEvaluation& request,
                      PropagationMethod method, const std::string& sequence) {
    if (request.output.empty()) return {};
    const fs::path folder = fs::path(request.output) / propagationMethodName(method) / sequence;
    std::error_code failed;
    if (fs::exists(folder, failed) && !fs::is_empty(folder, failed) && !context.overwrite()) {
        throw Error(ErrorCode::Usage, folder.string() + " already holds files",
                    "Name another folder with -o, or pass --overwrite.");
    }
    fs::create_directories(folder, failed);
    if (failed) {
        throw Error(ErrorCode::Input,
                    "cannot create the folder " + folder.string() + ": " + failed.message(),
                    "Name a folder that can be written with -o.");
    }
    return folder;
}

void requireSomething(const MaskScoreTable& table, const std::string& where) {
    if (!table.empty()) return;
    throw Error(ErrorCode::Input, "no sequence in " + where + " can be scored",
                "A sequence needs truth on every frame; see --only for the choice of sequences.");
}

}  // namespace

void evaluateMasks(CommandContext& context, const MaskEvaluation& request) {
    std::vector<TruthSequence> sequences = findTruth(request.truth);
    const Company company = sequences.size() == 1 ? Company::Alone : Company::OneOfSeveral;
    std::erase_if(sequences, [&](const TruthSequence& sequence) {
        return !isChosen(request.labels, sequence.name);
    });
    if (context.dryRun()) {
        context.emit("summary", {{"dry_run", true}, {"sequences", sequences.size()}});
        context.text() << sequences.size() << " sequences. Nothing is written by this command.\n";
        return;
    }
    MaskScoreTable table(context);
    const Progress progress = context.progress("scoring");
    for (std::size_t i = 0; i < sequences.size(); ++i) {
        progress(static_cast<std::int64_t>(i), static_cast<std::int64_t>(sequences.size()));
        context.throwIfStopped();
        const TruthSequence& truth = sequences[i];
        const auto results = findResults(request.results, truth.name, company);
        if (const std::string reason = reasonNotToScore(truth, results); !reason.empty()) {
            context.info(truth.name + " is not scored: " + reason);
            continue;
        }
        if (results.empty()) {
            throw Error(ErrorCode::Input,
                        "no results for sequence " + truth.name + " in " + request.results,
                        "Put its PNGs into " + (fs::path(request.results) / truth.name).string() +
                            ", or name the sequences to score with --only.");
        }
        table.add("masks", truth.name,
                  scoreOnDisk(truth, results, scoreOptionsOf(request.labels, truth.name)));
    }
    context.endProgress();
    requireSomething(table, request.truth);
    table.finish();
}

void evaluateVos(CommandContext& context, const VosEvaluation& request) {
    if (request.root.empty()) {
        throw Error(ErrorCode::Usage, "no sequences were named",
                    "Name a folder with --sequences or --davis.");
    }
    const std::vector<PropagationMethod> methods = parseMethods(request.methods);
    std::vector<SequenceLayout> sequences = discoverSequences(request.root);
    std::erase_if(sequences, [&](const SequenceLayout& sequence) {
        return !isChosen(request.labels, sequence.name);
    });
    if (context.dryRun()) {
        std::size_t frames = 0;
        for (const SequenceLayout& sequence : sequences) frames += sequence.frames.size();
        context.emit("summary", {{"dry_run", true},
                                 {"sequences", sequences.size()},
                                 {"frames", frames * methods.size()}});
        context.text() << sequences.size() << " sequences, " << frames << " frames, "
                       << methods.size() << " methods. Nothing was written.\n";
        return;
    }
    MaskScoreTable table(context);
    for (const PropagationMethod method : methods) {
        for (const SequenceLayout& sequence : sequences) {
            if (!sequence.fullTruth() && request.output.empty()) {
                context.info(sequence.name + " is left out: its truth does not cover every frame");
                continue;
            }
            const std::string name = propagationMethodName(method);
            SequenceRun run(context, sequence, scoreOptionsOf(request.labels, sequence.name));
            const auto score =
                run.run(method, outputFolder(context, request, method, sequence.name),
                        context.progress(name + " " + sequence.name));
            if (score) {
                table.add(name, sequence.name, *score);
            } else {
                context.info(sequence.name + " is not scored: its truth does not cover every frame");
            }
        }
    }
    context.endProgress();
    requireSomething(table, request.root);
    table.finish();
}

}  // namespace mcj
