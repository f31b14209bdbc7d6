#pragma once

#include <memory>
#include <string>

#include "media/base/raster.h"

namespace mcj {

/// One float per pixel, with its meaning. NaN means that a pixel has no value.
struct ScalarMap {
    ScalarMap() = default;
    ScalarMap(SizePx size, std::string quantityName, std::string unitName, float low, float high)
        : values(size, 1), quantity(std::move(quantityName)), unit(std::move(unitName)),
          rangeLow(low), rangeHigh(high) {}

    Raster<float> values;   ///< H x W x 1
    std::string quantity;   ///< "warp error", "cosine similarity", ...
    std::string unit;       ///< "levels of 255", "px", "1"
    float rangeLow = 0.0F;  ///< the fixed scale on which this quantity is drawn
    float rangeHigh = 1.0F;

    [[nodiscard]] SizePx size() const noexcept { return values.size(); }
};
using ScalarMapPtr = std::shared_ptr<const ScalarMap>;

}  // namespace mcj
