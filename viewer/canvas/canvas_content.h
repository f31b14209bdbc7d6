#pragma once

#include <optional>
#include <vector>

#include "viewer/canvas/imgui_overlay.h"
#include "viewer/canvas/layer_renderer.h"
#include "viewer/session/session.h"

namespace mcj {

// Converts the session's state to the content of the canvas; plain values, no GL. GUI thread.

/// Keeps track of the mask that is on the graphics card, so that a brush stroke uploads only the
/// changed region.
class MaskUploadTracker {
public:
    /// Fills `changed` and `changedSince` from the editor's record, given the layer revision whose
    /// pixels are uploaded (`nullopt`: everything is to be uploaded).
    void describe(const Session& session, FrameIndex frame, std::uint64_t layerRevision,
                  std::optional<std::uint64_t> uploaded, MaskContent& content);

private:
    std::optional<FrameIndex> frame_;
    std::uint64_t layerRevision_ = 0;
    std::uint64_t editorRevision_ = 0;
};

/// The visible layers in drawing order. `maskUploaded`: the mask's LayerRenderer::uploadedRevision.
[[nodiscard]] std::vector<LayerDrawData> layersOf(const Session& session,
                                                  MaskUploadTracker& tracker,
                                                  std::optional<std::uint64_t> maskUploaded,
                                                  double devicePixelRatio);

/// Position and state of the pointer.
struct PointerState {
    std::optional<ViewPos> at;        ///< `nullopt`: outside the canvas
    bool busy = false;                ///< during a drag: no probe
    std::optional<StrokeMode> brush;  ///< with a brush: outline instead of probe
    bool querying = false;            ///< similarity tool is active: show its marks
};

/// Frame, time, zoom, legends, probe and marks.
[[nodiscard]] OverlayData overlayOf(const Session& session, const ViewTransform& view,
                                    const PointerState& pointer);

}  // namespace mcj
