#include "segmentation/review_measures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "media/base/error.h"

namespace mcj {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

void requireEqualLengths(std::size_t a, std::size_t b) {
    if (a == b) return;
    throw Error(ErrorCode::Internal, "lists of " + std::to_string(a) + " and " + std::to_string(b) +
                                         " values cannot be compared");
}

/// From 1 on; equal values have the mean of their ranks.
std::vector<double> ranksOf(std::span<const double> values) {
    const std::vector<std::size_t> order = greatestFirst(values);
    std::vector<double> ranks(values.size());
    for (std::size_t begin = 0; begin < order.size();) {
        std::size_t end = begin + 1;
        while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
        const double rank = (static_cast<double>(begin + 1) + static_cast<double>(end)) / 2.0;
        for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = rank;
        begin = end;
    }
    return ranks;
}

}  // namespace

std::vector<std::size_t> greatestFirst(std::span<const double> values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order,
                             [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
    return order;
}

double rankCorrelation(std::span<const double> a, std::span<const double> b) {
    requireEqualLengths(a.size(), b.size());
    if (a.size() < 2) return kNone;
    const std::vector<double> ranksA = ranksOf(a);
    const std::vector<double> ranksB = ranksOf(b);
    const double middle = (static_cast<double>(a.size()) + 1.0) / 2.0;
    double product = 0.0;
    double squaresA = 0.0;
    double squaresB = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        product += (ranksA[i] - middle) * (ranksB[i] - middle);
        squaresA += (ranksA[i] - middle) * (ranksA[i] - middle);
        squaresB += (ranksB[i] - middle) * (ranksB[i] - middle);
    }
    if (squaresA == 0.0 || squaresB == 0.0) return kNone;
    return product / std::sqrt(squaresA * squaresB);
}

double worstTenthFound(std::span<const double> scores, std::span<const double> losses) {
    requireEqualLengths(scores.size(), losses.size());
    if (scores.empty()) return kNone;
    const std::size_t count = (scores.size() + 9) / 10;
    std::vector<std::size_t> visited = greatestFirst(scores);
    visited.resize(count);
    const std::vector<std::size_t> worst = greatestFirst(losses);
    std::size_t found = 0;
    for (std::size_t i = 0; i < count; ++i) {
        found += std::ranges::find(visited, worst[i]) != visited.end() ? 1 : 0;
    }
    return static_cast<double>(found) / static_cast<double>(count);
}

}  // namespace mcj
