#pragma once

#include <cstddef>
#include <vector>

#include "training/run_log.h"
#include "training/svg_plot.h"

namespace mcj {

/// Running median over `window` values around each of at most `points` evenly spaced places: losses
/// of single steps jump, and a mean would follow one jump for a whole window.
[[nodiscard]] MetricSeries smoothed(const MetricSeries& series, std::size_t window,
                                    std::size_t points = 400);

/// At most two values for each of `bins` stretches, the lowest and the highest, in their order: a
/// long curve drawn from them looks the same.
[[nodiscard]] MetricSeries thinned(const MetricSeries& series, std::size_t bins = 500);

/// How many values `smoothed` takes together for a series of this length: a 25th, odd.
[[nodiscard]] std::size_t smoothingWindow(std::size_t length);

/// The curves of one run, every number of its log in some panel; or of several runs, the main
/// numbers with a colour for each run.
[[nodiscard]] Plot plotOfRuns(const std::vector<RunLog>& runs);

}  // namespace mcj
