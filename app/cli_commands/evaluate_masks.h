#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/cli_commands/evaluation_split.h"
#include "segmentation/mask_formats/mask_picture.h"

namespace mcj {

class CommandContext;

/// The meaning of the labels of the truth, and which sequences are scored.
struct MaskTruthOptions {
    std::vector<std::string> classSequences{"camvid*"};  ///< names; * matches any characters
    int classVoid = 11;                                  ///< CamVid's "unlabelled"
    std::vector<std::string> only;                       ///< empty: all
    std::optional<EvaluationHalf> split;                 ///< none: all
    MaskReading reading;                                 ///< of true masks and results
};

/// `mcjepa evaluate masks`: scores masks on disk.
struct MaskEvaluation {
    std::string results;
    std::string truth;
    MaskTruthOptions labels;
};

/// Sequences whose truth does not cover every frame are reported and left out of the score. Throws
/// `Error{Input}` where a sequence with full truth has no results.
void evaluateMasks(CommandContext& context, const MaskEvaluation& request);

}  // namespace mcj
