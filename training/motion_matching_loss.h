#pragma once

#include <vector>

#include "inference/model/feature_pyramid.h"
#include "training/loss_terms.h"

namespace mcj {

/// Settings of the loss that makes features find corresponding positions.
struct MatchingSettings {
    double weight = 0.0;         ///< of all levels together; 0: off
    std::vector<int> levels{3};  ///< 1..6; label propagation compares 3 and 2
    double temperature = 0.1;    ///< of the cosine, as in label propagation
};

/// Cross entropy of finding the end of a known motion among all positions of the other picture by
/// the cosine of standardised features, averaged over both ways (InfoNCE, van den Oord et al. 2018;
/// the affinity of Jabri et al. 2020, as in label propagation, with synthetic motion instead of
/// their cycles). The end lies between four cells and is shared among them. A cell counts if its
/// middle pixel stays visible and its end is between cell centres of the picture. Parts:
/// "match.LEVEL".
/// flow: [B, 2, H, W] px, visible: [B, 1, H, W]; the pyramids are of pictures of that size. Memory
/// grows with the square of a level's cells.
[[nodiscard]] LossTerms motionMatchingLoss(const FeaturePyramid& first,
                                           const FeaturePyramid& second, const at::Tensor& flow,
                                           const at::Tensor& visible,
                                           const MatchingSettings& settings, Collective& processes);

}  // namespace mcj
