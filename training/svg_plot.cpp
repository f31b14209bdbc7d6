#include "training/svg_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "media/base/xml_text.h"

namespace mcj {
namespace {

// Okabe and Ito's colours; their yellow is too pale for thin lines on white.
constexpr std::array<const char*, 7> kPalette{"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                              "#E69F00", "#56B4E9", "#555555"};
constexpr std::array<const char*, 3> kDashes{"", "7 3", "2 3"};
constexpr const char* kInk = "#222222";
constexpr const char* kQuiet = "#6b6b6b";
constexpr const char* kGrid = "#e4e4e4";

constexpr double kLeft = 72.0;
constexpr double kRight = 18.0;
constexpr double kRowHeight = 17.0;
constexpr double kGlyphWidth = 6.4;  // of 11 px text in DejaVu Sans, on the wide side

std::string px(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

struct TextStyle {
    const char* anchor = "start";
    int size = 11;
    const char* color = kInk;
    const char* extra = "";
};

std::string textAt(double x, double y, const std::string& text, const TextStyle& style = {}) {
    return "<text x=\"" + px(x) + "\" y=\"" + px(y) + "\" text-anchor=\"" + style.anchor +
           "\" font-size=\"" + std::to_string(style.size) + "\" fill=\"" + style.color + "\"" +
           style.extra + ">" + escapeXml(text) + "</text>\n";
}

std::string lineAt(double x1, double y1, double x2, double y2, const char* color,
                   const std::string& extra = {}) {
    return "<line x1=\"" + px(x1) + "\" y1=\"" + px(y1) + "\" x2=\"" + px(x2) + "\" y2=\"" +
           px(y2) + "\" stroke=\"" + color + "\"" + extra + "/>\n";
}

double textWidth(const std::string& text) {
    const auto glyphs = std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    });
    return kGlyphWidth * static_cast<double>(glyphs);
}

bool usable(double value, AxisScale scale) {
    return std::isfinite(value) && (scale == AxisScale::Linear || value > 0.0);
}

/// Maps values to positions: `low` to `from`, `high` to `to`.
struct Ruler {
    AxisScale scale = AxisScale::Linear;
    double low = 0.0;
    double high = 1.0;
    double from = 0.0;
    double to = 1.0;

    [[nodiscard]] double place(double value) const {
        const auto shape = [&](double v) { return scale == AxisScale::Log ? std::log10(v) : v; };
        return from + (to - from) * (shape(value) - shape(low)) / (shape(high) - shape(low));
    }
    [[nodiscard]] std::vector<double> ticks(int about) const {
        return scale == AxisScale::Log ? logTicks(low, high, about) : roundTicks(low, high, about);
    }
};

/// Adds a margin around the values, and a range if all are equal.
void widen(Ruler& ruler, double share) {
    if (ruler.scale == AxisScale::Log) {
        const double factor =
            ruler.high > ruler.low ? std::pow(ruler.high / ruler.low, share) : 1.5;
        ruler.low /= factor;
        ruler.high *= factor;
        return;
    }
    const double span = ruler.high - ruler.low;
    const double same = std::max(std::abs(ruler.high) * 0.1, 1e-12);
    const double air = span > 0.0 ? span * share : (ruler.high == 0.0 ? 1.0 : same);
    ruler.low -= air;
    ruler.high += air;
}

/// The range of the visible values; `found` is false if there are none.
struct PanelRange {
    Ruler x;
    Ruler y;
    bool found = false;
};

PanelRange rangeOf(const PlotPanel& panel) {
    constexpr double kInf = std::numeric_limits<double>::infinity();
    PanelRange range{{panel.x.scale, kInf, -kInf}, {panel.y.scale, kInf, -kInf}, false};
    const auto take = [](Ruler& ruler, double value) {
        ruler.low = std::min(ruler.low, value);
        ruler.high = std::max(ruler.high, value);
    };
    for (const auto& curve : panel.curves) {
        for (std::size_t i = 0; i < std::min(curve.x.size(), curve.y.size()); ++i) {
            if (!usable(curve.x[i], panel.x.scale) || !usable(curve.y[i], panel.y.scale)) continue;
            take(range.x, curve.x[i]);
            take(range.y, curve.y[i]);
            range.found = true;
        }
    }
    if (!range.found) return range;
    const auto include = [&](Ruler& ruler, const PlotAxis& axis) {
        for (const double value : axis.include) {
            if (usable(value, axis.scale)) take(ruler, value);
        }
    };
    include(range.x, panel.x);
    include(range.y, panel.y);
    for (const auto& mark : panel.marks) {
        Ruler& ruler = mark.axis == MarkAxis::X ? range.x : range.y;
        if (usable(mark.value, ruler.scale)) take(ruler, mark.value);
    }
    widen(range.y, 0.06);
    if (panel.x.names.empty()) {
        widen(range.x, 0.02);
    } else {
        range.x.low = -0.5;
        range.x.high = static_cast<double>(panel.x.names.size()) - 0.5;
    }
    return range;
}

const char* colorOf(const PlotCurve& curve) {
    return kPalette[static_cast<std::size_t>(std::max(0, curve.color)) % kPalette.size()];
}

std::string strokeOf(const PlotCurve& curve) {
    if (curve.style == CurveStyle::Faint) return " stroke-width=\"1\" stroke-opacity=\"0.28\"";
    const auto round = static_cast<std::size_t>(std::max(0, curve.color)) / kPalette.size();
    const std::string dash = kDashes[round % kDashes.size()];
    return " stroke-width=\"1.8\" stroke-linejoin=\"round\"" +
           (dash.empty() ? "" : " stroke-dasharray=\"" + dash + "\"");
}

std::string dotAt(double x, double y, const char* color) {
    return "<circle cx=\"" + px(x) + "\" cy=\"" + px(y) + "\" r=\"3.2\" fill=\"" + color + "\"/>\n";
}

std::string drawCurve(const PlotCurve& curve, const Ruler& x, const Ruler& y) {
    const char* color = colorOf(curve);
    const bool dots = curve.style == CurveStyle::Dots || curve.style == CurveStyle::LineAndDots;
    std::string path;
    std::string circles;
    std::string piece;
    std::size_t count = 0;
    double lastX = 0.0;
    double lastY = 0.0;
    const auto endPiece = [&] {
        if (count == 1 && !dots) circles += dotAt(lastX, lastY, color);
        if (count > 1 && curve.style != CurveStyle::Dots) path += piece;
        piece.clear();
        count = 0;
    };
    for (std::size_t i = 0; i < std::min(curve.x.size(), curve.y.size()); ++i) {
        if (!usable(curve.x[i], x.scale) || !usable(curve.y[i], y.scale)) {
            endPiece();
            continue;
        }
        lastX = x.place(curve.x[i]);
        lastY = y.place(curve.y[i]);
        piece += (count++ == 0 ? "M" : "L") + px(lastX) + " " + px(lastY);
        if (dots) circles += dotAt(lastX, lastY, color);
    }
    endPiece();
    if (path.empty()) return circles;
    return "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + color + "\"" + strokeOf(curve) +
           "/>\n" + circles;
}

std::string drawAxes(const PlotPanel& panel, const Ruler& x, const Ruler& y) {
    std::string out;
    for (const double tick : y.ticks(5)) {
        out += lineAt(x.from, y.place(tick), x.to, y.place(tick), kGrid);
        out += textAt(x.from - 7, y.place(tick) + 4, tickLabel(tick), {"end", 11, kQuiet});
    }
    const bool words = !panel.x.names.empty();
    std::vector<double> places;
    for (std::size_t i = 0; i < panel.x.names.size(); ++i) places.push_back(static_cast<double>(i));
    if (!words) places = x.ticks(8);
    for (std::size_t i = 0; i < places.size(); ++i) {
        const double at = x.place(places[i]);
        out += lineAt(at, y.from, at, y.from + 4, kQuiet);
        out += textAt(at, y.from + 17, words ? panel.x.names[i] : tickLabel(places[i]),
                      {"middle", 11, kQuiet});
    }
    out += lineAt(x.from, y.from, x.to, y.from, kQuiet);
    out += textAt((x.from + x.to) / 2, y.from + 33, panel.x.label, {"middle", 11, kQuiet});
    const double middle = (y.from + y.to) / 2;
    const std::string turned = " transform=\"rotate(-90 14 " + px(middle) + ")\"";
    out += textAt(14, middle, panel.y.label, {"middle", 11, kQuiet, turned.c_str()});
    return out;
}

std::string drawMark(const PlotMark& mark, const Ruler& x, const Ruler& y) {
    const std::string dashed = " stroke-dasharray=\"4 3\"";
    const TextStyle toTheLeft{"end", 10, kQuiet};
    if (mark.axis == MarkAxis::Y) {
        if (!usable(mark.value, y.scale)) return {};
        const double at = y.place(mark.value);
        return lineAt(x.from, at, x.to, at, kQuiet, dashed) +
               textAt(x.to - 2, at - 4, mark.label, toTheLeft);
    }
    if (!usable(mark.value, x.scale)) return {};
    const double at = x.place(mark.value);
    const bool room = at + 4 + textWidth(mark.label) < x.to;
    // At the bottom, to avoid the labels of marks at the top.
    return lineAt(at, y.from, at, y.to, kQuiet, dashed) +
           (room ? textAt(at + 4, y.from - 5, mark.label, {"start", 10, kQuiet})
                 : textAt(at - 4, y.from - 5, mark.label, toTheLeft));
}

/// The legend in rows that fit the width; moves `top` below it.
std::string drawLegend(const PlotPanel& panel, double left, double right, double& top) {
    std::string out;
    double at = left;
    bool any = false;
    for (const auto& curve : panel.curves) {
        if (curve.name.empty()) continue;
        const double width = 24 + textWidth(curve.name) + 16;
        if (any && at + width > right) {
            at = left;
            top += kRowHeight;
        }
        any = true;
        out += curve.style == CurveStyle::Dots
                   ? dotAt(at + 10, top + 8, colorOf(curve))
                   : lineAt(at, top + 8, at + 20, top + 8, colorOf(curve), strokeOf(curve));
        out += textAt(at + 25, top + 12, curve.name);
        at += width;
    }
    if (any) top += kRowHeight;
    return out;
}

/// One panel from `top` down; moves `top` below it.
std::string drawPanel(const PlotPanel& panel, double width, double& top) {
    std::string out = textAt(kLeft, top + 13, panel.title, {"start", 13, kInk});
    top += 20;
    out += drawLegend(panel, kLeft, width - kRight, top);
    top += 6;
    auto range = rangeOf(panel);
    if (!range.found) {
        out += textAt(kLeft, top + 8, "no values", {"start", 11, kQuiet});
        top += 30;
        return out;
    }
    range.x.from = kLeft;
    range.x.to = width - kRight;
    range.y.from = top + panel.heightPx;
    range.y.to = top;
    out += drawAxes(panel, range.x, range.y);
    for (const auto& mark : panel.marks) out += drawMark(mark, range.x, range.y);
    // Faint curves first, so that they do not hide others.
    for (const bool pale : {true, false}) {
        for (const auto& curve : panel.curves) {
            if ((curve.style == CurveStyle::Faint) != pale) continue;
            out += drawCurve(curve, range.x, range.y);
        }
    }
    top += panel.heightPx + 52;
    return out;
}

}  // namespace

std::string svgOf(const Plot& plot) {
    const double width = plot.widthPx;
    double top = 14;
    std::string body;
    if (!plot.title.empty()) {
        body += textAt(kLeft, top + 14, plot.title, {"start", 16, kInk});
        top += 34;
    }
    for (const auto& panel : plot.panels) body += drawPanel(panel, width, top);
    for (const auto& note : plot.notes) {
        body += textAt(kLeft, top + 10, note, {"start", 10, kQuiet});
        top += 15;
    }
    const std::string size = px(width) + "\" height=\"" + px(top + 12);
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"" +
           size + "\" viewBox=\"0 0 " + px(width) + " " + px(top + 12) +
           "\" font-family=\"DejaVu Sans, Verdana, Helvetica, sans-serif\">\n"
           "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" +
           body + "</svg>\n";
}

}  // namespace mcj
