#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace mcj {

class CommandContext;

/// The halves of the evaluation data (docs/selection.md): models, settings and stages are chosen on
/// one and reported on the other.
enum class EvaluationHalf { Selection, Report };

/// The kind of items in a half.
enum class SplitItems { FlowPairs, MaskSequences };

/// The half that a pair or sequence belongs to, by the last part of its name ("flow/chairs3" is
/// "chairs3"); none where it is in neither.
[[nodiscard]] std::optional<EvaluationHalf> halfOf(SplitItems items, const std::string& name);

/// The names of one half, in the order of docs/selection.md.
[[nodiscard]] std::vector<std::string> namesOfHalf(SplitItems items, EvaluationHalf half);

/// "selection" or "report"
[[nodiscard]] std::string halfName(EvaluationHalf half);

/// `--split selection|report`
void addSplitOption(CLI::App& command, std::optional<EvaluationHalf>& half);

/// The items that were left out by the choice of a half, and those that were not found.
struct SplitFindings {
    std::vector<std::string> inNeither;  ///< found, but in neither half
    std::vector<std::string> missing;    ///< of the half, but not found
};

/// Compares the existing names with the half.
[[nodiscard]] SplitFindings judgeSplit(SplitItems items, EvaluationHalf half,
                                       const std::vector<std::string>& names);

/// Reports which half is evaluated and the findings of `judgeSplit`, on standard error and, with
/// --json, as an event "split". Throws `Error{Usage}` where no item of the half exists.
void tellSplit(CommandContext& context, SplitItems items, EvaluationHalf half,
               const std::vector<std::string>& names);

}  // namespace mcj
