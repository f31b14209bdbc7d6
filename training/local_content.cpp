#include "training/local_content.h"

#include <ATen/ATen.h>

#include "inference/ops/warp.h"
#include "training/variance_covariance.h"
#include "training/visibility.h"

namespace mcj {
namespace {

/// Along one axis: the positions of cells 0..count on the other view minus their own, [N, count].
at::Tensor shiftAlong(const at::Tensor& from, const at::Tensor& to, std::int64_t axis,
                      std::int64_t count, double cells) {
    const auto entry = [](const at::Tensor& crops, std::int64_t i) {
        return crops.select(1, i).unsqueeze(1);
    };
    constexpr std::int64_t kMirrored = 4;
    // Mirroring is left-right and turns a share s of the view's width into 1 - s.
    const auto mirrored = [&](const at::Tensor& share, const at::Tensor& crops) {
        return axis == 1 ? share : at::where(entry(crops, kMirrored).gt(0.5), 1.0 - share, share);
    };
    const auto own = at::arange(count, from.options()).unsqueeze(0);
    const auto place = mirrored((own + 0.5) / cells, from) * entry(from, 2 + axis) +
                       entry(from, axis);  // px of the picture
    const auto share = mirrored((place - entry(to, axis)) / entry(to, 2 + axis), to);
    return share * cells - 0.5 - own;
}

}  // namespace

at::Tensor viewFlow(const at::Tensor& from, const at::Tensor& to, std::int64_t height,
                    std::int64_t width, double cells) {
    const auto u = shiftAlong(from, to, 0, width, cells).unsqueeze(1);
    const auto v = shiftAlong(from, to, 1, height, cells).unsqueeze(2);
    return at::stack({u.expand({-1, height, width}), v.expand({-1, height, width})}, 1);
}

LossTerms localContentLoss(const at::Tensor& first, const at::Tensor& second,
                           const at::Tensor& flow, const at::Tensor& backFlow,
                           const VicregSettings& settings, Collective& processes) {
    constexpr double kHalf = 0.5;  // two ways, or two views, averaged
    LossTerms terms;
    const auto addView = [&](const at::Tensor& own, const at::Tensor& other,
                             const at::Tensor& there) {
        const auto gap = (own - warp(other, there)).square();
        terms.add("local_invariance",
                  maskedMean(gap, insideMask(there), processes) * (kHalf * settings.invariance));
        terms.add("local_variance",
                  varianceCovariance(own, {kHalf * settings.variance, 0.0}, processes));
        // The official code adds the covariance of both views.
        terms.add("local_covariance",
                  varianceCovariance(own, {0.0, settings.covariance}, processes));
    };
    addView(first, second, flow);
    addView(second, first, backFlow);
    return terms;
}

}  // namespace mcj
