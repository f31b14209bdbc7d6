#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "inference/model/feature_pyramid.h"
#include "inference/model/flow_estimator.h"
#include "training/loss_terms.h"

namespace mcj {

/// Coefficients of the variance-covariance terms of one level.
struct LevelVc {
    double variance = 0.0;
    double covariance = 0.0;
};

/// Weights of M-JEPA's self-supervised flow losses; equations of the paper.
struct FlowLossSettings {
    double regression = 1.0;      ///< equation (2)
    double l1 = 1.0;              ///< equation (3): reconstruction is a mix of L1, L2 and SSIM
    double l2 = 1.0;
    double ssim = 1.0;
    double smooth = 50.0;         ///< equation (4), on flow divided by min(H, W) as in ARFlow
    double edge = 10.0;           ///< how fast smoothness gives way at image edges
    int smoothOrder = 1;
    double cycle = 0.2;           ///< equation (5)
    std::vector<LevelVc> vc;      ///< equation (6), levels 1..6; empty: none
    double occlusionAlpha = 0.01; ///< forward-backward test
    double occlusionBeta = 0.5;
};

/// Weights [B, 1, H, W] of 1 where a pixel counts, constant in the graph.
struct Visibility {
    at::Tensor first;   ///< on the grid of the first picture
    at::Tensor second;
};

/// One direction's inputs: pictures in [0, 1], their features, flow there and back.
struct FlowView {
    const at::Tensor& image;
    const at::Tensor& otherImage;
    const FeaturePyramid& features;
    const FeaturePyramid& otherFeatures;
    const FlowPyramid& flow;
    const FlowPyramid& backFlow;
    at::Tensor visible;  ///< [B, 1, H, W]
    Collective& processes;
};

/// Self-supervised flow loss of a pair in both directions, averaged; the vc terms are added once.
/// `maskOccluded`: exclude pixels that fail the forward-backward test; else only those whose target
/// lies outside the picture.
enum class OcclusionUse { OutsideOnly, ForwardBackward };
[[nodiscard]] LossTerms selfSupervisedFlowLoss(const at::Tensor& first, const at::Tensor& second,
                                               const FeaturePyramid& firstFeatures,
                                               const FeaturePyramid& secondFeatures,
                                               const FlowPyramid& forward,
                                               const FlowPyramid& backward,
                                               const FlowLossSettings& settings,
                                               OcclusionUse occlusion, Collective& processes);

/// SSIM distance clamp((1 - SSIM) / 2, 0, 1) over 3x3 windows without padding, [B, C, H-2, W-2]
/// (ARFlow loss_blocks.py). Pictures in [0, 1].
[[nodiscard]] at::Tensor ssimDistance(const at::Tensor& a, const at::Tensor& b);

/// Edge-aware smoothness of first or second order, a scalar (ARFlow's form).
[[nodiscard]] at::Tensor edgeAwareSmoothness(const at::Tensor& flow, const at::Tensor& image,
                                             double edge, int order);

/// Variance hinge and off-diagonal covariance of a feature map [B, C, H, W], positions of the batch
/// as samples, at most 4096 of them evenly spaced (VICReg, Bardes et al. 2022, equations 1 and 4).
[[nodiscard]] at::Tensor varianceCovariance(const at::Tensor& features, const LevelVc& weights);

}  // namespace mcj
