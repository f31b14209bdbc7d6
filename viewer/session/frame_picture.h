#pragma once

#include <QImage>

#include "viewer/session/session.h"

namespace mcj {

/// The shown frame with its visible layers in the video's own pixels, computed on the CPU by the
/// same rules as on the canvas, with a legend below. Lines and stripes of masks are as wide in the
/// video's pixels as they are in the screen's there. Null where nothing is shown. GUI thread.
[[nodiscard]] QImage renderShownFrame(const Session& session);

}  // namespace mcj
