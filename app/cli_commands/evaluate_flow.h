#pragma once

#include <string>
#include <vector>

namespace mcj {

class CommandContext;

/// `mcjepa evaluate flow`.
struct FlowEvaluation {
    std::string folders;  ///< --pairs; exactly one of the three is given
    std::string sintel;
    std::string kitti;
    std::vector<std::string> methods{"model", "dis", "farneback", "zero"};
};

/// Scores every method on every pair below the root, and averages: arithmetic, and, because a few
/// pairs with long motion dominate those, the geometric mean of the EPE's ratio to that of zero
/// motion and to that of DIS. Pairs without motion have no ratio and are left out of it.
void evaluateFlow(CommandContext& context, const FlowEvaluation& request);

}  // namespace mcj
