#pragma once

#include <optional>
#include <vector>

#include "viewer/canvas/imgui_overlay.h"
#include "viewer/canvas/layer_renderer.h"
#include "viewer/canvas/view_transform.h"
#include "viewer/session/session.h"

namespace mcj {

// Converts the state of the live view to the content of its canvas; plain values, no GL. GUI
// thread.

/// The picture, its motion and its similarity, with the settings of the layers of the active view,
/// in their order. Motion and similarity are those of the newest frame that has them.
[[nodiscard]] std::vector<LayerDrawData> liveLayersOf(const Session& session);

/// Source, frame, time, state, legends, values at the pointer and marks.
[[nodiscard]] OverlayData liveOverlayOf(const Session& session, const ViewTransform& transform,
                                        std::optional<ViewPos> pointer);

}  // namespace mcj
