#pragma once

#include <cstddef>
#include <vector>

#include "training/run_log.h"
#include "training/svg_plot.h"

namespace mcj {

/// Running median over `window` values around each of at most `points` evenly spaced positions.
/// Losses of single steps have outliers, which would affect a mean for a whole window.
[[nodiscard]] MetricSeries smoothed(const MetricSeries& series, std::size_t window,
                                    std::size_t points = 400);

/// At most two values for each of `bins` intervals, the lowest and the highest, in their order: a
/// long curve drawn from them looks the same.
[[nodiscard]] MetricSeries thinned(const MetricSeries& series, std::size_t bins = 500);

/// The window of `smoothed` for a series of this length: a 25th, odd.
[[nodiscard]] std::size_t smoothingWindow(std::size_t length);

/// The curves of one run, with every number of its log in some panel; or the main numbers of
/// several runs, with a colour per run.
[[nodiscard]] Plot plotOfRuns(const std::vector<RunLog>& runs);

}  // namespace mcj
