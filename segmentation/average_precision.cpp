#include "segmentation/average_precision.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace mcj {

std::optional<double> averagePrecision(std::span<const float> scores,
                                       std::span<const std::uint8_t> wanted,
                                       std::span<const std::uint8_t> counts) {
    std::vector<std::pair<float, bool>> items;
    items.reserve(scores.size());
    std::size_t wantedItems = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (std::isnan(scores[i]) || (!counts.empty() && counts[i] == 0)) continue;
        items.emplace_back(scores[i], wanted[i] != 0);
        wantedItems += wanted[i] != 0 ? 1 : 0;
    }
    if (wantedItems == 0) return std::nullopt;
    std::sort(items.begin(), items.end(),
              [](const auto& a, const auto& b) { return a.first > b.first; });
    double area = 0.0;
    std::size_t found = 0;
    for (std::size_t i = 0; i < items.size();) {
        std::size_t end = i;
        std::size_t gained = 0;
        for (; end < items.size() && items[end].first == items[i].first; ++end) {
            gained += items[end].second ? 1 : 0;
        }
        found += gained;
        area += static_cast<double>(gained) * static_cast<double>(found) / static_cast<double>(end);
        i = end;
    }
    return area / static_cast<double>(wantedItems);
}

}  // namespace mcj
