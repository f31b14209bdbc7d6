#include "app/cli_commands/evaluate_masks.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/mask_score_table.h"
#include "app/cli_commands/sequence_choice.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_formats/mask_folder.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// The results in the order of the truth.
class MatchedResults {
public:
    /// Throws `Error{Input}` where two results belong to one frame.
    MatchedResults(const TruthSequence& truth, const std::vector<fs::path>& results)
        : ofFrame_(truth.masks.size()) {
        const FrameNames names(truth.masks);
        for (std::size_t i = 0; i < results.size(); ++i) {
            const auto frame = names.find(results[i]);
            if (!frame) {
                beyondTruth_ = true;
                continue;
            }
            if (ofFrame_[*frame]) {
                throw Error(ErrorCode::Input,
                            "sequence " + truth.name + ": the results " +
                                results[*ofFrame_[*frame]].string() + " and " +
                                results[i].string() + " belong to the same frame",
                            "Keep one result per frame.");
            }
            ofFrame_[*frame] = i;
        }
    }

    [[nodiscard]] bool beyondTruth() const noexcept { return beyondTruth_; }
    [[nodiscard]] std::optional<std::size_t> of(std::size_t frame) const {
        return ofFrame_.at(frame);
    }

private:
    std::vector<std::optional<std::size_t>> ofFrame_;
    bool beyondTruth_ = false;
};

/// Why the results of a sequence cannot be scored; empty if they can.
std::string reasonNotToScore(const TruthSequence& truth, const MatchedResults& matched) {
    if (!truth.everyFrame) return "its ground truth does not cover every frame";
    return matched.beyondTruth() ? "there are results for frames without ground truth" : "";
}

SequenceScore scoreOnDisk(const TruthSequence& truth, const std::vector<fs::path>& results,
                          const MatchedResults& matched, const MaskTruthOptions& labels) {
    const MaskFolder truthMasks(truth.masks, labels.reading);
    const MaskFolder resultMasks(results, labels.reading);
    SequenceScorer scorer(scoreOptionsOf(labels, truth.name));
    for (std::size_t i = 0; i < truth.masks.size(); ++i) {
        const std::string stem = truth.masks[i].stem().string();
        const auto result = matched.of(i);
        if (!result) {
            throw Error(ErrorCode::Input,
                        "sequence " + truth.name + ": no result for frame " + stem,
                        "Every frame with ground truth needs a result of the same name or number.");
        }
        try {
            scorer.add(resultMasks.read(*result), truthMasks.read(i), stem);
        } catch (const Error& error) {
            throw Error(error.code(), "sequence " + truth.name + ": " + error.what(), error.hint());
        }
    }
    return scorer.finish();
}

}  // namespace

void evaluateMasks(CommandContext& context, const MaskEvaluation& request) {
    std::vector<TruthSequence> sequences = findTruth(request.truth);
    const Company company = sequences.size() == 1 ? Company::Alone : Company::OneOfSeveral;
    if (request.labels.split) {
        std::vector<std::string> names;
        for (const TruthSequence& sequence : sequences) names.push_back(sequence.name);
        tellSplit(context, SplitItems::MaskSequences, *request.labels.split, names);
    }
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
        const MatchedResults matched(truth, results);
        if (const std::string reason = reasonNotToScore(truth, matched); !reason.empty()) {
            context.info(truth.name + " is not scored: " + reason);
            continue;
        }
        if (results.empty()) {
            throw Error(ErrorCode::Input,
                        "no results for sequence " + truth.name + " in " + request.results,
                        "Put the PNGs of this sequence into " +
                            (fs::path(request.results) / truth.name).string() +
                            ", or choose the sequences to score with --only.");
        }
        table.add("masks", truth.name, scoreOnDisk(truth, results, matched, request.labels));
    }
    context.endProgress();
    requireScores(table, request.truth);
    table.finish();
}

}  // namespace mcj
