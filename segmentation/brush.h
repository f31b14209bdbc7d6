#pragma once

#include "segmentation/mask.h"

namespace mcj {

enum class BrushAction {
    Paint,        ///< pixels become `Brush::object`
    EraseObject,  ///< pixels of `Brush::object` become background
    EraseAll,     ///< every pixel becomes background
};

/// A round brush. A pixel is hit when its centre is at most `radiusPx` from the stroke.
struct Brush {
    BrushAction action = BrushAction::Paint;
    ObjectId object = 1;
    float radiusPx = 8.0F;  ///< pixels of the mask; 0.5 draws single pixels
    ObjectSet locked;       ///< pixels that carry one of these labels keep it
};

/// Draws the segment `from`..`to` (pixel centres are integers) and returns the box of the pixels
/// that changed. Parts outside the mask are cut off; NaN or infinite points draw nothing.
BoxPx paintSegment(Mask& mask, PointF from, PointF to, const Brush& brush);

/// Gives the 4-connected area that carries the label at `seed` the label `object`; returns the box
/// of the change, which is empty where the seed is outside, locked, or has that label already.
BoxPx floodFill(Mask& mask, PointPx seed, ObjectId object, const ObjectSet& locked = {});

/// The smallest box that contains both; an empty box is ignored.
[[nodiscard]] BoxPx unite(BoxPx first, BoxPx second);

}  // namespace mcj
