#pragma once

#include <string>

#include "media/base/raster.h"

namespace mcj {

/// The size as it is written in messages, "640 x 480".
[[nodiscard]] inline std::string sizeText(SizePx size) {
    return std::to_string(size.width) + " x " + std::to_string(size.height);
}

}  // namespace mcj
