#include "media/base/scalar_histogram.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace mcj {

namespace {

template <typename Visit>
void forEachKnown(const ScalarMap& map, int step, Visit&& visit) {
    for (int y = 0; y < map.size().height; y += step) {
        const float* row = map.values.row(y);
        for (int x = 0; x < map.size().width; x += step) {
            if (std::isfinite(row[x])) visit(row[x]);
        }
    }
}

}  // namespace

ScalarHistogram histogramOf(const ScalarMap& map, float rangeLow, float rangeHigh,
                            const HistogramOptions& options) {
    ScalarHistogram histogram{rangeLow, rangeHigh, {}};
    std::size_t known = 0;
    forEachKnown(map, options.step, [&](float value) {
        histogram.low = std::min(histogram.low, value);
        histogram.high = std::max(histogram.high, value);
        ++known;
    });
    if (known == 0 || !(histogram.high > histogram.low)) return histogram;
    std::vector<std::size_t> counts(static_cast<std::size_t>(options.bins));
    const float perUnit = static_cast<float>(options.bins) / (histogram.high - histogram.low);
    forEachKnown(map, options.step, [&](float value) {
        const auto bin = static_cast<std::size_t>((value - histogram.low) * perUnit);
        ++counts[std::min(bin, counts.size() - 1)];
    });
    for (const std::size_t count : counts) {
        histogram.shares.push_back(static_cast<float>(count) / static_cast<float>(known));
    }
    return histogram;
}

}  // namespace mcj
