#pragma once

#include "segmentation/mask.h"

namespace mcj {

/// Four times the median, over the pixels of `object`, of the distance to its outline, in pixels:
/// about its width for a bar, and about 1.2 times its radius for a disk. 0 if the object has no
/// pixel, and at most the picture's shorter side. What lies outside the picture does not count as
/// outside the object, so an object that is cut off by the border is not thinner there.
[[nodiscard]] float thicknessPx(const Mask& mask, ObjectId object);

/// The distance of every pixel to the nearest pixel that has a neighbour (right, below, left or
/// above) of another label, H x W x 1, in pixels; a large number if all labels are the same.
[[nodiscard]] Raster<float> outlineDistancePx(const Mask& mask);

struct SpeckOptions {
    /// A component is removed if it is smaller than both limits. The share spares small parts of a
    /// small object, and the area spares large parts of a large one that something covers in part.
    float share = 0.02F;  ///< of the object's largest component
    int areaPx = 400;     ///< a square of 20 px, two and a half cells of stride 8
};

/// Turns the small components (8 neighbours) of every object into background. Returns whether
/// anything was removed. The largest component of an object always stays.
bool removeSpecks(Mask& mask, const SpeckOptions& options);

/// Gives `object` its holes of fewer than `leastPx` pixels, then turns its components (8
/// neighbours) of fewer than `leastPx` pixels into background; the largest one always stays. A hole
/// is background (4 neighbours) that the object encloses: it neither touches the border of the
/// picture nor holds another object or void. Returns whether anything changed.
bool cleanUp(Mask& mask, ObjectId object, int leastPx);

}  // namespace mcj
