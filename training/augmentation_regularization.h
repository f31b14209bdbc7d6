#pragma once

#include <span>
#include <vector>

#include "training/augmentations.h"
#include "training/flow_pass.h"
#include "training/loss_terms.h"
#include "training/motion_scene.h"
#include "training/sample_rng.h"

namespace mcj {

/// Regularisation by augmentation (ARFlow, Liu et al. 2020): the transformed flow of the plain
/// pictures supervises the flow of augmented, harder pictures. The defaults are those of its Sintel
/// configuration (configs/sintel_ft_ar.json); rotation is by angle in the picture, not in
/// coordinates scaled by its sides.
struct AugmentationRegularization {
    double rotationMax = 0.2;  ///< rad
    double zoomMax = 1.5;      ///< from 1
    double squeezeMin = 0.86;
    double squeezeMax = 1.16;
    double shiftMax = 0.05;  ///< of the side: ARFlow's 0.2, which it halves, of half the side
    /// The second picture's additional motion, as in ARFlow.
    double ownRotationMax = 0.015;
    double ownZoomMax = 0.015;
    double ownShiftMax = 0.00375;
    PhotometricConfig looks{.gainSigma = 0.1,
                            .brightnessSigma = 0.15,
                            .contrastSigma = 0.25,
                            .saturationMin = 0.5,
                            .saturationMax = 1.5,
                            .toneMax = 0.35,
                            .asymmetry = 0.0,
                            .noiseMax = 0.0,
                            .blurShare = 0.5,
                            .blurSigmaMax = 1.2};
};

/// Where a pixel of an augmented picture comes from in the plain one: affine maps of px.
struct AugmentedView {
    PlaneMap first;
    PlaneMap second;
};

/// A view whose two pictures are inside the plain ones; the plain ones if none is found in 50
/// tries.
[[nodiscard]] AugmentedView drawView(std::int64_t height, std::int64_t width,
                                     const AugmentationRegularization& settings, SampleRng& rng);

/// The target flow between augmented pictures; no gradient.
struct AugmentedFlow {
    at::Tensor flow;     ///< [B, 2, H, W] px
    at::Tensor visible;  ///< [B, 1, H, W] in [0, 1]
};

/// `flow` and `visible` between the plain pictures, transformed by one view per pair: a pixel p
/// comes from first(p), moves to first(p) + flow(first(p)), and is at q with second(q) = that.
[[nodiscard]] AugmentedFlow augmentedFlow(const at::Tensor& flow, const at::Tensor& visible,
                                          std::span<const AugmentedView> views);

/// Pictures [B, 3, H, W] warped by one map each.
[[nodiscard]] at::Tensor augmentedPictures(const at::Tensor& pictures,
                                           std::span<const PlaneMap> maps);

/// Runs the model on augmented pictures and compares its flow with the transformed flow of
/// `teacher`: the mean |error| over pixels that are `visible` ([B, 1, H, W] on the first picture's
/// grid). Views and looks depend only on `rng` and the pair's index in the batch of all processes;
/// every process must pass the same `rng`. Part: augmentation. Unweighted.
[[nodiscard]] LossTerms augmentationLoss(McJepa model, const FlowPass& teacher,
                                         const at::Tensor& visible,
                                         const AugmentationRegularization& settings, SampleRng rng,
                                         Collective& processes);

}  // namespace mcj
