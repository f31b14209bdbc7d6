#pragma once

#include <string>
#include <vector>

#include "media/base/raster.h"
#include "media/figure/figure_sheet.h"
#include "viewer/session/bookmarks.h"
#include "viewer/session/frame_picture.h"
#include "viewer/session/view_set.h"

namespace mcj {

class Session;

/// What a slide of a tour shows: a value that any thread may read while the session changes.
struct TourSlide {
    std::vector<FramePicture> pictures =
        {};  ///< of the views on screen, in the order of their places
    Arrangement arrangement = Arrangement::Single;
    double wipe = 0.5;  ///< see `ViewSet::wipe`
    CanvasLook look = {};
    std::string caption = {};  ///< may be empty
};

/// The views on screen now. GUI thread.
[[nodiscard]] TourSlide slideOf(const Session& session, const CanvasLook& look,
                                const std::string& caption);

/// The slide on a sheet of `size`: the views in their places, each with its legend below, and the
/// caption at the bottom. Pictures are drawn as in figures, at any scale, and show the part of
/// `look`; a view without a picture stays empty. The line of a wipe is where it is on a canvas that
/// the pictures fill from side to side. Any thread.
[[nodiscard]] FigureSheet layOutSlide(const TourSlide& slide, SizePx size);

}  // namespace mcj
