#pragma once

#include <QImage>
#include <array>
#include <cstdint>
#include <vector>

#include "media/base/flow_field.h"
#include "media/base/frame.h"
#include "media/base/scalar_map.h"
#include "segmentation/mask.h"
#include "viewer/session/layer.h"

namespace mcj {

class Session;

/// What a picture of a frame is made of: shared pixels, which nobody changes any more, and copies
/// of the settings. A value that any thread may read, whatever the session goes on to show.
struct FramePicture {
    struct Part {
        Layer layer;
        FlowPtr flow;  ///< of the flow's layer; null where it is not computed, as are the others
        ScalarMapPtr map;  ///< of a scalar layer
        MaskPtr mask;      ///< of the masks' layer
    };

    FramePtr frame;                                          ///< null: there is nothing to draw
    std::vector<Part> parts;                                 ///< the visible layers, bottom first
    std::array<std::array<std::uint8_t, 4>, 256> palette{};  ///< see MaskEditor::palette
};

/// The shown frame as it stands now. Copies no pixels, but for the mask of a stroke that is under
/// way. GUI thread.
[[nodiscard]] FramePicture pictureOfShownFrame(const Session& session);

/// The frame with its layers in the video's own pixels, computed on the CPU by the same rules as on
/// the canvas, with a legend below; RGB888. Lines and stripes of masks are as wide in the video's
/// pixels as they are in the screen's there. Null without a frame. Any thread: a 1080p picture with
/// flow takes longer than a frame of the screen.
[[nodiscard]] QImage renderPicture(const FramePicture& picture);

}  // namespace mcj
