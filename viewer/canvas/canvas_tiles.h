#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "media/base/raster.h"
#include "viewer/canvas/view_transform.h"
#include "viewer/session/view_set.h"

namespace mcj {

/// The place of one view on the canvas, in logical pixels from its top left corner.
struct CanvasTile {
    std::size_t view = 0;  ///< index in the set
    BoxPx box;             ///< the picture is positioned in this box
    BoxPx clip;            ///< the part of the box that is drawn
};

/// The tiles of the shown views on a canvas of `size` logical pixels. All boxes have the same size,
/// so that one transform positions the picture in each. `Difference` has one tile per view in the
/// same place.
[[nodiscard]] std::vector<CanvasTile> tilesOf(const ViewSet& views, SizePx size);

/// The tile whose clip contains `pos`, or the nearest one; of several the one of the view
/// `preferred`, or the first. `tiles` is not empty.
[[nodiscard]] const CanvasTile& tileAt(const std::vector<CanvasTile>& tiles, ViewPos pos,
                                       std::size_t preferred);

/// The x coordinate of the line of `Arrangement::Wipe`; `nullopt` in other arrangements.
[[nodiscard]] std::optional<double> wipeLine(const ViewSet& views, SizePx size);

}  // namespace mcj
