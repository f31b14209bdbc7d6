#include "training/losses.h"

#include <ATen/ATen.h>

#include "inference/ops/warp.h"
#include "training/photometric_loss.h"
#include "training/smoothness_loss.h"

namespace mcj {
namespace {

constexpr double kHalf = 0.5;  // two directions, averaged

at::Tensor nearestTo(const at::Tensor& mask, const at::Tensor& like) {
    return at::upsample_nearest2d(mask, {like.size(2), like.size(3)});
}

/// Equations (2) and (5) from the first picture to the second.
void addFeatureTerms(LossTerms& terms, const FlowPass& pass, const at::Tensor& visible,
                     const FlowLossSettings& s, Collective& processes) {
    for (const auto& [level, flow] : pass.forward.levels) {
        const auto& x = pass.firstFeatures.level(level);
        const auto mask = nearestTo(visible, x);
        const auto number = std::to_string(level);
        if (s.regression > 0) {
            const auto seen = warp(pass.secondFeatures.level(level), flow);
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

/// Equation (3): the first picture against the second one warped back.
void addReconstruction(LossTerms& terms, const FlowPass& pass, const at::Tensor& visible,
                       const FlowLossSettings& s, Collective& processes) {
    if (s.l1 <= 0 && s.l2 <= 0 && s.ssim <= 0 && s.census <= 0) return;
    const auto warped = warp(pass.second, pass.forward.full, kernels::Border::Clamp);
    const auto difference = pass.first - warped;
    const auto add = [&](const char* name, const at::Tensor& value, const at::Tensor& mask,
                         double weight) {
        terms.add(name, maskedMean(value, mask, processes) * (kHalf * weight));
    };
    const auto inner = [&](std::int64_t border) {
        return visible.slice(2, border, -border).slice(3, border, -border);
    };
    if (s.l1 > 0) add("l1", difference.abs(), visible, s.l1);
    if (s.l2 > 0) add("l2", difference.square(), visible, s.l2);
    if (s.ssim > 0) {
        // Hidden pixels are black in both pictures, so that they cannot differ within a window; a
        // window counts where its centre is visible.
        add("ssim", ssimDistance(pass.first * visible, warped * visible), inner(1), s.ssim);
    }
    if (s.census > 0) {
        add("census", censusDistance(pass.first, warped, s.censusRadius), inner(s.censusRadius),
            s.census);
    }
}

/// Equation (4) on the finest flow.
void addSmoothness(LossTerms& terms, const FlowPass& pass, const FlowLossSettings& s) {
    if (s.smooth <= 0) return;
    const auto& finest = pass.forward.levels.begin()->second;
    const std::int64_t height = finest.size(2);
    const std::int64_t width = finest.size(3);
    const auto image = at::_adaptive_avg_pool2d(pass.first, {height, width});
    const auto value = edgeAwareSmoothness(finest / static_cast<double>(std::min(height, width)),
                                           image, s.edge, s.smoothOrder);
    terms.add("smooth", value * (kHalf * s.smooth));
}

/// Equation (6).
void addVarianceCovariance(LossTerms& terms, const FlowPass& pass, const FlowLossSettings& s,
                           double share, Collective& processes) {
    for (std::size_t i = 0; i < s.vc.size() && i < kLevels; ++i) {
        const LevelVc weights{s.vc[i].variance * share, s.vc[i].covariance * share};
        if (weights.variance <= 0 && weights.covariance <= 0) continue;
        const auto both = at::cat({pass.firstFeatures.levels[i], pass.secondFeatures.levels[i]}, 0);
        terms.add("vc." + std::to_string(i + 1), varianceCovariance(both, weights, processes));
    }
}

}  // namespace

LossTerms selfSupervisedFlowLoss(const FlowPass& pass, const FlowLossSettings& settings,
                                 OcclusionUse occlusion, double vcShare, Collective& processes) {
    LossTerms terms;
    const OcclusionTest test{occlusion, settings.occlusionAlpha, settings.occlusionBeta};
    for (const FlowPass& way : {pass, pass.reversed()}) {
        const auto visible = visiblePixels(way.forward.full, way.backward.full, test);
        addFeatureTerms(terms, way, visible, settings, processes);
        addReconstruction(terms, way, visible, settings, processes);
        addSmoothness(terms, way, settings);
    }
    addVarianceCovariance(terms, pass, settings, vcShare, processes);
    return terms;
}

}  // namespace mcj
