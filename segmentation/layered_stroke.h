#pragma once

#include "segmentation/layered_mask.h"

namespace mcj {

/// A brush stroke on a mask whose objects overlap. Each pixel is drawn on once, however often the
/// stroke passes it: an eraser takes only what was on top when the stroke began.
class LayeredStroke {
public:
    /// `action`: `Paint` gives pixels to `object`; `EraseAll` takes what is on top.
    LayeredStroke(const LayeredMask& before, BrushAction action, ObjectId object,
                  const DrawingRules& rules);

    /// Draws a segment as `paintSegment` and shows it in `shown`, which was made as a copy of the
    /// top of the mask from before; returns the box of the pixels that changed there.
    BoxPx extend(Mask& shown, PointF from, PointF to, float radiusPx);
    /// The mask after the stroke so far.
    [[nodiscard]] LayeredMask drawn() const;

private:
    LayeredMask mask_;
    Mask touched_;  ///< 0: not yet, 1: by the newest segment, 2: drawn
    Brush brush_;   ///< of `touched_`
    BrushAction action_;
    ObjectId object_;
    DrawingRules rules_;
};

}  // namespace mcj
