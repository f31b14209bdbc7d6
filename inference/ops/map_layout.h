#pragma once

#include <ATen/core/Tensor.h>

#include "inference/ops/kernels.h"

namespace mcj {

/// The shape of a map [B, C, h, w] for the kernels.
[[nodiscard]] inline kernels::MapShape shapeOf(const at::Tensor& map) {
    return {map.size(0), map.size(1), map.size(2), map.size(3)};
}

/// The map [B, C, h, w] with the channels of a place together in memory.
[[nodiscard]] inline at::Tensor channelsLast(const at::Tensor& map) {
    // A one-channel map is in both formats, and torch may keep either stride: set the expected one.
    return map.permute({0, 2, 3, 1}).contiguous().permute({0, 3, 1, 2});
}

}  // namespace mcj
