#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/cli_commands/evaluation_split.h"

namespace mcj {

class CommandContext;

/// `mcjepa evaluate flow`.
struct FlowEvaluation {
    std::string folders;  ///< --pairs; exactly one of the three is given
    std::string sintel;
    std::string kitti;
    std::vector<std::string> methods;     ///< empty: all four, or the model alone for a submission
    std::vector<std::string> only;        ///< names of pairs, * matches any characters; empty: all
    std::optional<EvaluationHalf> split;  ///< none: all pairs, whichever half they are in
    std::string submission;  ///< empty: score; else the folder for flow of the test part
};

/// Scores every method on every pair below the root, and averages as the layout's own evaluation
/// does. Because a few pairs with long motion dominate those means, it also computes the geometric
/// mean of the EPE's ratio to that of zero motion and to that of DIS. Pairs without motion have no
/// ratio and are left out of it. With a submission, one method's flow of the test part is written
/// instead.
void evaluateFlow(CommandContext& context, const FlowEvaluation& request);

}  // namespace mcj
