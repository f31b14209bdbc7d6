#include "viewer/canvas/view_painter.h"

#include <QOpenGLFramebufferObject>
#include <QOpenGLFunctions_3_3_Core>
#include <cmath>

#include "viewer/canvas/shader_program.h"

namespace mcj {
namespace {

/// The background: equal to Theme::kBackground, which this module cannot include.
constexpr float kBehindPicture[3] = {0x17 / 255.0F, 0x19 / 255.0F, 0x1d / 255.0F};

void clear(QOpenGLFunctions_3_3_Core& gl) {
    gl.glClearColor(kBehindPicture[0], kBehindPicture[1], kBehindPicture[2], 1.0F);
    gl.glClear(GL_COLOR_BUFFER_BIT);
}

/// The pointer at the same pixel in the box of another view.
PointerState pointerIn(std::size_t view, const ViewPlaces& places, const PointerState& pointer) {
    PointerState there = pointer;
    if (pointer.at && places.apart() && view != pointer.view) {
        there.at =
            places.of(view).viewFromImage(places.of(pointer.view).imageFromView(*pointer.at));
    }
    there.view = view;
    return there;
}

/// `ViewSet::flip` is between the first two views.
constexpr std::size_t kFlipped = 2;

/// Picture corners 0..1 to the whole of clip space, y down to y up.
constexpr std::array<float, 9> kWholeViewport{2.0F, 0.0F,  0.0F, 0.0F, -2.0F,
                                              0.0F, -1.0F, 1.0F, 1.0F};

}  // namespace

SizePx CanvasSurface::device() const noexcept {
    return deviceBox({0, 0, logical.width, logical.height}).size();
}

BoxPx CanvasSurface::deviceBox(BoxPx box) const noexcept {
    const auto scaled = [this](int length) {
        return static_cast<int>(std::lround(length * devicePixelRatio));
    };
    return {scaled(box.x0), scaled(box.y0), scaled(box.x1), scaled(box.y1)};
}

ViewPainter::ViewPainter(QOpenGLFunctions_3_3_Core& gl) : gl_(gl), overlay_(gl) {
    held_[0] =
        std::make_unique<LayerRenderer>(gl_);  // reports at once what the graphics system lacks
    gl_.glGenVertexArrays(1, &vertexArray_);
}

ViewPainter::~ViewPainter() { gl_.glDeleteVertexArrays(1, &vertexArray_); }

std::size_t ViewPainter::uploadedBytes() const noexcept {
    std::size_t bytes = 0;
    for (const auto& held : held_) bytes += held ? held->uploadedBytes() : 0;
    return bytes;
}

void ViewPainter::drawView(const Session& session, std::size_t view, const ViewTransform& transform,
                           const CanvasSurface& surface, BoxPx box, BoxPx clip) {
    const double devicePixelRatio = surface.devicePixelRatio;
    std::unique_ptr<LayerRenderer>& held = held_.at(view);
    if (!held) held = std::make_unique<LayerRenderer>(gl_);
    const auto layers = layersOf(session, session.views().at(view),
                                 held->uploadedRevision(kMaskLayer), devicePixelRatio);
    held->draw(layers, transform);
    OverlayData data;
    data.lines = linesOf(session.views().at(view), transform);
    if (data.lines.empty()) return;
    if (!lines_) lines_ = std::make_unique<ImguiOverlay>(gl_);
    data.linesWithin =
        BoxPx{clip.x0 - box.x0, clip.y0 - box.y0, clip.x1 - box.x0, clip.y1 - box.y0};
    lines_->draw(data, box, surface.device(), devicePixelRatio);
}

void ViewPainter::drawPictures(const Session& session, const std::vector<CanvasTile>& tiles,
                               const ViewPlaces& places, const CanvasSurface& surface) {
    const SizePx device = surface.device();
    gl_.glDisable(GL_SCISSOR_TEST);
    gl_.glViewport(0, 0, device.width, device.height);
    clear(gl_);
    // Views that are no longer on screen keep nothing on the graphics card, but for those between
    // which the user flips: compiling shaders again would delay that.
    for (std::size_t i = kFlipped; i < held_.size(); ++i) {
        if (!session.views().isShown(i)) held_.at(i).reset();
    }
    if (session.views().arrangement() == Arrangement::Difference) {
        drawDifference(session, tiles, places, surface);
        return;
    }
    compared_ = {};
    for (const CanvasTile& tile : tiles) {
        const BoxPx box = surface.deviceBox(tile.box);
        const BoxPx clip = surface.deviceBox(tile.clip);
        if (clip.empty()) continue;
        gl_.glViewport(box.x0, device.height - box.y1, box.size().width, box.size().height);
        gl_.glEnable(GL_SCISSOR_TEST);
        gl_.glScissor(clip.x0, device.height - clip.y1, clip.size().width, clip.size().height);
        drawView(session, tile.view, places.of(tile.view), surface, box, clip);
    }
    gl_.glDisable(GL_SCISSOR_TEST);
    gl_.glViewport(0, 0, device.width, device.height);
}

void ViewPainter::drawDifference(const Session& session, const std::vector<CanvasTile>& tiles,
                                 const ViewPlaces& places, const CanvasSurface& surface) {
    const SizePx device = surface.device();
    if (device.empty()) return;
    for (std::size_t i = 0; i < 2; ++i) {
        auto& target = compared_.at(i);
        if (!target || target->width() != device.width || target->height() != device.height) {
            target = std::make_unique<QOpenGLFramebufferObject>(device.width, device.height);
        }
        gl_.glBindFramebuffer(GL_FRAMEBUFFER, target->handle());
        clear(gl_);
        const BoxPx whole{0, 0, device.width, device.height};
        const std::size_t view = tiles.at(i).view;
        drawView(session, view, places.of(view), surface, whole, whole);
    }
    gl_.glBindFramebuffer(GL_FRAMEBUFFER, surface.framebuffer);
    if (!difference_) {
        difference_ = std::make_unique<ShaderProgram>(gl_, QStringLiteral(":/shaders/layer.vert"),
                                                      QStringLiteral(":/shaders/difference.frag"));
    }
    difference_->use();
    difference_->set("u_clipFromCorner", kWholeViewport);
    difference_->set("u_imageSize", 1.0F, 1.0F);
    difference_->set("u_first", 0);
    difference_->set("u_second", 1);
    for (unsigned i = 0; i < 2; ++i) {
        gl_.glActiveTexture(GL_TEXTURE0 + i);
        gl_.glBindTexture(GL_TEXTURE_2D, compared_.at(i)->texture());
    }
    gl_.glBindVertexArray(vertexArray_);
    gl_.glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
    gl_.glBindVertexArray(0);
    for (unsigned i = 2; i-- > 0;) {
        gl_.glActiveTexture(GL_TEXTURE0 + i);
        gl_.glBindTexture(GL_TEXTURE_2D, 0);
    }
    gl_.glUseProgram(0);
}

void ViewPainter::drawOverlay(const Session& session, const std::vector<CanvasTile>& tiles,
                              const ViewPlaces& places, const PointerState& pointer,
                              const CanvasSurface& surface, const PresentationLook& look) {
    const SizePx device = surface.device();
    const ViewSet& views = session.views();
    const Arrangement arrangement = views.arrangement();
    const bool samePlace =
        arrangement == Arrangement::Wipe || arrangement == Arrangement::Difference;
    const std::optional<double> line = wipeLine(views, surface.logical);
    for (std::size_t i = 0; i < tiles.size(); ++i) {
        const CanvasTile& tile = tiles[i];
        const bool active = tile.view == views.activeIndex();
        // Two views of the same place share one overlay.
        if (samePlace && !active) continue;
        const ViewPlace place{tile.view, samePlace ? 1 : tiles.size(), samePlace || i == 0, active};
        const ViewTransform& transform = places.of(tile.view);
        OverlayData data =
            overlayOf(session, place, transform, pointerIn(tile.view, places, pointer));
        if (line && session.playhead().picture()) {
            data.wipe = WipeMark{{*line * surface.devicePixelRatio, device.height / 2.0},
                                 captionOf(session, tiles[0].view),
                                 captionOf(session, tiles[1].view)};
        }
        if (arrangement == Arrangement::Difference && !data.status.empty()) {
            data.status[0] = "Difference of A and B: " + captionOf(session, tiles[0].view) + " / " +
                             captionOf(session, tiles[1].view);
        }
        overlay_.draw(data, surface.deviceBox(tile.box), device,
                      surface.devicePixelRatio * look.textScale);
    }
    if (look.caption.empty() || !session.playhead().picture()) return;
    OverlayData words;
    words.caption = look.caption;
    overlay_.draw(words, {0, 0, device.width, device.height}, device,
                  surface.devicePixelRatio * look.textScale);
}

}  // namespace mcj
