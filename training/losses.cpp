#include "training/losses.h"

#include <torch/torch.h>

#include "inference/ops/consistency.h"
#include "inference/ops/warp.h"
#include "training/collective.h"

namespace mcj {
namespace {

/// 1 where p + flow(p) lies within the picture.
at::Tensor insideMask(const at::Tensor& flow) {
    const std::int64_t height = flow.size(2);
    const std::int64_t width = flow.size(3);
    const auto x = at::arange(width, flow.options()).view({1, 1, 1, width}) + flow.narrow(1, 0, 1);
    const auto y = at::arange(height, flow.options()).view({1, 1, height, 1}) + flow.narrow(1, 1, 1);
    return (x.ge(0) & y.ge(0) & x.le(width - 1) & y.le(height - 1)).to(flow.scalar_type());
}

at::Tensor nearestTo(const at::Tensor& mask, const at::Tensor& like) {
    return at::upsample_nearest2d(mask, {like.size(2), like.size(3)});
}

void addDirection(LossTerms& terms, const FlowView& view, const FlowLossSettings& s) {
    constexpr double kHalf = 0.5;  // two directions, averaged
    const auto mean = [&](const at::Tensor& value, const at::Tensor& mask) {
        return maskedMean(value, mask, view.processes);
    };
    const auto& weight = view.visible;
    if (s.regression > 0 || s.cycle > 0) {
        at::Tensor regression;
        at::Tensor cycle;
        for (const auto& [level, flow] : view.flow.levels) {
            const auto& x = view.features.level(level);
            const auto mask = nearestTo(weight, x);
            const auto seen = mean((x - warp(view.otherFeatures.level(level), flow)).square(), mask);
            regression = regression.defined() ? regression + seen : seen;
            if (s.cycle > 0) {
                const auto there = warp(x, view.backFlow.levels.at(level));
                const auto returned = mean((x - warp(there, flow)).square(), mask);
                cycle = cycle.defined() ? cycle + returned : returned;
            }
        }
        if (s.regression > 0) terms.add("regression", regression * (kHalf * s.regression));
        if (s.cycle > 0) terms.add("cycle", cycle * (kHalf * s.cycle));
    }
    if (s.l1 > 0 || s.l2 > 0 || s.ssim > 0) {
        const auto warped = warp(view.otherImage, view.flow.full, kernels::Border::Clamp);
        const auto difference = view.image - warped;
        if (s.l1 > 0) terms.add("l1", mean(difference.abs(), weight) * (kHalf * s.l1));
        if (s.l2 > 0) terms.add("l2", mean(difference.square(), weight) * (kHalf * s.l2));
        if (s.ssim > 0) {
            const auto distance = ssimDistance(view.image * weight, warped * weight);
            const auto inner = weight.slice(2, 1, -1).slice(3, 1, -1);
            terms.add("ssim", mean(distance, inner) * (kHalf * s.ssim));
        }
    }
    if (s.smooth > 0) {
        const auto& finest = view.flow.levels.begin()->second;
        const auto scaled =
            finest / static_cast<double>(std::min(finest.size(2), finest.size(3)));
        const auto small = at::_adaptive_avg_pool2d(view.image, {finest.size(2), finest.size(3)});
        terms.add("smooth",
                  edgeAwareSmoothness(scaled, small, s.edge, s.smoothOrder) * (kHalf * s.smooth));
    }
}

}  // namespace

at::Tensor ssimDistance(const at::Tensor& a, const at::Tensor& b) {
    constexpr double kC1 = 0.01 * 0.01;
    constexpr double kC2 = 0.03 * 0.03;
    const auto pool = [](const at::Tensor& t) { return at::avg_pool2d(t, {3, 3}, {1, 1}); };
    const auto meanA = pool(a);
    const auto meanB = pool(b);
    const auto varianceA = pool(a * a) - meanA * meanA;
    const auto varianceB = pool(b * b) - meanB * meanB;
    const auto covariance = pool(a * b) - meanA * meanB;
    const auto ssim = ((2 * meanA * meanB + kC1) * (2 * covariance + kC2)) /
                      ((meanA * meanA + meanB * meanB + kC1) * (varianceA + varianceB + kC2));
    return ((1 - ssim) / 2).clamp(0, 1);
}

at::Tensor edgeAwareSmoothness(const at::Tensor& flow, const at::Tensor& image, double edge,
                               int order) {
    const auto difference = [](const at::Tensor& t, std::int64_t axis) {
        return t.slice(axis, 1) - t.slice(axis, 0, -1);
    };
    at::Tensor total;
    for (const std::int64_t axis : {std::int64_t{3}, std::int64_t{2}}) {
        auto weight = (difference(image, axis).abs().mean(1, true) * -edge).exp();
        auto change = difference(flow, axis);
        if (order == 2) {
            change = difference(change, axis);
            weight = weight.slice(axis, 1);
        }
        const auto term = (weight * change.abs() / 2).mean() / 2;
        total = total.defined() ? total + term : term;
    }
    return total;
}

at::Tensor varianceCovariance(const at::Tensor& features, const LevelVc& weights) {
    constexpr std::int64_t kMaxSamples = 4096;
    auto samples = features.permute({0, 2, 3, 1}).reshape({-1, features.size(1)});
    const std::int64_t step = (samples.size(0) + kMaxSamples - 1) / kMaxSamples;
    samples = samples.slice(0, 0, samples.size(0), step);
    const auto count = static_cast<double>(samples.size(0));
    const auto dims = static_cast<double>(samples.size(1));
    samples = samples - samples.mean(0, true);
    auto loss = at::zeros({}, features.options());
    if (weights.variance > 0) {
        const auto deviation = (samples.square().sum(0) / (count - 1) + 1e-4).sqrt();
        loss = loss + at::relu(1 - deviation).mean() * weights.variance;
    }
    if (weights.covariance > 0) {
        const auto covariance = at::mm(samples.t(), samples) / (count - 1);
        const auto off = covariance.square().sum() - covariance.diagonal().square().sum();
        loss = loss + off / dims * weights.covariance;
    }
    return loss;
}

LossTerms selfSupervisedFlowLoss(const at::Tensor& first, const at::Tensor& second,
                                 const FeaturePyramid& firstFeatures,
                                 const FeaturePyramid& secondFeatures, const FlowPyramid& forward,
                                 const FlowPyramid& backward, const FlowLossSettings& settings,
                                 OcclusionUse occlusion, Collective& processes) {
    Visibility visible;
    if (occlusion == OcclusionUse::ForwardBackward) {
        const auto test = [&](const at::Tensor& there, const at::Tensor& back) {
            return 1 - checkConsistency(there, back, settings.occlusionAlpha,
                                        settings.occlusionBeta)
                           .occluded;
        };
        visible = {test(forward.full, backward.full), test(backward.full, forward.full)};
    } else {
        visible = {insideMask(forward.full.detach()), insideMask(backward.full.detach())};
    }
    LossTerms terms;
    addDirection(terms,
                 {first, second, firstFeatures, secondFeatures, forward, backward, visible.first, processes},
                 settings);
    addDirection(terms,
                 {second, first, secondFeatures, firstFeatures, backward, forward, visible.second, processes},
                 settings);
    for (std::size_t i = 0; i < settings.vc.size() && i < kLevels; ++i) {
        if (settings.vc[i].variance <= 0 && settings.vc[i].covariance <= 0) continue;
        const auto both = at::cat({firstFeatures.levels[i], secondFeatures.levels[i]}, 0);
        terms.add("vc", varianceCovariance(both, settings.vc[i]));
    }
    return terms;
}

}  // namespace mcj
