#pragma once

#include <QEvent>
#include <QObject>
#include <QPoint>
#include <optional>

#include "viewer/canvas/view_transform.h"

class QKeyEvent;
class QMouseEvent;

namespace mcj {

class CanvasWidget;
class Session;

/// The pointer of a canvas, moved by keys: arrows move it by one pixel of the picture, with Shift
/// by ten; Enter is a click of the left button, also with Shift, Ctrl and Alt; Escape, a mouse
/// button and a move of the mouse give it back to the mouse. The canvas gets the same events as
/// from a mouse, so that every tool works. The position and the values there are the canvas's
/// accessible name meanwhile. GUI thread.
class KeyPointer : public QObject {
    Q_OBJECT
public:
    /// A child of `canvas`. `session` outlives it.
    KeyPointer(Session& session, CanvasWidget& canvas);

    [[nodiscard]] bool active() const noexcept { return pixel_.has_value(); }
    /// Starts at the pixel under the mouse, else in the middle of what is shown. Has no effect
    /// without a picture.
    void setActive(bool active);
    /// Of the picture; `nullopt` while the mouse moves the pointer.
    [[nodiscard]] std::optional<PointPx> pixel() const noexcept { return pixel_; }

Q_SIGNALS:
    /// It was given to the keys or back to the mouse.
    void changed();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void begin();
    void end();
    /// Whether this object handles the key.
    [[nodiscard]] bool takes(const QKeyEvent& key) const;
    void press(const QKeyEvent& key);
    void moveBy(int dx, int dy);
    void click(Qt::KeyboardModifiers modifiers);
    [[nodiscard]] bool restingMouse(const QMouseEvent& event) const;
    /// Tells the canvas where the pointer is.
    void place();
    void send(QEvent::Type type, Qt::MouseButton button, Qt::MouseButtons buttons,
              Qt::KeyboardModifiers modifiers);
    void announce();

    Session& session_;
    CanvasWidget& canvas_;
    std::optional<PointPx> pixel_;
    QPoint mouse_;          ///< where the mouse was when the keys took over, on the screen
    QString name_;          ///< accessible name of the canvas before
    bool sending_ = false;  ///< an event of this object is under way
};

}  // namespace mcj
