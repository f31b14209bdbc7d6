#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

#include "inference/analysis/flow_metrics.h"
#include "media/base/frame.h"
#include "media/figure/line_chart.h"

namespace mcj {

/// The errors of one pair's flow against truth, over the pixels with known truth, by region.
struct FlowAccuracy {
    FlowErrorSums all;
    double angleSumDeg = 0.0;  ///< of the angles between (u, v, 1) and the true (u, v, 1)
    FlowErrorSums occluded;    ///< hidden in the other frame or outside it: `estimateOccluded`
    FlowErrorSums edges;       ///< within 5 px of a motion edge: `motionEdges`
    FlowErrorSums slow;        ///< truly moves less than 10 px
    FlowErrorSums medium;      ///< 10 px or more, less than 40 px
    FlowErrorSums fast;        ///< 40 px or more

    FlowAccuracy& operator+=(const FlowAccuracy& other);
};

/// Not 0 where the pixel at p is next to one whose true motion differs by more than 1 px.
[[nodiscard]] Raster<std::uint8_t> motionEdges(const FlowField& truth);

/// Not 0 where the pixel has no counterpart in `second`, estimated from the true flow: its target
/// is outside the picture, or a pixel that moves differently (by more than 1 px) has the same
/// target, to the nearest pixel, and its colour there is closer to that of `second`.
[[nodiscard]] Raster<std::uint8_t> estimateOccluded(const FlowField& truth, const Frame& first,
                                                    const Frame& second);

/// Throws `Error{Input}` where sizes differ.
[[nodiscard]] FlowAccuracy measureAccuracy(const FlowField& estimate, const FlowField& truth,
                                           const Frame& first, const Frame& second);

/// One number of a `FlowAccuracy`, with its words in tables, files and plots.
struct AccuracyColumn {
    const char* id;     ///< "epe": the title in CSV files
    const char* title;  ///< "EPE"
    const char* unit;   ///< "px"
    const char* explanation;
    std::optional<double> (*value)(const FlowAccuracy& accuracy);  ///< none: no such pixels
};

/// EPE, angular error, Fl, and the EPE of occluded pixels, near motion edges, and by speed.
[[nodiscard]] std::span<const AccuracyColumn> accuracyColumns();

/// By the first frame of the pair.
using AccuracyByFrame = std::map<FrameIndex, FlowAccuracy>;

/// Over the pixels of all pairs.
[[nodiscard]] FlowAccuracy pooled(const AccuracyByFrame& rows);

/// A table with a row per pair and a last row "all" of the pooled errors: "frame,pixels,epe,...",
/// numbers with 6 significant digits, empty where there are no such pixels.
[[nodiscard]] std::string accuracyCsv(const AccuracyByFrame& rows);

/// The columns in px over the frames. A frame without a value interrupts its line.
[[nodiscard]] LineChart accuracyChart(const AccuracyByFrame& rows, const std::string& title);

}  // namespace mcj
