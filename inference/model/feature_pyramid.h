#pragma once

#include <array>

#include <ATen/core/Tensor.h>

#include "inference/model/model_config.h"

namespace mcj {

/// The encoder's levels for a batch of padded pictures: level l is [B, widths[l-1], H/2^l, W/2^l].
/// Coarse levels that the encoder does not have, or that were not requested, are undefined.
struct FeaturePyramid {
    std::array<at::Tensor, kLevels> levels;

    /// `number` is 1..6.
    [[nodiscard]] const at::Tensor& level(int number) const {
        return levels.at(static_cast<std::size_t>(number - 1));
    }
    [[nodiscard]] at::Tensor& level(int number) {
        return levels.at(static_cast<std::size_t>(number - 1));
    }
    /// Items [begin, begin + count) of the batch.
    [[nodiscard]] FeaturePyramid slice(std::int64_t begin, std::int64_t count) const {
        FeaturePyramid part;
        for (std::size_t i = 0; i < levels.size(); ++i) {
            if (levels[i].defined()) part.levels[i] = levels[i].narrow(0, begin, count);
        }
        return part;
    }
};

}  // namespace mcj
