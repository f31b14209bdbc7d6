#pragma once

#include <string>
#include <vector>

#include "app/cli_commands/evaluate_masks.h"
#include "inference/engine/inference_engine.h"

namespace mcj {

/// `mcjepa evaluate vos`: propagates the first mask of each sequence, then scores.
struct VosEvaluation {
    std::string sequences;  ///< --sequences; exactly one of the two is given
    std::string davis;
    std::string set;  ///< of DAVIS: a name below ImageSets/2017, or a file; empty: val
    std::vector<std::string> methods{"features", "flow", "both", "dis-flow", "identity"};
    std::string output;  ///< empty: masks are not kept
    /// For `studio`, `features` and `both`. The defaults are DINO's (eval_video_segmentation.py),
    /// except for the second level and the pictures' size: they are padded to multiples of 64 px,
    /// where DINO resizes.
    LabelPropagationOptions protocol;
    MaskTruthOptions labels;
};

/// Sequences whose truth does not cover every frame are run if masks are written, and never scored.
/// Throws `Error{Input}` that names the folder where the layout is wrong.
void evaluateVos(CommandContext& context, const VosEvaluation& request);

}  // namespace mcj
