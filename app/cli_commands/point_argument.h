#pragma once

#include <string>

#include "media/base/raster.h"

namespace mcj {

/// The value of --point: "X,Y" in pixels. Throws `Error{Usage}`.
[[nodiscard]] PointF parsePoint(const std::string& text);

}  // namespace mcj
