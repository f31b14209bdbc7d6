#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "media/base/flow_field.h"
#include "media/base/raster.h"
#include "media/figure/motion_lines.h"

namespace mcj {

/// Where the points of a grid in one frame move over the frames after it, by the flow from each
/// frame to the next. A line ends where it leaves the picture or the flow is unknown; occlusion
/// does not end it, because that would need backward flow.
struct Streamlines {
    using Places = std::shared_ptr<const Raster<float>>;

    /// One raster for each frame, the first one with the grid itself: rows x columns x (x, y) in
    /// pixels of the picture; NaN where the line has ended. Shared with shorter streamlines.
    std::vector<Places> places;
    [[nodiscard]] std::size_t bytes() const noexcept;
};
using StreamlinesPtr = std::shared_ptr<const Streamlines>;

/// Distance between the points of the grid, pixels of the picture. As fine as lines may be drawn.
inline constexpr int kStreamGridPx = kLeastSpacingPx;

/// The grid alone: no line has a length yet.
[[nodiscard]] Streamlines streamGrid(SizePx picture);
/// The same lines, one frame longer. `flow`: from the last frame of `lines` to the next one.
[[nodiscard]] Streamlines extended(const Streamlines& lines, const FlowField& flow);

/// How streamlines are drawn.
struct StreamLook {
    int spacingPx = 32;  ///< distance between their beginnings; see `ArrowLook`
    int frames = 8;      ///< their length
    LineColors colors = LineColors::White;
    friend bool operator==(const StreamLook&, const StreamLook&) = default;
};
inline constexpr int kLeastStreamFrames = 2;
inline constexpr int kMostStreamFrames = 32;

/// The lines that begin in `within`, in pixels of the picture: opaque where they begin, in the
/// frame of the grid, and fading towards the last frame. At most one for each point of the grid;
/// none where the flow is unknown at its beginning. `scale` is that of `lineGridStep`.
[[nodiscard]] std::vector<MotionLine> streamLines(const Streamlines& streamlines,
                                                  const StreamLook& look, double scale,
                                                  BoxPx within);
/// All lines of the picture at scale 1.
[[nodiscard]] std::vector<MotionLine> streamLines(const Streamlines& streamlines,
                                                  const StreamLook& look);

}  // namespace mcj
