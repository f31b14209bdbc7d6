#pragma once

#include <string>
#include <vector>

#include "training/plot_ticks.h"

namespace mcj {

enum class CurveStyle {
    Line,   ///< with dots where a value has no neighbours
    Faint,  ///< a thin pale line, for raw values behind a smoothed line
    Dots,
    LineAndDots,
};

/// Values over positions. Values that are not finite, or not positive on a logarithmic axis, leave
/// a gap.
struct PlotCurve {
    std::string name;  ///< in the legend; empty: not in the legend
    std::vector<double> x;
    std::vector<double> y;  ///< as many as `x`
    CurveStyle style = CurveStyle::Line;
    int color = 0;  ///< index in the palette, repeated with dashed lines
};

struct PlotAxis {
    std::string label;
    AxisScale scale = AxisScale::Linear;
    std::vector<std::string>
        names;                    ///< of the places 0, 1, ...: an axis of words instead of numbers
    std::vector<double> include;  ///< values that the range must include
};

enum class MarkAxis { X, Y };

/// A dashed line across the panel at a reference value. It widens the range of its axis so that it
/// is visible.
struct PlotMark {
    MarkAxis axis = MarkAxis::Y;
    double value = 0.0;
    std::string label;
};

struct PlotPanel {
    std::string title;
    PlotAxis x;
    PlotAxis y;
    std::vector<PlotCurve> curves;
    std::vector<PlotMark> marks;
    int heightPx = 170;  ///< of the plotting area
};

struct Plot {
    std::string title;
    std::vector<PlotPanel> panels;   ///< one below the other
    std::vector<std::string> notes;  ///< lines of small text at the end
    int widthPx = 900;
};

/// An SVG 1.1 document of plain shapes and text for browsers, Inkscape and librsvg. The colours are
/// distinguishable with colour blindness (Okabe and Ito, "Color Universal Design", 2008). A panel
/// without values shows "no values".
[[nodiscard]] std::string svgOf(const Plot& plot);

}  // namespace mcj
