#include "inference/analysis/feature_colors.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <opencv2/core.hpp>

#include "media/base/error.h"

namespace mcj {
namespace {

constexpr FrameIndex kMostBasisFrames = 8;
/// Of the standard deviation, at the ends of each colour: 95 % of normally distributed values are
/// within it.
constexpr float kShownDeviations = 2.0F;

/// Mean and covariance over all cells.
struct Spread {
    std::vector<double> mean;
    cv::Mat covariance;  ///< CV_64F
};

Spread spreadOf(std::span<const FeatureMomentsPtr> frames) {
    std::int64_t cells = 0;
    const std::size_t channels = frames.empty() ? 0 : frames.front()->sums.size();
    std::vector<double> sums(channels, 0.0);
    std::vector<double> products(channels * channels, 0.0);
    for (const FeatureMomentsPtr& frame : frames) {
        if (frame->sums.size() != channels || frame->products.size() != channels * channels) {
            throw Error(ErrorCode::Internal, "features of a clip differ in their channels");
        }
        cells += frame->cells;
        for (std::size_t i = 0; i < channels; ++i) sums[i] += frame->sums[i];
        for (std::size_t i = 0; i < products.size(); ++i) products[i] += frame->products[i];
    }
    if (cells == 0 || channels == 0) {
        throw Error(ErrorCode::Internal, "a basis of features needs at least one cell");
    }
    Spread spread;
    const auto count = static_cast<double>(cells);
    for (const double sum : sums) spread.mean.push_back(sum / count);
    const int side = static_cast<int>(channels);
    spread.covariance = cv::Mat(side, side, CV_64F);
    for (int i = 0; i < side; ++i) {
        for (int j = 0; j < side; ++j) {
            const auto at = static_cast<std::size_t>(i) * channels + static_cast<std::size_t>(j);
            spread.covariance.at<double>(i, j) =
                products[at] / count -
                spread.mean[static_cast<std::size_t>(i)] * spread.mean[static_cast<std::size_t>(j)];
        }
    }
    return spread;
}

/// 1 or -1: the factor that makes the largest component of row `row` positive.
double signOf(const cv::Mat& vectors, int row) {
    double largest = 0.0;
    for (int c = 0; c < vectors.cols; ++c) {
        const double value = vectors.at<double>(row, c);
        if (std::abs(value) > std::abs(largest)) largest = value;
    }
    return largest < 0.0 ? -1.0 : 1.0;
}

}  // namespace

std::vector<FrameIndex> featureBasisFrames(FrameIndex clipFrames) {
    const FrameIndex parts = std::min(kMostBasisFrames, clipFrames);
    std::vector<FrameIndex> frames;
    for (FrameIndex i = 0; i < parts; ++i) {
        // The middle of part i, without an overflow for very long clips.
        const FrameIndex begin = clipFrames / parts * i + clipFrames % parts * i / parts;
        const FrameIndex end = clipFrames / parts * (i + 1) + clipFrames % parts * (i + 1) / parts;
        frames.push_back(begin + (end - begin) / 2);
    }
    return frames;
}

FeatureBasis fitFeatureBasis(std::span<const FeatureMomentsPtr> frames) {
    const Spread spread = spreadOf(frames);
    cv::Mat values;
    cv::Mat vectors;  // one axis per row, in descending order of variance
    cv::eigen(spread.covariance, values, vectors);
    const auto channels = spread.mean.size();
    FeatureBasis basis;
    for (const double mean : spread.mean) {
        basis.projection.origin.push_back(static_cast<float>(mean));
    }
    basis.projection.axes.assign(3 * channels, 0.0F);
    // An axis whose variance is only rounding error would be drawn as noise in full colour.
    const double least = 1e-9 * std::max(values.at<double>(0), 0.0);
    for (int axis = 0; axis < std::min(3, vectors.rows); ++axis) {
        const double variance = values.at<double>(axis);
        if (!(variance > least)) break;
        const double sign = signOf(vectors, axis);
        basis.deviations[static_cast<std::size_t>(axis)] = static_cast<float>(std::sqrt(variance));
        for (int c = 0; c < vectors.cols; ++c) {
            basis.projection
                .axes[static_cast<std::size_t>(axis) * channels + static_cast<std::size_t>(c)] =
                static_cast<float>(sign * vectors.at<double>(axis, c));
        }
    }
    return basis;
}

Raster<std::uint8_t> featureColors(InferenceEngine& engine, const FeatureMap& features,
                                   const FeatureBasis& basis) {
    const Raster<float> values = engine.projectFeatures(features, basis.projection);
    Raster<std::uint8_t> colors(values.size(), 3);
    std::array<float, 3> gains{};
    for (std::size_t c = 0; c < gains.size(); ++c) {
        const float reach = kShownDeviations * basis.deviations[c];
        gains[c] = reach > 0.0F ? 127.5F / reach : 0.0F;
    }
    const auto from = values.values();
    const auto to = colors.values();
    for (std::size_t i = 0; i < from.size(); ++i) {
        const float level = std::clamp(127.5F + from[i] * gains[i % 3], 0.0F, 255.0F);
        to[i] = static_cast<std::uint8_t>(std::lround(level));
    }
    return colors;
}

}  // namespace mcj
