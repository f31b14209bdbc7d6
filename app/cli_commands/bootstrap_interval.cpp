#include "app/cli_commands/bootstrap_interval.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace mcj {
namespace {

constexpr std::size_t kResamples = 10'000;
constexpr std::uint64_t kSeed = 20261126;
constexpr double kTail = 0.025;

/// The value at `share` of the way through sorted values.
double percentileOf(const std::vector<double>& sorted, double share) {
    const double place = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    const double rest = place - static_cast<double>(below);
    return sorted[below] + rest * (sorted[above] - sorted[below]);
}

}  // namespace

std::optional<Interval> bootstrapMean(std::span<const double> values) {
    const std::size_t count = values.size();
    if (count < 2) return std::nullopt;
    std::mt19937_64 random(kSeed);
    std::vector<double> means(kResamples);
    for (double& mean : means) {
        double sum = 0.0;
        for (std::size_t i = 0; i < count; ++i) {
            // The scaled upper half of the bits gives the same draws with every standard library.
            const std::uint64_t draw = (random() >> 32) * static_cast<std::uint64_t>(count) >> 32;
            sum += values[static_cast<std::size_t>(draw)];
        }
        mean = sum / static_cast<double>(count);
    }
    std::sort(means.begin(), means.end());
    return Interval{percentileOf(means, kTail), percentileOf(means, 1.0 - kTail)};
}

}  // namespace mcj
