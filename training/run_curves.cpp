#include "training/run_curves.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

namespace mcj {
namespace {

constexpr const char* kStepsLabel = "steps done";

enum class ScaleChoice { Linear, ByRange };

struct NumberPlace {
    const char* metric;  ///< or the beginning of its name
    const char* title;
    const char* unit;
    ScaleChoice scale;
};

// In the order of their panels. Other numbers get separate panels after these.
constexpr std::array<NumberPlace, 4> kPlaces{{
    {"gradient_norm", "Gradient norm, before clipping", "L2 norm", ScaleChoice::ByRange},
    {"learning_rate", "Learning rate", "", ScaleChoice::Linear},
    {"samples_per_sec", "Speed", "samples / s", ScaleChoice::Linear},
    {"steps_per_sec", "Speed, in steps", "steps / s", ScaleChoice::Linear},
}};

double median(std::vector<double>& values) {
    if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// Logarithmic for positive values of very different size: early losses would hide the rest.
AxisScale scaleFor(const std::vector<PlotCurve>& curves) {
    double low = std::numeric_limits<double>::infinity();
    double high = 0.0;
    for (const auto& curve : curves) {
        for (const double value : curve.y) {
            if (!std::isfinite(value)) continue;
            if (value <= 0.0) return AxisScale::Linear;
            low = std::min(low, value);
            high = std::max(high, value);
        }
    }
    return high > 5.0 * low ? AxisScale::Log : AxisScale::Linear;
}

/// The raw curve, faint, and the smoothed one; short series are not smoothed.
void addCurves(std::vector<PlotCurve>& curves, const MetricSeries& series, const std::string& name,
               int color) {
    const auto raw = thinned(series);
    const std::size_t window = smoothingWindow(series.value.size());
    if (window < 3) {
        curves.push_back({name, raw.step, raw.value, CurveStyle::Line, color});
        return;
    }
    const auto smooth = smoothed(series, window);
    curves.push_back({"", raw.step, raw.value, CurveStyle::Faint, color});
    curves.push_back({name, smooth.step, smooth.value, CurveStyle::Line, color});
}

/// The content of a panel, and the end of its step axis.
struct PanelHead {
    std::string title;
    std::string unit;
    double steps = 0.0;
    ScaleChoice scale = ScaleChoice::ByRange;
};

PlotPanel panelOf(const PanelHead& head, std::vector<PlotCurve> curves) {
    PlotPanel panel;
    panel.title = head.title;
    panel.x.label = kStepsLabel;
    // The same range for all panels, so that the same step is at the same position.
    panel.x.include = {0.0, head.steps};
    panel.y.label = head.unit;
    if (head.scale == ScaleChoice::ByRange) panel.y.scale = scaleFor(curves);
    panel.curves = std::move(curves);
    return panel;
}

/// "loss.motion.full" belongs to the family "loss.motion".
std::string familyOf(const std::string& metric) {
    const auto first = metric.find('.');
    const auto second = first == std::string::npos ? first : metric.find('.', first + 1);
    return metric.substr(0, second == std::string::npos ? first : second);
}

/// The panels of one run; each number is drawn once.
class RunPanels {
public:
    explicit RunPanels(const RunLog& run) : run_(run) { plot_.title = run.name; }

    [[nodiscard]] Plot draw() {
        add({"Loss", "weighted sum", steps()}, {"loss"});
        for (const auto& family : families("loss.")) {
            add({"Losses: " + family.substr(5), "weighted", steps()}, members(family));
        }
        addErrors();
        for (const auto& place : kPlaces) {
            add({place.title, place.unit, steps(), place.scale}, run_.namesWith(place.metric));
        }
        for (const auto& family : families("")) add({family, "", steps()}, members(family));
        return std::move(plot_);
    }

private:
    [[nodiscard]] double steps() const { return static_cast<double>(run_.stepsDone); }

    [[nodiscard]] std::vector<std::string> families(const std::string& prefix) const {
        std::vector<std::string> found;
        for (const auto& metric : run_.namesWith(prefix)) {
            const auto family = familyOf(metric);
            if (std::find(found.begin(), found.end(), family) == found.end()) {
                found.push_back(family);
            }
        }
        return found;
    }

    [[nodiscard]] std::vector<std::string> members(const std::string& family) const {
        std::vector<std::string> names;
        for (const auto& name : run_.namesWith(family)) {
            if (familyOf(name) == family) names.push_back(name);
        }
        return names;
    }

    void add(const PanelHead& head, const std::vector<std::string>& metrics) {
        std::vector<PlotCurve> curves;
        int color = 0;
        for (const auto& metric : metrics) {
            const MetricSeries* series = run_.find(metric);
            if (series == nullptr || !drawn_.insert(metric).second) continue;
            addCurves(curves, *series, metric, color++);
        }
        if (!curves.empty()) plot_.panels.push_back(panelOf(head, std::move(curves)));
    }

    void addErrors() {
        std::vector<PlotCurve> curves;
        if (const auto* zero = run_.find("zero_epe_px")) addCurves(curves, *zero, "zero motion", 6);
        if (const auto* train = run_.find("epe_px")) {
            addCurves(curves, *train, "training batches", 0);
        }
        if (const auto* held = run_.find("validation_epe_px")) {
            curves.push_back({"validation", held->step, held->value, CurveStyle::LineAndDots, 1});
        }
        drawn_.insert({"zero_epe_px", "epe_px", "validation_epe_px"});
        if (curves.empty()) return;
        plot_.panels.push_back(
            panelOf({"Flow error on synthetic motion", "EPE, px", steps()}, std::move(curves)));
    }

    const RunLog& run_;
    Plot plot_;
    std::set<std::string> drawn_{"eta_secs"};
};

Plot plotOfSeveral(const std::vector<RunLog>& runs) {
    Plot plot;
    plot.title = std::to_string(runs.size()) + " runs";
    double steps = 0.0;
    for (const auto& run : runs) steps = std::max(steps, static_cast<double>(run.stepsDone));
    const auto compare = [&](const PanelHead& head, const std::string& metric) {
        std::vector<PlotCurve> curves;
        // A run has the same colour in every panel, even if another run lacks the number.
        for (std::size_t i = 0; i < runs.size(); ++i) {
            const auto* series = runs[i].find(metric);
            if (series == nullptr) continue;
            if (metric == "validation_epe_px") {
                curves.push_back({runs[i].name, series->step, series->value,
                                  CurveStyle::LineAndDots, static_cast<int>(i)});
            } else {
                addCurves(curves, *series, runs[i].name, static_cast<int>(i));
            }
        }
        if (!curves.empty()) plot.panels.push_back(panelOf(head, std::move(curves)));
    };
    compare({"Loss", "weighted sum", steps}, "loss");
    compare({"Validation", "EPE, px", steps}, "validation_epe_px");
    compare({"Flow error on training batches", "EPE, px", steps}, "epe_px");
    for (const auto& place : kPlaces) {
        compare({place.title, place.unit, steps, place.scale}, place.metric);
    }
    return plot;
}

}  // namespace

std::size_t smoothingWindow(std::size_t length) { return length / 25 | 1U; }

MetricSeries smoothed(const MetricSeries& series, std::size_t window, std::size_t points) {
    MetricSeries out;
    const std::size_t length = series.value.size();
    const std::size_t count = std::min(points, length);
    for (std::size_t k = 0; k < count; ++k) {
        // Evenly spaced and with both ends.
        const std::size_t at = count == 1 ? 0 : k * (length - 1) / (count - 1);
        // Half a window at the ends, because a single value may be an outlier.
        const std::size_t reach = window / 2;
        const std::size_t end = std::min(length, at + reach + 1);
        std::vector<double> near;
        for (std::size_t i = at - std::min(at, reach); i < end; ++i) {
            if (std::isfinite(series.value[i])) near.push_back(series.value[i]);
        }
        out.step.push_back(series.step[at]);
        out.value.push_back(median(near));
    }
    return out;
}

MetricSeries thinned(const MetricSeries& series, std::size_t bins) {
    const std::size_t length = series.value.size();
    if (length <= 2 * bins) return series;
    MetricSeries out;
    for (std::size_t bin = 0; bin < bins; ++bin) {
        const std::size_t begin = bin * length / bins;
        const std::size_t end = (bin + 1) * length / bins;
        std::size_t low = begin;
        std::size_t high = begin;
        for (std::size_t i = begin; i < end; ++i) {
            if (!std::isfinite(series.value[i])) continue;
            // A NaN at the beginning does not compare: it is replaced by the first number.
            if (!(series.value[i] >= series.value[low])) low = i;
            if (!(series.value[i] <= series.value[high])) high = i;
        }
        for (const std::size_t i : {std::min(low, high), std::max(low, high)}) {
            out.step.push_back(series.step[i]);
            out.value.push_back(series.value[i]);
            if (low == high) break;
        }
    }
    return out;
}

Plot plotOfRuns(const std::vector<RunLog>& runs) {
    Plot plot = runs.size() == 1 ? RunPanels(runs.front()).draw() : plotOfSeveral(runs);
    plot.notes.push_back("Pale: as measured. Strong: running median over a 25th of the run.");
    return plot;
}

}  // namespace mcj
