#include "training/variance_covariance.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "media/base/error.h"
#include "training/collective.h"

namespace mcj {
namespace {

/// Positions of [B, C, H, W] on a lattice as rows [B * positions, C].
at::Tensor latticeRows(const at::Tensor& features, std::int64_t maps) {
    constexpr std::int64_t kMaxSamples = 4096;
    const std::int64_t height = features.size(2);
    const std::int64_t width = features.size(3);
    const std::int64_t most = std::max<std::int64_t>(1, kMaxSamples / maps);
    const auto rows = [&](std::int64_t extent, std::int64_t stride) {
        return (extent + stride - 1) / stride;
    };
    std::int64_t stride = 1;
    while (rows(height, stride) * rows(width, stride) > most) ++stride;
    // Half a stride from the border if possible, because features at borders differ.
    const auto along = [&](const at::Tensor& t, std::int64_t axis) {
        return t.slice(axis, std::min(stride, t.size(axis)) / 2, t.size(axis), stride);
    };
    return along(along(features, 2), 3).permute({0, 2, 3, 1}).reshape({-1, features.size(1)});
}

}  // namespace

at::Tensor centredRows(const at::Tensor& rows) {
    if (rows.size(0) < 2) {
        throw Error(ErrorCode::Usage,
                    "variance and covariance need a batch of at least two samples",
                    "Increase the batch in the recipe.");
    }
    return rows - rows.mean(0, true);
}

at::Tensor varianceHinge(const at::Tensor& centred) {
    const auto count = static_cast<double>(centred.size(0));
    const auto deviation = (centred.square().sum(0) / (count - 1) + 1e-4).sqrt();
    return at::relu(1 - deviation).mean();
}

at::Tensor covariancePenalty(const at::Tensor& centred) {
    const std::int64_t count = centred.size(0);
    const std::int64_t dims = centred.size(1);
    const auto scale = 1.0 / static_cast<double>(count - 1);
    at::Tensor off;
    if (2 * count <= dims) {
        // |Z^T Z| = |Z Z^T| in the Frobenius norm, and the latter is small: 384 x 384 instead of
        // 8192 x 8192 in the paper's run. Taking the diagonal away costs no digits, as a covariance
        // of so low a rank has most of its squares off the diagonal.
        const auto gram = at::mm(centred, centred.t());
        off = gram.square().sum() - centred.square().sum(0).square().sum();
    } else {
        const auto product = at::mm(centred.t(), centred);
        // A view of all but the diagonal, which is one column of rows that are one element longer.
        off = product.flatten()
                  .slice(0, 0, dims * dims - 1)
                  .view({dims - 1, dims + 1})
                  .slice(1, 1)
                  .square()
                  .sum();
    }
    return off * (scale * scale / static_cast<double>(dims));
}

double attainableDeviation(const LevelVc& weights, std::int64_t samples, std::int64_t dims) {
    const double spare = static_cast<double>(dims) / static_cast<double>(samples - 1) - 1;
    if (spare <= 0 || weights.covariance <= 0) return 1.0;
    // Where variance (1 - s) + covariance spare s^4 is level.
    return std::min(1.0, std::cbrt(weights.variance / (4 * weights.covariance * spare)));
}

at::Tensor varianceCovariance(const at::Tensor& features, const LevelVc& weights,
                              Collective& processes) {
    const std::int64_t maps = features.size(0) * processes.size();
    const auto centred = centredRows(gatherRows(latticeRows(features, maps), processes));
    auto loss = at::zeros({}, features.options());
    if (weights.variance > 0) loss = loss + varianceHinge(centred) * weights.variance;
    if (weights.covariance > 0) loss = loss + covariancePenalty(centred) * weights.covariance;
    return loss;
}

}  // namespace mcj
