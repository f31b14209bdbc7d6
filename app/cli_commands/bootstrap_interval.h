#pragma once

#include <optional>
#include <span>

namespace mcj {

/// Both ends of an interval.
struct Interval {
    double low = 0.0;
    double high = 0.0;
};

/// The 95 % percentile interval of the mean of `values` under resampling (Efron's bootstrap): the
/// values are drawn with replacement, as many as there are, 10,000 times, by a fixed seed; the ends
/// are the 2.5th and 97.5th percentile of those means, interpolated linearly. The draws depend only
/// on the number of values, so that two methods over the same items are resampled in the same way:
/// give the differences (or logarithms of ratios) per item for a paired interval. None for fewer
/// than two values.
[[nodiscard]] std::optional<Interval> bootstrapMean(std::span<const double> values);

}  // namespace mcj
