#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mcj {

struct ChartPoint {
    double x = 0.0;
    std::optional<double> y;  ///< none interrupts the line
};

struct ChartLine {
    std::string name;                ///< for the legend
    std::vector<ChartPoint> points;  ///< in ascending order of x
};

/// Lines over a common axis, with linear scales; the vertical one begins at 0 or at the lowest
/// negative value.
struct LineChart {
    std::string title;
    std::string xLabel;
    std::string yLabel;
    std::vector<ChartLine> lines;
};

/// The chart as SVG 1.1 with a legend below the title. Values that are not finite interrupt their
/// line like missing ones; texts are escaped.
[[nodiscard]] std::string svgOf(const LineChart& chart);

}  // namespace mcj
