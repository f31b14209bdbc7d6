#include "app/cli_commands/evaluate_masks.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/mask_score_table.h"
#include "app/cli_commands/sequence_choice.h"
#include "segmentation/mask_formats/davis.h"

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
            throw Error(error.code(),
                        "sequence " + truth.name + ", frame " + stem + ": " + error.what(),
                        error.hint());
        }
    }
    return scorer.finish();
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
    requireScores(table, request.truth);
    table.finish();
}

}  // namespace mcj
