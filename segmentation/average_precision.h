#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace mcj {

/// Average precision of a ranking by `scores`, highest first: the sum over distinct scores of the
/// gain in recall times the precision there (the step-wise area under the curve, without
/// interpolation). Equal scores are taken together, so that their order does not matter. `wanted`:
/// not 0 where the item should come first; `counts` (empty: all): 0 where the item is left out, as
/// are items whose score is NaN. None where no item that counts is wanted. All of the same length.
[[nodiscard]] std::optional<double> averagePrecision(std::span<const float> scores,
                                                     std::span<const std::uint8_t> wanted,
                                                     std::span<const std::uint8_t> counts = {});

}  // namespace mcj
