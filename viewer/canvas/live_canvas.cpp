#include "viewer/canvas/live_canvas.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QOpenGLFunctions_3_3_Core>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "viewer/canvas/canvas_input.h"
#include "viewer/canvas/live_content.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

/// Behind the picture: equal to Theme::kBackground, which this module cannot include.
constexpr float kBehind[3] = {0x17 / 255.0F, 0x19 / 255.0F, 0x1d / 255.0F};

}  // namespace

struct LiveCanvas::Painter {
    explicit Painter(QOpenGLFunctions_3_3_Core& functions)
        : gl(functions), layers(functions), overlay(functions) {}

    QOpenGLFunctions_3_3_Core& gl;
    LayerRenderer layers;
    ImguiOverlay overlay;
};

LiveCanvas::LiveCanvas(Session& session, QWidget* parent) : GlCanvas(parent), session_(session) {
    setObjectName(QStringLiteral("liveCanvas"));
    setMouseTracking(true);
    setFocusPolicy(Qt::ClickFocus);
    setCursor(Qt::CrossCursor);
    connect(&session_.live(), &LiveView::changed, this, qOverload<>(&QWidget::update));
    connect(&session_.live(), &LiveView::started, this, [this] { view_.fit(); });
}

LiveCanvas::~LiveCanvas() { releaseGl(); }

void LiveCanvas::makePainter(QOpenGLFunctions_3_3_Core& gl) {
    painter_ = std::make_unique<Painter>(gl);
}

void LiveCanvas::dropPainter() { painter_.reset(); }

void LiveCanvas::syncView() {
    view_.setViewport({width(), height()}, devicePixelRatioF());
    if (session_.live().showsPicture()) view_.setImageSize(session_.live().shown()->size());
}

void LiveCanvas::paintGL() {
    if (!painter_) return;
    syncView();
    QOpenGLFunctions_3_3_Core& gl = painter_->gl;
    const SizePx device = view_.deviceSize();
    gl.glDisable(GL_SCISSOR_TEST);
    gl.glViewport(0, 0, device.width, device.height);
    gl.glClearColor(kBehind[0], kBehind[1], kBehind[2], 1.0F);
    gl.glClear(GL_COLOR_BUFFER_BIT);
    if (!session_.live().showsPicture() || view_.empty()) return;
    try {
        painter_->layers.draw(liveLayersOf(session_), view_);
        OverlayData overlay = liveOverlayOf(session_, view_, pointer_);
        if (cross_ && pointer_) overlay.cross = view_.deviceFromView(*pointer_);
        painter_->overlay.draw(overlay, {0, 0, device.width, device.height}, device,
                               devicePixelRatioF());
        paintedWell();
    } catch (const Error& error) {
        say(error);
    }
}

// These keys belong to the canvas while it has the keyboard.
bool LiveCanvas::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        const auto& key = *static_cast<QKeyEvent*>(event);
        if (key.key() == Qt::Key_Delete || takesForCross(key)) {
            event->accept();
            return true;
        }
    }
    return GlCanvas::event(event);
}

bool LiveCanvas::takesForCross(const QKeyEvent& event) const {
    const auto modifiers = event.modifiers() & ~Qt::KeyboardModifiers(Qt::KeypadModifier);
    if (modifiers != Qt::NoModifier && modifiers != Qt::ShiftModifier) return false;
    const bool enter = event.key() == Qt::Key_Return || event.key() == Qt::Key_Enter;
    return enter ? cross_.has_value() : !(directionOf(event.key()) == PointPx{0, 0});
}

void LiveCanvas::useCross(const QKeyEvent& event) {
    syncView();
    if (!session_.live().showsPicture() || view_.empty()) return;
    const SizePx size = view_.imageSize();
    const PointPx way = directionOf(event.key());
    if (!cross_) {
        const auto hovered = pointer_ ? view_.pixelAt(*pointer_) : std::nullopt;
        cross_ = hovered.value_or(PointPx{size.width / 2, size.height / 2});
    }
    const int step = event.modifiers().testFlag(Qt::ShiftModifier) ? kLongStepPx : 1;
    cross_ = PointPx{std::clamp(cross_->x + step * way.x, 0, size.width - 1),
                     std::clamp(cross_->y + step * way.y, 0, size.height - 1)};
    pointer_ =
        view_.viewFromImage({static_cast<double>(cross_->x), static_cast<double>(cross_->y)});
    const bool chosen = way == PointPx{0, 0};
    if (chosen && !event.isAutoRepeat()) choosePoint(*pointer_);
    update();
}

// Positions in the outer half of border pixels are clamped: features are read between pixel
// centres.
void LiveCanvas::choosePoint(ViewPos pos) {
    if (!session_.live().showsPicture() || !view_.pixelAt(pos)) return;
    const ImagePos at = view_.imageFromView(pos);
    const SizePx size = view_.imageSize();
    const PointF where{static_cast<float>(std::clamp(at.x, 0.0, size.width - 1.0)),
                       static_cast<float>(std::clamp(at.y, 0.0, size.height - 1.0))};
    session_.live().setPoint(where);
    // Whoever clicks wants to see the answer.
    session_.view().layers().setVisible(kSimilarityLayer, true);
}

void LiveCanvas::mousePressEvent(QMouseEvent* event) {
    syncView();
    pointer_ = viewPosOf(event->position());
    if (event->button() == Qt::LeftButton) choosePoint(*pointer_);
    if (event->button() == Qt::MiddleButton) grabbed_ = view_.imageFromView(*pointer_);
    update();
}

void LiveCanvas::mouseMoveEvent(QMouseEvent* event) {
    cross_.reset();
    pointer_ = viewPosOf(event->position());
    if (grabbed_) {
        view_.moveTo(*grabbed_, *pointer_);
    } else if (event->buttons().testFlag(Qt::LeftButton)) {
        choosePoint(*pointer_);
    }
    update();
}

void LiveCanvas::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::MiddleButton) grabbed_.reset();
}

void LiveCanvas::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    view_.fit();
    update();
}

void LiveCanvas::wheelEvent(QWheelEvent* event) {
    const double notches = notchesOf(*event);
    if (notches == 0.0) {
        event->ignore();
        return;
    }
    syncView();
    view_.zoomAt(viewPosOf(event->position()), zoomOf(notches));
    event->accept();
    update();
}

void LiveCanvas::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Delete) {
        session_.live().clearPoint();
    } else if (takesForCross(*event)) {
        useCross(*event);
    } else {
        GlCanvas::keyPressEvent(event);
    }
}

void LiveCanvas::leaveEvent(QEvent* event) {
    if (!cross_) pointer_.reset();
    update();
    GlCanvas::leaveEvent(event);
}

}  // namespace mcj
