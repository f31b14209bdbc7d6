#pragma once

#include <cmath>
#include <limits>
#include <memory>

#include "media/base/raster.h"

namespace mcj {

/// Optical flow on the grid of the first frame of a pair, in pixels of this raster: the pixel at p
/// is found at p + at(p) in the other frame. u is right, v is down. NaN in either means unknown.
struct FlowField {
    FlowField() = default;
    explicit FlowField(SizePx size) : vectors(size, 2) {}

    Raster<float> vectors;  ///< H x W x 2: u, v

    [[nodiscard]] SizePx size() const noexcept { return vectors.size(); }
    [[nodiscard]] PointF at(int y, int x) const noexcept {
        return {vectors.at(y, x, 0), vectors.at(y, x, 1)};
    }
    void set(int y, int x, PointF flow) noexcept {
        vectors.at(y, x, 0) = flow.x;
        vectors.at(y, x, 1) = flow.y;
    }
    [[nodiscard]] static bool known(PointF flow) noexcept {
        return !std::isnan(flow.x) && !std::isnan(flow.y);
    }
    static constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
};
using FlowPtr = std::shared_ptr<const FlowField>;

}  // namespace mcj
