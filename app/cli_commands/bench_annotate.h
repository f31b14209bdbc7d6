#pragma once

#include <string>
#include <vector>

#include "app/cli_commands/evaluate_masks.h"
#include "app/cli_commands/flow_choice.h"

namespace mcj {

/// `mcjepa bench annotate`: how many frames a person has to touch.
struct AnnotateBench {
    std::string sequences;
    std::vector<std::string> pickers{"curve", "uniform", "oracle"};
    std::string method = "studio";  ///< of propagation
    FlowChoice flow;                ///< of the review
    bool flowGiven = false;
    int level = 3;
    int maxTouches = 10;
    double target = 90.0;  ///< J&F in percent
    std::string output;    ///< empty: no tables are written
    MaskTruthOptions labels;
};

/// Sequences whose truth does not cover every frame are left out and named. A stopped run keeps the
/// tables of finished sequences. Throws `Error{Input}` where no sequence is left.
void benchAnnotate(CommandContext& context, const AnnotateBench& request);

}  // namespace mcj
