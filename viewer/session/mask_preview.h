#pragma once

#include <QString>
#include <vector>

#include "media/base/frame.h"
#include "segmentation/packed_mask.h"

namespace mcj {

/// A change of masks that is shown before it is made (`MaskEditor::showPreview`). A value; any
/// thread may make one.
struct MaskPreview {
    struct Frame {
        FrameIndex frame = 0;
        PackedMaskPtr before;  ///< the frame's mask that the change was made from; null: none
        PackedMaskPtr after;   ///< never null
    };
    enum class Facts {
        Drawn,  ///< as drawn by hand: propagation starts from the frames
        Kept,   ///< the facts of a mask stay; a mask that becomes blank is removed
    };

    QString text;         ///< of the edit: "Clean object 2"
    ObjectId object = 1;  ///< the object that it changes
    Facts facts = Facts::Drawn;
    std::vector<Frame> frames;  ///< those that differ, ascending
};

}  // namespace mcj
