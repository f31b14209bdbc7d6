#pragma once

#include <span>
#include <vector>

#include "media/base/stop_token.h"
#include "segmentation/region.h"

namespace mcj {

/// A line that a user draws on what it marks.
struct Scribble {
    enum class Marks { Object, Background };
    Marks marks = Marks::Object;
    std::vector<PointF> points;  ///< pixels of the picture; one point is a dot
};

struct CutOutOptions {
    /// The longer side of the picture that is worked on: it bounds the time, about 0.2 s on one
    /// core, whatever the size of the picture.
    int workSidePx = 320;
    int rounds = 3;            ///< of fitting colours and cutting
    float lineWidthPx = 3.0F;  ///< of a scribble, in pixels of the picture
};

/// The object that the scribbles mark, in `picture` (H x W x 3, RGB): GrabCut (Rother, Kolmogorov,
/// Blake 2004, OpenCV's) in a box around the scribbles, twice as long and wide and at least 96 px
/// larger. Nothing outside this box is cut out. The border of the box is background where the
/// picture continues beyond it; the border of the picture is background if nothing else is. Before
/// the first round a pixel belongs to what is marked nearest to it. Parts that no scribble of the
/// object touches are left out. The edge is refined as by `refineRegion`, and what is scribbled on
/// stays as it is marked. The same input gives the same region. Empty if nothing in the picture is
/// marked as object. Throws `Error{Interrupted}` once a stop is asked for.
[[nodiscard]] Region cutOut(const Raster<std::uint8_t>& picture,
                            std::span<const Scribble> scribbles, const CutOutOptions& options = {},
                            const StopToken& stop = {});

}  // namespace mcj
