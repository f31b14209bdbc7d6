#pragma once

#include <vector>

#include "training/flow_pass.h"
#include "training/loss_terms.h"
#include "training/variance_covariance.h"
#include "training/visibility.h"

namespace mcj {

/// Weights of M-JEPA's self-supervised flow losses; equations of the paper.
struct FlowLossSettings {
    double regression = 1.0;  ///< equation (2)
    double l1 = 1.0;          ///< equation (3): reconstruction is a mix of L1, L2 and SSIM,
    double l2 = 1.0;
    double ssim = 1.0;
    double census = 0.0;   ///< or of census transforms: 1 alone in UFlow, SMURF, ARFlow
    int censusRadius = 3;  ///< 3: UFlow's and SMURF's form; 1: ARFlow's
    /// Of reconstruction at the levels that have flow, the finest first: ARFlow's are 1, 1, 1, 1,
    /// 0; the paper only has the finest.
    std::vector<double> levelWeights{1.0};
    double smooth = 50.0;  ///< equation (4), on flow divided by min(H, W) as in ARFlow
    double edge = 10.0;    ///< how strongly image edges reduce smoothness
    int smoothOrder = 1;
    double cycle = 0.2;       ///< equation (5)
    std::vector<LevelVc> vc;  ///< equation (6), levels 1..6; empty: none
    OcclusionUse occlusion = OcclusionUse::ForwardBackward;  ///< how occluded pixels are found
    double occlusionAlpha = 0.01;                            ///< forward-backward test
    double occlusionBeta = 0.5;
    double occlusionFloor = 0.0;   ///< share of consistent pixels below which all count
    double selfSupervision = 0.0;  ///< crop_supervision.h; UFlow 0.6, SMURF 0.3
    double augmentation = 0.0;     ///< augmentation_regularization.h; ARFlow 0.01 to 0.02
};

/// Self-supervised flow loss of pairs, averaged over both directions; the vc terms, whose samples
/// are both pictures' positions, are added once and multiplied by `vcShare`. `occlusion` applies
/// instead of `settings.occlusion`, because a run begins without a test.
///
/// - Reconstruction: of the finest flow at the pictures' size; with `levelWeights` also of coarser
///   ones, each enlarged by the finest level's stride, on pictures averaged down to that size
///   (ARFlow). Summed in the parts l1, l2, ssim, census.
/// - Smoothness: of the flow at the pictures' size, as in ARFlow, whose weights assume that scale.
/// - Regression and cycle: at every level that has flow, of standardised features, whose
///   differences do not depend on their scale; with masks of the pictures' size reduced to the
///   level (as in ARFlow: the occlusion test's constant is in pixels of the picture). Parts
///   regression.2 .., cycle.2 .. .
/// - vc: the variance hinge is on raw features and keeps their scale, which regression and cycle do
///   not affect; covariance is on the standardised features that these two compare. Parts vc.1 ..,
///   for the levels of the encoder.
///
/// With a test of occlusion, measures: `consistent`, the share of pixels that pass it, and
/// `unmasked`, the share of pictures in which fewer than `occlusionFloor` do, so that it does not
/// apply (`OcclusionTest`).
///
/// `selfSupervision` and `augmentation` need a further pass: objectives.h.
[[nodiscard]] LossTerms selfSupervisedFlowLoss(const FlowPass& pass,
                                               const FlowLossSettings& settings,
                                               OcclusionUse occlusion, double vcShare,
                                               Collective& processes);

}  // namespace mcj
