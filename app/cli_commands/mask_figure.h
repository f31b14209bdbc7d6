#pragma once

#include <string>
#include <vector>

#include "inference/engine/inference_engine.h"
#include "media/base/frame.h"
#include "segmentation/mask_formats/mask_picture.h"

namespace mcj {

class CommandContext;

/// `mcjepa figure masks`: one row per method, one column per frame, masks over the pictures; truth
/// last if it covers every frame.
struct MaskFigure {
    std::string video;  ///< a video, or a sequence: a folder with frames/ and masks/
    /// The first frame's mask as a PNG; or a folder of masks, one per frame; or a sequence. Empty:
    /// those of `video`, which must be a sequence.
    std::string mask;
    MaskReading reading;  ///< of those masks
    std::vector<std::string> methods{"features"};
    /// Frames to show; t = 1 is the given mask. Empty: the paper's 1, 10, 25 and 50, if the video
    /// has them.
    std::vector<FrameIndex> at;
    LabelPropagationOptions protocol;
    double opacity = 0.5;  ///< of the masks' colour
    int cellWidthPx = 320;
    std::string output;  ///< .svg, .pdf or .png
};

/// Emits one "result" per row and a "summary". Throws `Error{Usage}` for a frame after the end.
void drawMaskFigure(CommandContext& context, const MaskFigure& request);

}  // namespace mcj
