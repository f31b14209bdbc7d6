#pragma once

#include <string>

#include "app/cli_commands/evaluate_masks.h"

namespace mcj {

class CommandContext;

/// `mcjepa evaluate similarity`: how well a click finds the object that was clicked.
struct SimilarityEvaluation {
    std::string sequences;  ///< folders with frames/ and masks/, with truth on every frame
    int level = 3;
    int clicks = 8;  ///< per object
    MaskTruthOptions labels;
};

/// Clicks are pixels of an object of the first true mask, drawn uniformly with the common --seed
/// and the names of sequence and object. For each click the pixels of a frame are ranked by the
/// cosine to the clicked feature. The average precision of the object's pixels is computed in the
/// first frame and in the frames 1, 5, 10, 20 and 40 after it, if they exist and contain the
/// object. Void pixels do not count. Means: over the clicks of an object (later frames: over clicks
/// and frames), over the objects of a sequence, over sequences.
void evaluateSimilarity(CommandContext& context, const SimilarityEvaluation& request);

}  // namespace mcj
