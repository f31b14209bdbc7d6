#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "inference/analysis/product.h"
#include "media/base/flow_field.h"
#include "media/base/frame.h"
#include "media/base/scalar_map.h"
#include "media/figure/figure_sheet.h"
#include "segmentation/mask.h"
#include "viewer/session/layer.h"

namespace mcj {

class Session;
class View;

/// The content of a picture of a frame: shared immutable pixels and copies of the settings. A value
/// that any thread may read while the session changes.
struct FramePicture {
    struct Part {
        Layer layer;
        std::string title;  ///< in the legend
        std::string unit;   ///< likewise
        FlowPtr flow;       ///< of a flow layer or arrows; null if not computed, as are the others
        StreamlinesPtr streamlines;  ///< of such a layer, as long as it wants them
        ScalarMapPtr map;            ///< of a scalar layer
        RgbPtr colors;               ///< of a layer of colours
        MaskPtr mask;                ///< of the mask layer
        MaskPtr covered;             ///< what lies below it; null for nothing, or if not shown
    };

    FramePtr frame;                                          ///< null: nothing to draw
    std::vector<Part> parts;                                 ///< the visible layers, bottom first
    std::array<std::array<std::uint8_t, 4>, 256> palette{};  ///< see MaskEditor::palette
};

/// The content of the frame of the active view now. Copies no pixels, except the mask of an
/// unfinished stroke. GUI thread.
[[nodiscard]] FramePicture pictureOfShownFrame(const Session& session);
/// The same of one of the session's views.
[[nodiscard]] FramePicture pictureOfView(const Session& session, const View& view);

/// The frame with its layers at the video's resolution, computed on the CPU by the same rules as on
/// the canvas, with a legend below. Lines and stripes of masks have the same width in video pixels
/// as on the canvas in screen pixels. Empty without a frame. Any thread: a 1080p picture with flow
/// takes longer than one screen refresh.
[[nodiscard]] FigureSheet sheetOf(const FramePicture& picture);

}  // namespace mcj
