#include "media/figure/line_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "media/base/xml_text.h"

namespace mcj {
namespace {

// Okabe and Ito's colours; their yellow is too pale for thin lines on white.
constexpr std::array<const char*, 7> kInks{"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                           "#E69F00", "#56B4E9", "#555555"};
constexpr double kWidth = 900.0;
constexpr double kPlotHeight = 340.0;
constexpr double kLeft = 72.0;
constexpr double kRight = 18.0;
constexpr double kLegendTop = 44.0;
constexpr double kLegendRow = 18.0;
constexpr std::size_t kLegendColumns = 4;
constexpr double kBelow = 52.0;  ///< for numbers and label of the horizontal axis

std::string number(const char* format, double value) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

std::string px(double value) { return number("%.1f", value); }

std::string textAt(double x, double y, const char* anchor, const std::string& text,
                   const std::string& extra = {}) {
    return "<text x=\"" + px(x) + "\" y=\"" + px(y) + "\" text-anchor=\"" + anchor + "\"" + extra +
           ">" + escapeXml(text) + "</text>\n";
}

std::string lineFrom(double x1, double y1, double x2, double y2, const std::string& style) {
    return "<line x1=\"" + px(x1) + "\" y1=\"" + px(y1) + "\" x2=\"" + px(x2) + "\" y2=\"" +
           px(y2) + "\" " + style + "/>\n";
}

bool usable(const ChartPoint& point) {
    return std::isfinite(point.x) && point.y && std::isfinite(*point.y);
}

/// Maps values to positions: `low` to `from`, `high` to `to`.
struct Axis {
    double low = 0.0;
    double high = 1.0;
    double from = 0.0;
    double to = 1.0;

    [[nodiscard]] double place(double value) const {
        return from + (to - from) * (value - low) / (high - low);
    }
    /// About five multiples of 1, 2 or 5 times a power of ten.
    [[nodiscard]] std::vector<double> ticks() const {
        const double rough = (high - low) / 5.0;
        const double power = std::pow(10.0, std::floor(std::log10(rough)));
        double step = 10.0 * power;
        for (const double multiple : {5.0, 2.0, 1.0}) {
            if (multiple * power >= rough * 0.999) step = multiple * power;
        }
        std::vector<double> ticks;
        const double last = std::floor(high / step + 1e-9);
        for (double i = std::ceil(low / step - 1e-9); i <= last && ticks.size() < 100; ++i) {
            ticks.push_back(i * step + 0.0);
        }
        return ticks;
    }
};

/// Axes around all values, not empty where all are equal.
void fit(const LineChart& chart, Axis& x, Axis& y) {
    constexpr double kFar = std::numeric_limits<double>::infinity();
    x.low = kFar;
    x.high = -kFar;
    y.low = 0.0;
    y.high = 0.0;
    for (const ChartLine& line : chart.lines) {
        for (const ChartPoint& point : line.points) {
            if (!usable(point)) continue;
            x.low = std::min(x.low, point.x);
            x.high = std::max(x.high, point.x);
            y.low = std::min(y.low, *point.y);
            y.high = std::max(y.high, *point.y);
        }
    }
    if (!(x.low <= x.high)) x.low = x.high = 0.0;
    if (x.low == x.high) {
        x.low -= 0.5;
        x.high += 0.5;
    }
    if (y.low == y.high) y.high = y.low + 1.0;
    y.high += 0.05 * (y.high - y.low);
}

std::string pathOf(const ChartLine& line, const Axis& x, const Axis& y, const char* ink) {
    std::string path;
    std::string marks;
    bool drawing = false;
    for (const ChartPoint& point : line.points) {
        if (!usable(point)) {
            drawing = false;
            continue;
        }
        path += (drawing ? " L" : " M") + px(x.place(point.x)) + " " + px(y.place(*point.y));
        // A value between two gaps has no line.
        marks += "<circle cx=\"" + px(x.place(point.x)) + "\" cy=\"" + px(y.place(*point.y)) +
                 "\" r=\"1.5\" fill=\"" + ink + "\"/>\n";
        drawing = true;
    }
    if (path.empty()) return {};
    return "<path d=\"" + path.substr(1) + "\" fill=\"none\" stroke=\"" + ink +
           "\" stroke-width=\"1.5\"/>\n" + marks;
}

std::string legendOf(const LineChart& chart) {
    std::string svg;
    const double cell = (kWidth - kLeft - kRight) / static_cast<double>(kLegendColumns);
    for (std::size_t i = 0; i < chart.lines.size(); ++i) {
        const double left = kLeft + cell * static_cast<double>(i % kLegendColumns);
        const double at = kLegendTop + kLegendRow * static_cast<double>(i / kLegendColumns);
        svg += lineFrom(
            left, at - 4.0, left + 18.0, at - 4.0,
            std::string("stroke=\"") + kInks[i % kInks.size()] + "\" stroke-width=\"2.5\"");
        svg += textAt(left + 24.0, at, "start", chart.lines[i].name);
    }
    return svg;
}

std::string axesOf(const LineChart& chart, const Axis& x, const Axis& y) {
    const std::string grid = "stroke=\"#e4e4e4\"";
    std::string svg;
    for (const double tick : y.ticks()) {
        svg += lineFrom(x.from, y.place(tick), x.to, y.place(tick), grid);
        svg += textAt(x.from - 8.0, y.place(tick) + 4.0, "end", number("%.6g", tick));
    }
    for (const double tick : x.ticks()) {
        svg += lineFrom(x.place(tick), y.from, x.place(tick), y.to, grid);
        svg += textAt(x.place(tick), y.from + 18.0, "middle", number("%.10g", tick));
    }
    const double middle = (y.from + y.to) / 2.0;
    svg += textAt((x.from + x.to) / 2.0, y.from + 40.0, "middle", chart.xLabel);
    svg += textAt(18.0, middle, "middle", chart.yLabel,
                  " transform=\"rotate(-90 18 " + px(middle) + ")\"");
    return svg;
}

}  // namespace

std::string svgOf(const LineChart& chart) {
    const std::size_t rows = (chart.lines.size() + kLegendColumns - 1) / kLegendColumns;
    const double top = kLegendTop + kLegendRow * static_cast<double>(rows);
    Axis x;
    Axis y;
    fit(chart, x, y);
    x.from = kLeft;
    x.to = kWidth - kRight;
    y.from = top + kPlotHeight;
    y.to = top;
    std::string svg =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"" +
        number("%.0f", kWidth) + "\" height=\"" + number("%.0f", y.from + kBelow) +
        "\" font-family=\"DejaVu Sans, sans-serif\" font-size=\"11\" "
        "fill=\"#222222\">\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
    svg += textAt(kLeft, 24.0, "start", chart.title, " font-size=\"15\" font-weight=\"bold\"");
    svg += legendOf(chart);
    svg += axesOf(chart, x, y);
    for (std::size_t i = 0; i < chart.lines.size(); ++i) {
        svg += pathOf(chart.lines[i], x, y, kInks[i % kInks.size()]);
    }
    return svg + "</svg>\n";
}

}  // namespace mcj
