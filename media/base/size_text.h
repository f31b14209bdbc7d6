#pragma once

#include <string>

#include "media/base/raster.h"

namespace mcj {

/// "640x480", as messages name sizes.
[[nodiscard]] inline std::string sizeText(SizePx size) {
    return std::to_string(size.width) + "x" + std::to_string(size.height);
}

}  // namespace mcj
