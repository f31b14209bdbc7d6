#include "viewer/canvas/canvas_input.h"

#include <QWheelEvent>
#include <cmath>

namespace mcj {

ViewPos viewPosOf(QPointF pos) noexcept { return {pos.x(), pos.y()}; }

PointPx directionOf(int key) noexcept {
    switch (key) {
    case Qt::Key_Left: return {-1, 0};
    case Qt::Key_Right: return {1, 0};
    case Qt::Key_Up: return {0, -1};
    case Qt::Key_Down: return {0, 1};
    default: return {0, 0};
    }
}

double notchesOf(const QWheelEvent& event) {
    // Qt reports eighths of a degree, and a notch has 15 degrees.
    constexpr double kNotch = 120.0;
    return event.angleDelta().y() / kNotch;
}

double zoomOf(double notches) noexcept {
    constexpr double kNotchesPerDoubling = 3.0;
    return std::exp2(notches / kNotchesPerDoubling);
}

}  // namespace mcj
