#include "viewer/canvas/key_pointer.h"

#include <QCoreApplication>
#include <QCursor>
#include <QKeyEvent>
#include <QMouseEvent>
#include <algorithm>
#include <cmath>

#include "viewer/canvas/canvas_content.h"
#include "viewer/canvas/canvas_input.h"
#include "viewer/canvas/canvas_widget.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

constexpr int kStepPx = 1;
ImagePos centreOf(PointPx pixel) {
    return {static_cast<double>(pixel.x), static_cast<double>(pixel.y)};
}

Qt::KeyboardModifiers modifiersOf(const QKeyEvent& key) {
    return key.modifiers() & ~Qt::KeyboardModifiers(Qt::KeypadModifier);
}

bool isArrow(int key) { return !(directionOf(key) == PointPx{0, 0}); }
bool isEnter(int key) { return key == Qt::Key_Return || key == Qt::Key_Enter; }

}  // namespace

KeyPointer::KeyPointer(Session& session, CanvasWidget& canvas)
    : QObject(&canvas), session_(session), canvas_(canvas) {
    canvas.installEventFilter(this);
    connect(&canvas, &CanvasWidget::viewChanged, this, &KeyPointer::place);
    // Values arrive later than the pointer.
    connect(&session, &Session::changed, this, &KeyPointer::announce);
    connect(&session, &Session::opened, this, &KeyPointer::end);
    connect(&session, &Session::closed, this, &KeyPointer::end);
}

void KeyPointer::setActive(bool active) {
    if (active == this->active()) return;
    active ? begin() : end();
}

void KeyPointer::begin() {
    const FramePtr& picture = session_.playhead().picture();
    if (!picture) return;
    pixel_ = canvas_.hoveredPixel();
    if (!pixel_) {
        const SizePx size = picture->size();
        const SizePx box = canvas_.tiles().front().box.size();
        const ImagePos middle = canvas_.view().imageFromView({box.width / 2.0, box.height / 2.0});
        pixel_ = PointPx{std::clamp(static_cast<int>(std::lround(middle.x)), 0, size.width - 1),
                         std::clamp(static_cast<int>(std::lround(middle.y)), 0, size.height - 1)};
    }
    mouse_ = QCursor::pos();
    name_ = canvas_.accessibleName();
    canvas_.setFocus(Qt::ShortcutFocusReason);
    canvas_.setCrossHair(CrossHair::Shown);
    moveBy(0, 0);
    Q_EMIT changed();
}

void KeyPointer::end() {
    if (!active()) return;
    pixel_.reset();
    canvas_.setCrossHair(CrossHair::Hidden);
    canvas_.setAccessibleName(name_);
    Q_EMIT changed();
}

bool KeyPointer::eventFilter(QObject* watched, QEvent* event) {
    if (!active() || sending_) return QObject::eventFilter(watched, event);
    switch (event->type()) {
    case QEvent::ShortcutOverride: {
        // Otherwise arrows would step through the frames.
        if (!takes(*static_cast<QKeyEvent*>(event))) break;
        event->accept();
        return true;
    }
    case QEvent::KeyPress: {
        const auto& key = *static_cast<QKeyEvent*>(event);
        if (!takes(key)) break;
        press(key);
        return true;
    }
    case QEvent::MouseMove:
        // Windows that open or close under a mouse at rest report a move, too.
        if (restingMouse(*static_cast<QMouseEvent*>(event))) return true;
        end();
        break;
    case QEvent::MouseButtonPress: end(); break;
    case QEvent::Leave: return true;
    case QEvent::FocusOut: {
        const Qt::FocusReason reason = static_cast<QFocusEvent*>(event)->reason();
        const bool comesBack = reason == Qt::PopupFocusReason || reason == Qt::MenuBarFocusReason ||
                               reason == Qt::ActiveWindowFocusReason;
        if (!comesBack) end();
        break;
    }
    default: break;
    }
    return QObject::eventFilter(watched, event);
}

bool KeyPointer::restingMouse(const QMouseEvent& event) const {
    return event.buttons() == Qt::NoButton && event.globalPosition().toPoint() == mouse_;
}

bool KeyPointer::takes(const QKeyEvent& key) const {
    const Qt::KeyboardModifiers modifiers = modifiersOf(key);
    if (isEnter(key.key())) return true;
    if (key.key() == Qt::Key_Escape) return modifiers == Qt::NoModifier;
    const bool step = modifiers == Qt::NoModifier || modifiers == Qt::ShiftModifier;
    return step && isArrow(key.key());
}

void KeyPointer::press(const QKeyEvent& key) {
    if (key.key() == Qt::Key_Escape) {
        end();
    } else if (isEnter(key.key())) {
        // A key that is held down is one click.
        if (!key.isAutoRepeat()) click(modifiersOf(key));
    } else {
        const PointPx way = directionOf(key.key());
        const int step = modifiersOf(key).testFlag(Qt::ShiftModifier) ? kLongStepPx : kStepPx;
        moveBy(way.x * step, way.y * step);
    }
}

void KeyPointer::moveBy(int dx, int dy) {
    const FramePtr& picture = session_.playhead().picture();
    if (!picture || !pixel_) return;
    const SizePx size = picture->size();
    pixel_ = PointPx{std::clamp(pixel_->x + dx, 0, size.width - 1),
                     std::clamp(pixel_->y + dy, 0, size.height - 1)};
    canvas_.reveal(centreOf(*pixel_));
    place();
    announce();
}

void KeyPointer::click(Qt::KeyboardModifiers modifiers) {
    // The views or the zoom may have changed since the last move.
    canvas_.reveal(centreOf(*pixel_));
    place();
    send(QEvent::MouseButtonPress, Qt::LeftButton, Qt::LeftButton, modifiers);
    if (!active()) return;
    send(QEvent::MouseButtonRelease, Qt::LeftButton, Qt::NoButton, modifiers);
    announce();
}

void KeyPointer::place() {
    if (active() && !sending_) {
        send(QEvent::MouseMove, Qt::NoButton, Qt::NoButton, Qt::NoModifier);
    }
}

void KeyPointer::send(QEvent::Type type, Qt::MouseButton button, Qt::MouseButtons buttons,
                      Qt::KeyboardModifiers modifiers) {
    const std::vector<CanvasTile> tiles = canvas_.tiles();
    const std::size_t view = session_.views().activeIndex();
    const auto shown = std::find_if(tiles.begin(), tiles.end(),
                                    [view](const CanvasTile& tile) { return tile.view == view; });
    const BoxPx box = (shown != tiles.end() ? *shown : tiles.front()).box;
    const ViewPos in = canvas_.view().viewFromImage(centreOf(*pixel_));
    const QPointF at(box.x0 + in.x, box.y0 + in.y);
    QMouseEvent event(type, at, canvas_.mapToGlobal(at), button, buttons, modifiers);
    sending_ = true;
    QCoreApplication::sendEvent(&canvas_, &event);
    sending_ = false;
}

void KeyPointer::announce() {
    // During playback it would talk without end.
    if (!active() || session_.playhead().playing()) return;
    const QString now = tr("%1: %2").arg(
        name_, QString::fromStdString(spokenValues(session_, session_.view(), *pixel_)));
    if (canvas_.accessibleName() != now) canvas_.setAccessibleName(now);
}

}  // namespace mcj
