#pragma once

#include <string>
#include <vector>

#include "inference/engine/inference_engine.h"
#include "media/base/frame.h"
#include "segmentation/mask_formats/mask_picture.h"

namespace mcj {

class CommandContext;

/// `mcjepa figure masks`: a row a method, a column a frame, masks over the pictures; truth last
/// where it covers every frame.
struct MaskFigure {
    std::string video;  ///< a video, or a sequence: a folder with frames/ and masks/
    /// The first frame's mask as a PNG; or a folder of masks, one a frame; or a sequence. Empty:
    /// those of `video`, which then is a sequence.
    std::string mask;
    MaskReading reading;  ///< of those masks
    std::vector<std::string> methods{"features"};
    /// Frames to show, from 1: t = 1 is the given mask. Empty: the paper's 1, 10, 25 and 50, as far
    /// as the video goes.
    std::vector<FrameIndex> at;
    LabelPropagationOptions protocol;
    double opacity = 0.5;  ///< of the masks' colour
    int cellWidthPx = 320;
    std::string output;  ///< .svg or .png
};

/// Emits a "result" a row and a "summary". Throws `Error{Usage}` for a frame behind the end.
void drawMaskFigure(CommandContext& context, const MaskFigure& request);

}  // namespace mcj
