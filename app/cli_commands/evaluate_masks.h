#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/cli_commands/evaluation_split.h"
#include "segmentation/mask_formats/mask_picture.h"

namespace mcj {

class CommandContext;

/// What the labels of the truth stand for, and which sequences count.
struct MaskTruthOptions {
    std::vector<std::string> classSequences{"camvid*"};  ///< names; * stands for any characters
    int classVoid = 11;                                  ///< CamVid's "unlabelled"
    std::vector<std::string> only;                       ///< empty: all
    std::optional<EvaluationHalf> split;                 ///< nothing: all
    MaskReading reading;                                 ///< of true masks and results
};

/// `mcjepa evaluate masks`: scores what lies on disk.
struct MaskEvaluation {
    std::string results;
    std::string truth;
    MaskTruthOptions labels;
};

/// Sequences whose truth does not cover every frame are named and left out of the score. Throws
/// `Error{Input}` where a sequence with full truth has no results.
void evaluateMasks(CommandContext& context, const MaskEvaluation& request);

}  // namespace mcj
