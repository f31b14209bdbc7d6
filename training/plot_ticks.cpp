#include "training/plot_ticks.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace mcj {

std::vector<double> roundTicks(double low, double high, int about) {
    if (!std::isfinite(low) || !std::isfinite(high) || !(low < high)) return {};
    const double rough = (high - low) / std::max(1, about);
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    double step = 10.0 * power;
    for (const double multiple : {5.0, 2.0, 1.0}) {
        if (multiple * power >= rough * 0.999) step = multiple * power;
    }
    std::vector<double> ticks;
    // Multiples of the step: summing a step that is not a binary fraction would accumulate errors.
    const double slack = 1e-9;
    const double first = std::ceil(low / step - slack);
    const double last = std::floor(high / step + slack);
    for (double i = first; i <= last && ticks.size() < 1000; ++i) ticks.push_back(i * step + 0.0);
    return ticks;
}

std::vector<double> logTicks(double low, double high, int about) {
    if (!(low > 0.0) || !std::isfinite(high) || !(low < high)) return {};
    const int first = static_cast<int>(std::floor(std::log10(low)));
    const int last = static_cast<int>(std::ceil(std::log10(high)));
    const double slack = 1e-9;
    const auto inside = [&](double value) {
        return value >= low * (1.0 - slack) && value <= high * (1.0 + slack);
    };
    const auto withMultiples = [&](const std::vector<double>& multiples, int every) {
        std::vector<double> ticks;
        for (int decade = first; decade <= last; ++decade) {
            if (decade % every != 0) continue;
            for (const double multiple : multiples) {
                const double value = multiple * std::pow(10.0, decade);
                if (inside(value)) ticks.push_back(value);
            }
        }
        return ticks;
    };
    const int decades = static_cast<int>(withMultiples({1.0}, 1).size());
    if (decades > about) return withMultiples({1.0}, (decades + about - 1) / std::max(1, about));
    if (decades >= 3) return withMultiples({1.0}, 1);
    auto ticks = withMultiples({1.0, 2.0, 5.0}, 1);
    return ticks.size() >= 2 ? ticks : roundTicks(low, high, about);
}

std::string tickLabel(double value) {
    char text[32];
    const double size = std::abs(value);
    // %g alone turns a million steps into 1e+06, which is hard to read on a step axis.
    const char* format = size >= 1e5 && size < 1e7 ? "%.0f" : "%.6g";
    std::snprintf(text, sizeof text, format, value == 0.0 ? 0.0 : value);
    return text;
}

}  // namespace mcj
