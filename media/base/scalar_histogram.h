#pragma once

#include <vector>

#include "media/base/scalar_map.h"

namespace mcj {

/// How often values occur, in equal bins from `low` to `high`.
struct ScalarHistogram {
    float low = 0.0F;
    float high = 1.0F;          ///< above `low`; the value itself belongs to the last bin
    std::vector<float> shares;  ///< one per bin, of the known pixels
};

struct HistogramOptions {
    int bins = 64;  ///< above 0
    int step = 1;   ///< only every n-th pixel of every n-th row is counted
};

/// Of the known (not NaN) and finite pixels. The bins cover their values and the range
/// [`rangeLow`, `rangeHigh`]. No bins where no pixel is known.
[[nodiscard]] ScalarHistogram histogramOf(const ScalarMap& map, float rangeLow, float rangeHigh,
                                          const HistogramOptions& options = {});

}  // namespace mcj
