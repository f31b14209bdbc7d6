#pragma once

#include <optional>
#include <vector>

#include "viewer/canvas/imgui_overlay.h"
#include "viewer/canvas/layer_renderer.h"
#include "viewer/session/session.h"
#include "viewer/tools/tool.h"

namespace mcj {

// Converts the session's state to the content of the canvas; plain values, no GL. GUI thread.

/// The visible layers of `view` that fill the picture, in drawing order. `maskUploaded`: the mask's
/// LayerRenderer::uploadedRevision, so that a brush stroke uploads only the changed region.
[[nodiscard]] std::vector<LayerDrawData> layersOf(const Session& session, const View& view,
                                                  std::optional<std::uint64_t> maskUploaded,
                                                  double devicePixelRatio);

/// The visible layers of `view` that are lines, in drawing order and device pixels; at most those
/// near the visible part of the picture.
[[nodiscard]] std::vector<LineSet> linesOf(const View& view, const ViewTransform& transform);

/// Where the pointer is and what its tool shows.
struct PointerState {
    std::optional<ViewPos> at;  ///< none: outside of the canvas
    ToolOverlay tool;
    bool crossHair = false;  ///< a cross is drawn at it
    std::size_t view = 0;    ///< in whose box `at` is
};

/// The place of a view among those on screen.
struct ViewPlace {
    std::size_t index = 0;
    std::size_t shown = 1;  ///< number of views on screen
    bool first = true;      ///< it shows what concerns all views: frame, time, zoom, work
    bool active = true;
};

/// Frame, time, zoom, legends, probe and marks of one view.
[[nodiscard]] OverlayData overlayOf(const Session& session, const ViewPlace& place,
                                    const ViewTransform& transform, const PointerState& pointer);

/// "x 12, y 30, u +1.50 px": what the probe shows at a pixel, in words for a screen reader.
[[nodiscard]] std::string spokenValues(const Session& session, const View& view, PointPx pixel);

/// "A  Flow, MC-JEPA fast, +5 frames": what a view shows and by which method.
[[nodiscard]] std::string captionOf(const Session& session, std::size_t view);

}  // namespace mcj
