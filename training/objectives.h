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

/// What a step minimises: the two halves of equation (7), each a whole pass from pictures to a
/// loss. Both may be called under autocast: networks then run in half precision, losses do not.

/// Two augmented views of each picture.
struct ContentViews {
    at::Tensor first;  ///< [N, 3, H, W] in [0, 1]
    at::Tensor second;
    at::Tensor firstCrops;  ///< [N, 5] as `viewFlow` takes them; undefined where not known
    at::Tensor secondCrops;
};

/// Calls `visit(at::Tensor&)` for each tensor there is.
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
                     ///< (0.01, 0.04) in one reimplementation, not known of the paper
    LocalContentSettings local;
};

/// VICReg on the expander's outputs and, where it weighs anything, the local criterion. Parts:
/// invariance, variance, covariance, pooled_vc, local_invariance.3 and so on. Throws `Error{Usage}`
/// where the model has no expander, or for a batch of one.
[[nodiscard]] LossTerms contentObjective(McJepa model, const ContentViews& views,
                                         const ContentLossSettings& settings,
                                         Collective& processes);

/// Where in its schedules a step stands.
struct FlowStep {
    OcclusionUse occlusion;
    double vcShare = 1.0;               ///< of the variance-covariance terms: their warm-up
    double selfSupervisionShare = 0.0;  ///< of crop supervision and augmentation, which learn from
                                        ///< the first pass: it has to be worth it
    SampleRng rng;                      ///< the same on every process
};

/// M-JEPA on pairs whose motion is not known: flow both ways, the losses of losses.h, and where
/// they weigh anything those of crop_supervision.h and augmentation_regularization.h, which take a
/// pass each. The network sees the frames, losses compare the plain ones, as in UFlow; crops and
/// augmented pictures are made of the plain ones. Throws `Error{Usage}` where the model has no
/// flow.
[[nodiscard]] LossTerms flowObjective(McJepa model, const FramePairs& pairs,
                                      const FlowLossSettings& settings, const FlowStep& step,
                                      Collective& processes);

}  // namespace mcj
