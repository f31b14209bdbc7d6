#pragma once

#include "media/base/frame.h"

class QWidget;

namespace mcj {

class Session;

/// Asks for a new name of the marker at `frame`, without blocking. Does nothing where there is no
/// marker.
void askMarkerName(Session& session, FrameIndex frame, QWidget* parent);

}  // namespace mcj
