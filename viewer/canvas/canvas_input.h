#pragma once

#include <QPointF>

#include "media/base/raster.h"
#include "viewer/canvas/view_transform.h"

class QWheelEvent;

namespace mcj {

// What mouse and keys mean on every canvas.

/// How far an arrow key moves a pointer with Shift, in pixels of the picture.
inline constexpr int kLongStepPx = 10;

[[nodiscard]] ViewPos viewPosOf(QPointF pos) noexcept;

/// The direction of an arrow key; (0, 0) of another key.
[[nodiscard]] PointPx directionOf(int key) noexcept;

/// Vertical notches of a mouse wheel, negative towards the user.
[[nodiscard]] double notchesOf(const QWheelEvent& event);

/// The factor by which so many notches zoom.
[[nodiscard]] double zoomOf(double notches) noexcept;

}  // namespace mcj
