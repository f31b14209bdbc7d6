#include "training/losses.h"

#include <ATen/ATen.h>

#include "inference/ops/standardize.h"
#include "inference/ops/warp.h"
#include "training/photometric_loss.h"
#include "training/smoothness_loss.h"

namespace mcj {
namespace {

constexpr double kHalf = 0.5;  // two directions, averaged

at::Tensor nearestTo(const at::Tensor& mask, const at::Tensor& like) {
    return at::upsample_nearest2d(mask, {like.size(2), like.size(3)});
}

/// Equations (2) and (5) from the first picture to the second, on standardised features, because
/// raw ones could reduce the loss by shrinking.
void addFeatureTerms(LossTerms& terms, const FlowPass& pass, const FeaturePyramid& firstFeatures,
                     const FeaturePyramid& secondFeatures, const at::Tensor& visible,
                     const FlowLossSettings& s, Collective& processes) {
    for (const auto& [level, flow] : pass.forward.levels) {
        const auto& x = firstFeatures.level(level);
        const auto mask = nearestTo(visible, x);
        const auto number = std::to_string(level);
        if (s.regression > 0) {
            const auto seen = warp(secondFeatures.level(level), flow);
            terms.add("regression." + number,
                      maskedMean((x - seen).square(), mask, processes) * (kHalf * s.regression));
        }
        if (s.cycle > 0) {
            const auto there = warp(x, pass.backward.levels.at(level));
            terms.add(
                "cycle." + number,
                maskedMean((x - warp(there, flow)).square(), mask, processes) * (kHalf * s.cycle));
        }
    }
}

/// Equation (3) at one size: the first picture against the second one warped back by `flow`, which
/// is in pixels of these pictures.
void addReconstruction(LossTerms& terms, const at::Tensor& first, const at::Tensor& second,
                       const at::Tensor& flow, const at::Tensor& visible, const FlowLossSettings& s,
                       double share, Collective& processes) {
    const auto warped = warp(second, flow, kernels::Border::Clamp);
    const auto difference = first - warped;
    const auto add = [&](const char* name, const at::Tensor& value, const at::Tensor& mask,
                         double weight) {
        terms.add(name, maskedMean(value, mask, processes) * (kHalf * share * weight));
    };
    const auto inner = [&](std::int64_t border) {
        return visible.slice(2, border, -border).slice(3, border, -border);
    };
    if (s.l1 > 0) add("l1", difference.abs(), visible, s.l1);
    if (s.l2 > 0) add("l2", difference.square(), visible, s.l2);
    if (s.ssim > 0) {
        // Hidden pixels are black in both pictures, so that they do not differ within a window; a
        // window counts if its centre is visible.
        add("ssim", ssimDistance(first * visible, warped * visible), inner(1), s.ssim);
    }
    if (s.census > 0) {
        add("census", censusDistance(first, warped, s.censusRadius), inner(s.censusRadius),
            s.census);
    }
}

/// Equation (3), and ARFlow's terms at coarser levels.
void addReconstructions(LossTerms& terms, const FlowPass& pass, const at::Tensor& visible,
                        const FlowLossSettings& s, Collective& processes) {
    if (s.l1 <= 0 && s.l2 <= 0 && s.ssim <= 0 && s.census <= 0) return;
    std::size_t place = 0;
    const int finest = pass.forward.levels.begin()->first;
    const std::int64_t enlargement = std::int64_t{1} << finest;
    for (const auto& [level, flow] : pass.forward.levels) {
        if (place >= s.levelWeights.size()) return;
        const double share = s.levelWeights[place++];
        if (share <= 0) continue;
        if (level == finest) {
            addReconstruction(terms, pass.first, pass.second, pass.forward.full, visible, s, share,
                              processes);
            continue;
        }
        const std::int64_t height = flow.size(2) * enlargement;
        const std::int64_t width = flow.size(3) * enlargement;
        const auto enlarged = at::upsample_bilinear2d(flow, {height, width}, false) *
                              static_cast<double>(enlargement);
        const auto first = at::_adaptive_avg_pool2d(pass.first, {height, width});
        addReconstruction(terms, first, at::_adaptive_avg_pool2d(pass.second, {height, width}),
                          enlarged, nearestTo(visible, first), s, share, processes);
    }
}

/// Equation (4) on the flow at the pictures' size.
void addSmoothness(LossTerms& terms, const FlowPass& pass, const FlowLossSettings& s) {
    if (s.smooth <= 0) return;
    const auto& flow = pass.forward.full;
    const auto shorter = static_cast<double>(std::min(flow.size(2), flow.size(3)));
    const auto value = edgeAwareSmoothness(flow / shorter, pass.first, s.edge, s.smoothOrder);
    terms.add("smooth", value * (kHalf * s.smooth));
}

/// Equation (6).
void addVarianceCovariance(LossTerms& terms, const FlowPass& pass, const FeaturePyramid& first,
                           const FeaturePyramid& second, const FlowLossSettings& s, double share,
                           Collective& processes) {
    for (std::size_t i = 0; i < s.vc.size() && i < kLevels; ++i) {
        const LevelVc variance{s.vc[i].variance * share, 0.0};
        const LevelVc covariance{0.0, s.vc[i].covariance * share};
        if (!pass.firstFeatures.levels[i].defined()) continue;
        const auto name = "vc." + std::to_string(i + 1);
        if (variance.variance > 0) {
            const auto both =
                at::cat({pass.firstFeatures.levels[i], pass.secondFeatures.levels[i]}, 0);
            terms.add(name, varianceCovariance(both, variance, processes));
        }
        if (covariance.covariance > 0) {
            const auto both = at::cat({first.levels[i], second.levels[i]}, 0);
            terms.add(name, varianceCovariance(both, covariance, processes));
        }
    }
}

FeaturePyramid standardized(const FeaturePyramid& features) {
    FeaturePyramid result;
    for (std::size_t i = 0; i < features.levels.size(); ++i) {
        if (features.levels[i].defined()) {
            result.levels[i] = standardizedChannels(features.levels[i]);
        }
    }
    return result;
}

}  // namespace

LossTerms selfSupervisedFlowLoss(const FlowPass& pass, const FlowLossSettings& settings,
                                 OcclusionUse occlusion, double vcShare, Collective& processes) {
    LossTerms terms;
    const OcclusionTest test{.use = occlusion,
                             .alpha = settings.occlusionAlpha,
                             .beta = settings.occlusionBeta,
                             .floor = settings.occlusionFloor};
    const auto first = standardized(pass.firstFeatures);
    const auto second = standardized(pass.secondFeatures);
    const auto addWay = [&](const FlowPass& way, const FeaturePyramid& from,
                            const FeaturePyramid& to) {
        const auto seen = visibility(way.forward.full, way.backward.full, test);
        addFeatureTerms(terms, way, from, to, seen.pixels, settings, processes);
        addReconstructions(terms, way, seen.pixels, settings, processes);
        addSmoothness(terms, way, settings);
        if (!seen.consistent.defined()) return;
        terms.measure("consistent", seen.consistent.mean() * kHalf);
        terms.measure("unmasked", seen.unmasked.mean() * kHalf);
    };
    addWay(pass, first, second);
    addWay(pass.reversed(), second, first);
    addVarianceCovariance(terms, pass, first, second, settings, vcShare, processes);
    return terms;
}

}  // namespace mcj
