#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace mcj {

class CommandContext;

/// The halves of the evaluation data that docs/selection.md writes down: models, settings and
/// stages are chosen on one and reported on the other.
enum class EvaluationHalf { Selection, Report };

/// What the halves consist of.
enum class SplitItems { FlowPairs, MaskSequences };

/// The half that a pair or sequence belongs to, by the last part of its name ("flow/chairs3" is
/// "chairs3"); nothing where it is in neither.
[[nodiscard]] std::optional<EvaluationHalf> halfOf(SplitItems items, const std::string& name);

/// The names of one half, in the order of docs/selection.md.
[[nodiscard]] std::vector<std::string> namesOfHalf(SplitItems items, EvaluationHalf half);

/// "selection" or "report"
[[nodiscard]] std::string halfName(EvaluationHalf half);

/// `--split selection|report`
void addSplitOption(CLI::App& command, std::optional<EvaluationHalf>& half);

/// What a choice by half left out, and what it did not find.
struct SplitFindings {
    std::vector<std::string> inNeither;  ///< names that were there
    std::vector<std::string> missing;    ///< of the half, but not there
};

/// Judges the names that are there.
[[nodiscard]] SplitFindings judgeSplit(SplitItems items, EvaluationHalf half,
                                       const std::vector<std::string>& names);

/// Says on standard error and, with --json, as an event "split" which half is evaluated and what
/// `judgeSplit` found. Throws `Error{Usage}` where none of the half is there.
void tellSplit(CommandContext& context, SplitItems items, EvaluationHalf half,
               const std::vector<std::string>& names);

}  // namespace mcj
