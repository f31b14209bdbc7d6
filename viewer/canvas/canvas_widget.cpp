#include "viewer/canvas/canvas_widget.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QNativeGestureEvent>
#include <QOpenGLFunctions_3_3_Core>
#include <QTabletEvent>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <utility>

#include "viewer/canvas/canvas_input.h"
#include "viewer/canvas/view_painter.h"
#include "viewer/session/session.h"
#include "viewer/tools/preview_keys.h"

namespace mcj {

namespace {

/// Logical pixels on either side of the line of a wipe where it can be gripped.
constexpr double kGripPx = 7.0;

/// Least distance of a revealed position from the edges, as a share of the widget's side.
constexpr double kRevealedAt = 0.1;

bool withoutModifiers(const QKeyEvent& event) {
    return (event.modifiers() & ~Qt::KeypadModifier) == Qt::NoModifier;
}

}  // namespace

CanvasWidget::CanvasWidget(Session& session, QWidget* parent)
    : GlCanvas(parent), session_(session), tool_(makeTool(ToolKind::Pan, session, view_)),
      pan_(makeTool(ToolKind::Pan, session, view_)) {
    setObjectName(QStringLiteral("canvas"));
    setMouseTracking(true);
    setFocusPolicy(Qt::ClickFocus);
    setMinimumSize(160, 120);
    updateCursor();
    connect(&session_, &Session::changed, this, &CanvasWidget::afterSessionChange);
    connect(&session_, &Session::opened, this, [this] {
        // Another document begins with linked views.
        places_.follow(session_.views());
        places_.fitAll();
        afterViewChange();
    });
    connect(&session_.views(), &ViewSet::queryChanged, this, qOverload<>(&QWidget::update));
    connect(&session_.views(), &ViewSet::layersChanged, this, qOverload<>(&QWidget::update));
    places_.follow(session_.views());
    connect(&session_.views(), &ViewSet::arranged, this, [this] {
        places_.follow(session_.views());
        syncView();
        afterViewChange();
    });
    connect(&session_.masks(), &MaskEditor::maskChanged, this, qOverload<>(&QWidget::update));
    connect(&session_.masks(), &MaskEditor::objectsChanged, this, qOverload<>(&QWidget::update));
    connect(&session_.masks(), &MaskEditor::brushChanged, this, qOverload<>(&QWidget::update));
}

CanvasWidget::~CanvasWidget() { releaseGl(); }

void CanvasWidget::makePainter(QOpenGLFunctions_3_3_Core& gl) {
    painter_ = std::make_unique<ViewPainter>(gl);
}

void CanvasWidget::dropPainter() { painter_.reset(); }

std::size_t CanvasWidget::uploadedBytes() const noexcept {
    return painter_ ? painter_->uploadedBytes() : 0;
}

void CanvasWidget::setHudMode(HudMode mode) {
    hud_ = mode;
    update();
}

CanvasLook CanvasWidget::look() const {
    const SizePx box = tiles().front().box.size();
    const ImagePos centre = view_.imageFromView({box.width / 2.0, box.height / 2.0});
    return {view_.fitted(), view_.deviceScale(), static_cast<double>(view_.deviceSize().width),
            centre.x, centre.y};
}

void CanvasWidget::setLook(const CanvasLook& look) {
    syncView();
    view_.fit();
    if (!look.fitted && !view_.empty()) {
        const SizePx box = tiles().front().box.size();
        const ViewPos middle{box.width / 2.0, box.height / 2.0};
        const double wanted = look.scale * view_.deviceSize().width / look.width;
        view_.zoomAt(middle, wanted / view_.deviceScale());
        view_.moveTo({look.centreX, look.centreY}, middle);
    }
    afterViewChange();
}

void CanvasWidget::setCaption(const QString& caption) {
    caption_ = caption;
    update();
}

void CanvasWidget::setCrossHair(CrossHair crossHair) {
    crossHair_ = crossHair;
    update();
}

void CanvasWidget::reveal(ImagePos where) {
    syncView();
    const SizePx box = tiles().front().box.size();
    const ViewPos now = view_.viewFromImage(where);
    if (now.x >= 0.0 && now.y >= 0.0 && now.x < box.width && now.y < box.height) return;
    const auto inside = [](double at, int length) {
        return std::clamp(at, kRevealedAt * length, (1.0 - kRevealedAt) * length);
    };
    view_.moveTo(where, {inside(now.x, box.width), inside(now.y, box.height)});
    afterViewChange();
}

void CanvasWidget::setTextScale(double scale) {
    textScale_ = std::max(scale, 1.0);
    update();
}

void CanvasWidget::zoomToFit() {
    view_.fit();
    afterViewChange();
}

void CanvasWidget::afterViewChange() {
    updateHovered();
    update();
    Q_EMIT viewChanged();
}

void CanvasWidget::zoomToActual() { zoomBy(1.0 / view_.deviceScale()); }

void CanvasWidget::zoomBy(double factor) {
    const SizePx box = tiles().front().box.size();
    zoomAt({box.width / 2.0, box.height / 2.0}, factor);
}

void CanvasWidget::zoomAt(ViewPos pos, double factor) {
    const double before = view_.deviceScale();
    // Stop at 100 % when passing it, so that it is easy to reach.
    const bool passes =
        (before < 1.0 && before * factor > 1.0) || (before > 1.0 && before * factor < 1.0);
    view_.zoomAt(pos, passes ? 1.0 / before : factor);
    afterViewChange();
}

void CanvasWidget::setTool(ToolKind kind) {
    if (kind == toolKind_) return;
    if (dragTool_ == tool_.get()) cancelDrag();
    toolKind_ = kind;
    tool_ = makeTool(kind, session_, view_);
    updateCursor();
    update();
    Q_EMIT toolChanged(kind);
}

std::vector<CanvasTile> CanvasWidget::tiles() const {
    return tilesOf(session_.views(), {width(), height()});
}

void CanvasWidget::syncView() {
    const FramePtr& picture = session_.playhead().picture();
    places_.sync(tiles().front().box.size(), devicePixelRatioF(),
                 picture ? std::optional(picture->size()) : std::nullopt);
}

void CanvasWidget::paintGL() {
    if (!painter_) return;
    syncView();
    const CanvasSurface surface{
        {width(), height()}, devicePixelRatioF(), defaultFramebufferObject()};
    const std::vector<CanvasTile> boxes = tiles();
    try {
        painter_->drawPictures(session_, boxes, places_, surface);
        paintedWell();
    } catch (const Error& error) {
        say(error);
    }
    if (hud_ == HudMode::Hidden) return;
    const ToolOverlay tool = (dragTool_ != nullptr ? *dragTool_ : *tool_).overlay();
    painter_->drawOverlay(session_, boxes, places_,
                          {pointer_, tool, crossHair_ == CrossHair::Shown, pointerView_}, surface,
                          {caption_.toStdString(), textScale_});
}

ViewPos CanvasWidget::inTile(QPointF pos) const {
    if (dragOrigin_) return {pos.x() - dragOrigin_->x, pos.y() - dragOrigin_->y};
    const std::vector<CanvasTile> all = tiles();
    const BoxPx box = tileAt(all, viewPosOf(pos), session_.views().activeIndex()).box;
    return {pos.x() - box.x0, pos.y() - box.y0};
}

std::size_t CanvasWidget::viewAt(QPointF pos) const {
    const std::size_t active = session_.views().activeIndex();
    return dragOrigin_ ? active : tileAt(tiles(), viewPosOf(pos), active).view;
}

void CanvasWidget::activateUnder(QPointF pos) {
    if (places_.apart()) session_.views().activate(viewAt(pos));
}

bool CanvasWidget::onWipeLine(QPointF pos) const {
    const std::optional<double> line = wipeLine(session_.views(), {width(), height()});
    return line && session_.playhead().picture() && std::abs(pos.x() - *line) <= kGripPx;
}

void CanvasWidget::afterSessionChange() {
    syncView();
    updateHovered();
    update();
}

ToolPointer CanvasWidget::pointerAt(ViewPos pos, Qt::KeyboardModifiers modifiers) const {
    return {places_.of(pointerView_).imageFromView(pos), pos, modifiers, pressure_};
}

void CanvasWidget::movePointer(std::optional<ViewPos> pos) {
    pointer_ = pos;
    updateHovered();
    update();
}

void CanvasWidget::updateHovered() {
    std::optional<PointPx> pixel;
    if (pointer_ && session_.playhead().picture()) {
        pixel = places_.of(pointerView_).pixelAt(*pointer_);
    }
    if (pixel == hovered_) return;
    hovered_ = pixel;
    Q_EMIT hovered(hovered_);
}

void CanvasWidget::updateCursor() {
    if (dragsWipe_) {
        setCursor(Qt::SplitHCursor);
        return;
    }
    const Tool& tool = dragTool_ != nullptr ? *dragTool_ : *tool_;
    switch (tool.cursor()) {
    case ToolCursor::OpenHand: setCursor(Qt::OpenHandCursor); break;
    case ToolCursor::ClosedHand: setCursor(Qt::ClosedHandCursor); break;
    case ToolCursor::Cross: setCursor(Qt::CrossCursor); break;
    }
}

bool CanvasWidget::event(QEvent* event) {
    switch (event->type()) {
    case QEvent::ShortcutOverride: {
        // During a drag the canvas handles these two keys; otherwise the window does, except for
        // what the tool waits for.
        auto* key = static_cast<QKeyEvent*>(event);
        const bool ours = key->key() == Qt::Key_Space || key->key() == Qt::Key_Escape;
        if ((dragTool_ != nullptr && ours) || toolClaims(*key)) {
            event->accept();
            return true;
        }
        break;
    }
    case QEvent::NativeGesture: {
        auto* gesture = static_cast<QNativeGestureEvent*>(event);
        if (gesture->gestureType() != Qt::ZoomNativeGesture) break;
        activateUnder(gesture->position());
        zoomAt(inTile(gesture->position()), 1.0 + gesture->value());
        return true;
    }
    default: break;
    }
    return GlCanvas::event(event);
}

void CanvasWidget::beginDrag(Qt::MouseButton button, Tool& tool, const ToolPointer& pointer) {
    dragButton_ = button;
    dragTool_ = &tool;
    tool.press(pointer);
    updateCursor();
}

void CanvasWidget::cancelDrag() {
    if (dragTool_ == nullptr) return;
    Tool* tool = std::exchange(dragTool_, nullptr);
    dragButton_ = Qt::NoButton;
    tool->cancel();
    updateCursor();
    update();
}

void CanvasWidget::panInstead() {
    if (dragTool_ == pan_.get() || !pointer_) return;
    const Qt::MouseButton button = dragButton_;
    // The stroke painted so far is kept.
    std::exchange(dragTool_, nullptr)->release(pointerAt(*pointer_));
    beginDrag(button, *pan_, pointerAt(*pointer_));
}

// Work on a picture is work on the frame at the playhead.
bool CanvasWidget::mayUseTool() {
    if (session_.view().offset() == 0 || !tool_->edits()) return true;
    Q_EMIT noticed({Notice::Level::Warning,
                    tr("This view shows another frame than the one at the playhead"),
                    tr("Paint in a view without a frame offset.")});
    return false;
}

void CanvasWidget::mousePressEvent(QMouseEvent* event) {
    syncView();
    if (dragTool_ == nullptr && event->button() == Qt::LeftButton &&
        onWipeLine(event->position())) {
        dragsWipe_ = true;
        updateCursor();
        return;
    }
    if (dragTool_ == nullptr) {
        const CanvasTile tile =
            tileAt(tiles(), viewPosOf(event->position()), session_.views().activeIndex());
        session_.views().activate(tile.view);
        dragOrigin_ = PointPx{tile.box.x0, tile.box.y0};
    }
    const ViewPos pos = inTile(event->position());
    pointerView_ = viewAt(event->position());
    movePointer(pos);
    if (dragTool_ != nullptr || !session_.playhead().picture()) return;
    if (event->button() == Qt::LeftButton) {
        if (!mayUseTool()) return;
        beginDrag(Qt::LeftButton, *tool_, pointerAt(pos, event->modifiers()));
    } else if (event->button() == Qt::MiddleButton) {
        beginDrag(Qt::MiddleButton, *pan_, pointerAt(pos));
    } else {
        GlCanvas::mousePressEvent(event);
    }
}

void CanvasWidget::mouseMoveEvent(QMouseEvent* event) {
    if (dragsWipe_ && !event->buttons().testFlag(Qt::LeftButton)) {
        // The button was released elsewhere.
        dragsWipe_ = false;
        updateCursor();
    }
    if (dragsWipe_) {
        session_.views().setWipe(event->position().x() / std::max(width(), 1));
        return;
    }
    if (event->buttons() == Qt::NoButton) dragOrigin_.reset();
    const ViewPos pos = inTile(event->position());
    pointerView_ = viewAt(event->position());
    if (dragTool_ != nullptr) {
        dragTool_->drag(pointerAt(pos, event->modifiers()));
        if (dragTool_ == pan_.get() || toolKind_ == ToolKind::Pan) Q_EMIT viewChanged();
    } else {
        tool_->hover(pointerAt(pos, event->modifiers()));
        if (onWipeLine(event->position())) {
            setCursor(Qt::SplitHCursor);
        } else {
            updateCursor();
        }
    }
    movePointer(pos);
}

void CanvasWidget::mouseReleaseEvent(QMouseEvent* event) {
    if (std::exchange(dragsWipe_, false)) {
        updateCursor();
        return;
    }
    const ViewPos pos = inTile(event->position());
    pointerView_ = viewAt(event->position());
    if (dragTool_ != nullptr && event->button() == dragButton_) {
        Tool* tool = std::exchange(dragTool_, nullptr);
        dragButton_ = Qt::NoButton;
        tool->release(pointerAt(pos, event->modifiers()));
        updateCursor();
    }
    pressure_ = 1.0F;
    movePointer(pos);
    if (dragTool_ == nullptr) dragOrigin_.reset();
}

void CanvasWidget::mouseDoubleClickEvent(QMouseEvent* event) {
    syncView();
    activateUnder(event->position());
    pointerView_ = viewAt(event->position());
    // A second quick stroke is a press like any other.
    if (event->button() != Qt::LeftButton || dragTool_ != nullptr ||
        !tool_->doubleClick(pointerAt(inTile(event->position()), event->modifiers()))) {
        mousePressEvent(event);
    } else if (toolKind_ == ToolKind::Pan) {
        afterViewChange();
    } else {
        update();
    }
}

void CanvasWidget::tabletEvent(QTabletEvent* event) {
    // A pen that is being lifted has no pressure, but its last mouse event ends the stroke.
    const bool down = event->type() == QEvent::TabletPress || event->type() == QEvent::TabletMove;
    if (down && event->buttons() != Qt::NoButton) {
        pressure_ = static_cast<float>(event->pressure());
    }
    event->ignore();
}

void CanvasWidget::wheelEvent(QWheelEvent* event) {
    const double notches = notchesOf(*event);
    if (notches == 0.0) {
        event->ignore();
        return;
    }
    syncView();
    activateUnder(event->position());
    pointerView_ = viewAt(event->position());
    const ViewPos pos = inTile(event->position());
    if (tool_->wheel(pointerAt(pos, event->modifiers()), notches)) {
        update();
    } else {
        zoomAt(pos, zoomOf(notches));
    }
    event->accept();
}

void CanvasWidget::keyPressEvent(QKeyEvent* event) {
    if (dragTool_ != nullptr && event->key() == Qt::Key_Space) {
        if (!event->isAutoRepeat()) panInstead();
    } else if (dragTool_ != nullptr && event->key() == Qt::Key_Escape) {
        cancelDrag();
    } else if (tool_->key(event->key(), event->modifiers()) ||
               (withoutModifiers(*event) && takePreviewKey(session_, event->key()))) {
        update();
    } else {
        GlCanvas::keyPressEvent(event);
    }
}

bool CanvasWidget::toolClaims(const QKeyEvent& event) const {
    return withoutModifiers(event) &&
           (tool_->claims(event.key()) || claimsPreviewKey(session_, event.key()));
}

void CanvasWidget::leaveEvent(QEvent* event) {
    movePointer(std::nullopt);
    GlCanvas::leaveEvent(event);
}

void CanvasWidget::focusOutEvent(QFocusEvent* event) {
    // The window lost focus, so the button's release may not arrive.
    if (event->reason() == Qt::ActiveWindowFocusReason && std::exchange(dragsWipe_, false)) {
        updateCursor();
    }
    if (event->reason() == Qt::ActiveWindowFocusReason && dragTool_ != nullptr && pointer_) {
        std::exchange(dragTool_, nullptr)->release(pointerAt(*pointer_));
        dragButton_ = Qt::NoButton;
        updateCursor();
    }
    GlCanvas::focusOutEvent(event);
}

}  // namespace mcj
