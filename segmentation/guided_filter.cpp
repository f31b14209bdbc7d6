#include "segmentation/guided_filter.h"

#include <algorithm>
#include <array>
#include <vector>

#include "media/base/error.h"

namespace mcj {
namespace {

using Plane = Raster<float>;

/// The mean over the window of every pixel, by running sums: first along rows, then along columns.
/// Sums are double: in single precision a running sum over a row drifts by more than the smallest
/// covariances.
Plane boxMean(const Plane& input, int radius) {
    const SizePx size = input.size();
    Plane rows(size, 1);
    for (int y = 0; y < size.height; ++y) {
        const float* in = input.row(y);
        float* out = rows.row(y);
        double sum = 0.0;
        for (int x = 0; x < std::min(radius, size.width); ++x) sum += in[x];
        for (int x = 0; x < size.width; ++x) {
            if (x + radius < size.width) sum += in[x + radius];
            if (x - radius - 1 >= 0) sum -= in[x - radius - 1];
            const int count = std::min(x + radius, size.width - 1) - std::max(x - radius, 0) + 1;
            out[x] = static_cast<float>(sum / count);
        }
    }
    Plane mean(size, 1);
    std::vector<double> sums(static_cast<std::size_t>(size.width), 0.0);
    const auto add = [&](int y, double sign) {
        if (y < 0 || y >= size.height) return;
        const float* in = rows.row(y);
        for (std::size_t x = 0; x < sums.size(); ++x) sums[x] += sign * double{in[x]};
    };
    for (int y = 0; y < radius; ++y) add(y, 1.0);
    for (int y = 0; y < size.height; ++y) {
        add(y + radius, 1.0);
        add(y - radius - 1, -1.0);
        const int count = std::min(y + radius, size.height - 1) - std::max(y - radius, 0) + 1;
        float* out = mean.row(y);
        for (std::size_t x = 0; x < sums.size(); ++x) {
            out[x] = static_cast<float>(sums[x] / count);
        }
    }
    return mean;
}

Plane product(const Plane& a, const Plane& b) {
    Plane result(a.size(), 1);
    for (std::size_t i = 0; i < result.values().size(); ++i) {
        result.values()[i] = a.values()[i] * b.values()[i];
    }
    return result;
}

/// One channel of the guide in 0..1.
Plane channelOf(const Raster<std::uint8_t>& guide, int channel) {
    Plane plane(guide.size(), 1);
    const auto from = guide.values();
    for (std::size_t i = 0; i < plane.values().size(); ++i) {
        plane.values()[i] =
            static_cast<float>(from[3 * i + static_cast<std::size_t>(channel)]) / 255.0F;
    }
    return plane;
}

/// Solves m * x = v for a symmetric positive definite m, given as xx, xy, xz, yy, yz, zz.
std::array<double, 3> solve(const std::array<double, 6>& m, const std::array<double, 3>& v) {
    const double a = m[3] * m[5] - m[4] * m[4];
    const double b = m[2] * m[4] - m[1] * m[5];
    const double c = m[1] * m[4] - m[2] * m[3];
    const double determinant = m[0] * a + m[1] * b + m[2] * c;
    const double d = m[0] * m[5] - m[2] * m[2];
    const double e = m[1] * m[2] - m[0] * m[4];
    const double f = m[0] * m[3] - m[1] * m[1];
    return {(a * v[0] + b * v[1] + c * v[2]) / determinant,
            (b * v[0] + d * v[1] + e * v[2]) / determinant,
            (c * v[0] + e * v[1] + f * v[2]) / determinant};
}

}  // namespace

Raster<float> guidedFilter(const Raster<float>& input, const Raster<std::uint8_t>& guide,
                           const GuidedFilterOptions& options) {
    if (input.size() != guide.size() || guide.channels() != 3) {
        throw Error(ErrorCode::Input, "a map and the picture that guides it differ in size");
    }
    const int radius = std::max(1, options.radiusPx);
    // The order of the pairs is that of `solve`.
    constexpr std::array<std::array<std::size_t, 2>, 6> kPairs{
        {{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}}};
    std::array<Plane, 3> colour;
    std::array<Plane, 3> colourMean;
    std::array<Plane, 3> colourTimesInput;
    for (std::size_t c = 0; c < 3; ++c) {
        colour[c] = channelOf(guide, static_cast<int>(c));
        colourMean[c] = boxMean(colour[c], radius);
        colourTimesInput[c] = boxMean(product(colour[c], input), radius);
    }
    std::array<Plane, 6> squares;
    for (std::size_t i = 0; i < kPairs.size(); ++i) {
        squares[i] = boxMean(product(colour[kPairs[i][0]], colour[kPairs[i][1]]), radius);
    }
    const Plane inputMean = boxMean(input, radius);
    std::array<Plane, 4> line;  // the three factors, then the offset
    for (Plane& plane : line) plane = Plane(input.size(), 1);
    for (std::size_t i = 0; i < inputMean.values().size(); ++i) {
        const auto mean = [&](std::size_t c) { return double{colourMean[c].values()[i]}; };
        std::array<double, 6> covariance{};
        for (std::size_t k = 0; k < kPairs.size(); ++k) {
            const auto [first, second] = kPairs[k];
            covariance[k] = double{squares[k].values()[i]} - mean(first) * mean(second) +
                            (first == second ? double{options.epsilon} : 0.0);
        }
        const double level = double{inputMean.values()[i]};
        std::array<double, 3> withInput{};
        for (std::size_t c = 0; c < 3; ++c) {
            withInput[c] = double{colourTimesInput[c].values()[i]} - mean(c) * level;
        }
        const auto factors = solve(covariance, withInput);
        double offset = level;
        for (std::size_t c = 0; c < 3; ++c) {
            line[c].values()[i] = static_cast<float>(factors[c]);
            offset -= factors[c] * mean(c);
        }
        line[3].values()[i] = static_cast<float>(offset);
    }
    for (Plane& plane : line) plane = boxMean(plane, radius);
    Raster<float> result = std::move(line[3]);
    for (std::size_t c = 0; c < 3; ++c) {
        for (std::size_t i = 0; i < result.values().size(); ++i) {
            result.values()[i] += line[c].values()[i] * colour[c].values()[i];
        }
    }
    return result;
}

}  // namespace mcj
