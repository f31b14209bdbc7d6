#include "inference/analysis/map_difference.h"

#include <algorithm>
#include <cmath>

#include "media/base/error.h"

namespace mcj {

ScalarMap mapDifference(const ScalarMap& first, const ScalarMap& second) {
    if (first.size() != second.size()) {
        throw Error(ErrorCode::Input, "the maps of a difference have different sizes",
                    "Compare maps of frames of the same size.");
    }
    float widest = 0.0F;
    for (const ScalarMap* map : {&first, &second}) {
        widest = std::max({widest, std::abs(map->rangeLow), std::abs(map->rangeHigh)});
    }
    const std::string quantity = first.quantity == second.quantity
                                     ? "difference of " + first.quantity
                                     : first.quantity + " minus " + second.quantity;
    ScalarMap map(first.size(), quantity, first.unit == second.unit ? first.unit : std::string(),
                  -widest, widest);
    const auto from = first.values.values();
    const auto taken = second.values.values();
    const auto out = map.values.values();
    // Where one of them is NaN, so is the difference.
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = from[i] - taken[i];
    return map;
}

}  // namespace mcj
