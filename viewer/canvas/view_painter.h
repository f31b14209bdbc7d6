#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "viewer/canvas/canvas_content.h"
#include "viewer/canvas/canvas_tiles.h"
#include "viewer/canvas/imgui_overlay.h"
#include "viewer/canvas/layer_renderer.h"
#include "viewer/canvas/view_places.h"

class QOpenGLFramebufferObject;

namespace mcj {

class ShaderProgram;

/// The framebuffer of a canvas.
struct CanvasSurface {
    SizePx logical;  ///< size in logical pixels
    double devicePixelRatio = 1.0;
    unsigned framebuffer = 0;  ///< its GL name

    [[nodiscard]] SizePx device() const noexcept;
    /// In device pixels.
    [[nodiscard]] BoxPx deviceBox(BoxPx logicalBox) const noexcept;
};

/// What a presentation adds to the overlay.
struct PresentationLook {
    std::string caption;     ///< at the bottom; empty: none
    double textScale = 1.0;  ///< of all text and legends
};

/// Draws the views of a session on a canvas. Owns GL objects: every member, including the
/// destructor, needs the context of `gl` to be current. GUI thread. Errors: `Error{Device}` as
/// `LayerRenderer` and `ImguiOverlay`.
class ViewPainter {
public:
    explicit ViewPainter(QOpenGLFunctions_3_3_Core& gl);
    ~ViewPainter();
    ViewPainter(const ViewPainter&) = delete;
    ViewPainter& operator=(const ViewPainter&) = delete;

    /// The pictures with their layers; `places` positions the picture in each tile's box.
    void drawPictures(const Session& session, const std::vector<CanvasTile>& tiles,
                      const ViewPlaces& places, const CanvasSurface& surface);
    /// Text, legends and marks. `pointer` is in coordinates of a tile's box.
    void drawOverlay(const Session& session, const std::vector<CanvasTile>& tiles,
                     const ViewPlaces& places, const PointerState& pointer,
                     const CanvasSurface& surface, const PresentationLook& look);

    /// Bytes uploaded to the graphics card so far.
    [[nodiscard]] std::size_t uploadedBytes() const noexcept;

private:
    /// `box` and `clip`: of the view, in device pixels from the top left corner.
    void drawView(const Session& session, std::size_t view, const ViewTransform& transform,
                  const CanvasSurface& surface, BoxPx box, BoxPx clip);
    void drawDifference(const Session& session, const std::vector<CanvasTile>& tiles,
                        const ViewPlaces& places, const CanvasSurface& surface);

    QOpenGLFunctions_3_3_Core& gl_;
    /// What the graphics card holds for each view.
    std::array<std::unique_ptr<LayerRenderer>, ViewSet::kMost> held_;
    ImguiOverlay overlay_;
    /// Draws lines of layers. Separate, because the overlay's text has another size in a
    /// presentation, and changing the size of text is slow.
    std::unique_ptr<ImguiOverlay> lines_;
    std::unique_ptr<ShaderProgram> difference_;
    std::array<std::unique_ptr<QOpenGLFramebufferObject>, 2> compared_;
    unsigned vertexArray_ = 0;
};

}  // namespace mcj
