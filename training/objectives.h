#pragma once

#include <ATen/core/Tensor.h>

#include "inference/model/mc_jepa.h"
#include "training/frame_pairs.h"
#include "training/local_content.h"
#include "training/loss_terms.h"
#include "training/losses.h"
#include "training/sample_rng.h"
#include "training/vicreg.h"

namespace mcj {

/// The losses of a step: the two halves of equation (7), each a whole pass from pictures to a loss.
/// Both may be called under autocast: networks then run in half precision, losses do not.

/// Two augmented views of each picture.
struct ContentViews {
    at::Tensor first;  ///< [N, 3, H, W] in [0, 1]
    at::Tensor second;
    at::Tensor firstCrops;  ///< [N, 5] as `viewFlow` takes them; undefined where not known
    at::Tensor secondCrops;
};

/// Calls `visit(at::Tensor&)` for each defined tensor.
template <typename Visit>
void forEachTensor(ContentViews& views, const Visit& visit) {
    for (at::Tensor* tensor :
         {&views.first, &views.second, &views.firstCrops, &views.secondCrops}) {
        if (tensor->defined()) visit(*tensor);
    }
}

struct ContentLossSettings {
    VicregSettings vicreg;
    LevelVc pooled;  ///< further variance-covariance on the mean of the coarsest level;
                     ///< (0.01, 0.04) in one reimplementation, unknown for the paper
    LocalContentSettings local;
};

/// VICReg on the expander's outputs and, if its weight is above 0, the local criterion. Parts:
/// invariance, variance, covariance, pooled_vc, local_invariance.3 and so on. Throws `Error{Usage}`
/// where the model has no expander, or for a batch of one.
[[nodiscard]] LossTerms contentObjective(McJepa model, const ContentViews& views,
                                         const ContentLossSettings& settings,
                                         Collective& processes);

/// The state of the schedules at a step.
struct FlowStep {
    OcclusionUse occlusion;
    double vcShare = 1.0;               ///< of the variance-covariance terms: their warm-up
    double selfSupervisionShare = 0.0;  ///< of crop supervision and augmentation, which need a
                                        ///< first pass that is good enough
    SampleRng rng;                      ///< the same on every process
};

/// M-JEPA on pairs without known motion: flow both ways, the losses of losses.h, and if their
/// weights are above 0 those of crop_supervision.h and augmentation_regularization.h, which need
/// one pass each. The network sees the frames, losses compare the plain ones, as in UFlow; crops
/// and augmented pictures are made from the plain ones. Throws `Error{Usage}` where the model has
/// no flow.
[[nodiscard]] LossTerms flowObjective(McJepa model, const FramePairs& pairs,
                                      const FlowLossSettings& settings, const FlowStep& step,
                                      Collective& processes);

}  // namespace mcj
