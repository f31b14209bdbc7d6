#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace mcj {

// How well scores that were made without ground truth predict where masks are wrong.

/// Spearman's rank correlation, equal values sharing their mean rank; -1..1. NaN where there are
/// fewer than two values or one list is constant. Throws `Error{Internal}` where the lengths
/// differ.
[[nodiscard]] double rankCorrelation(std::span<const double> a, std::span<const double> b);

/// Positions by value, the greatest first; equal values in their own order.
[[nodiscard]] std::vector<std::size_t> greatestFirst(std::span<const double> values);

/// Of the tenth of frames with the greatest `losses` (rounded up), the share that is among as many
/// frames with the greatest `scores`; NaN where there are none. Ties go to the earlier frame.
/// Throws `Error{Internal}` where the lengths differ.
[[nodiscard]] double worstTenthFound(std::span<const double> scores,
                                     std::span<const double> losses);

}  // namespace mcj
