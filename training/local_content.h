#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "training/loss_terms.h"
#include "training/vicreg.h"

namespace mcj {

/// Content position by position: features of the same position in two views must agree.
struct LocalContentSettings {
    double weight = 0.0;  ///< of all levels together, besides VICReg on whole views; 0: off
    std::vector<int> levels{3, 4};      ///< 1..6
    std::vector<int> widths{256, 256};  ///< of each level's local expander
};

/// The position of each cell of one view's map on the other's: [N, 2, height, width] in cells.
/// from, to: [N, 5], each view's crop as x, y, width, height in px of the picture and 1 if it is
/// mirrored. cells: side of the square views in cells, which need not be an integer if a level was
/// rounded down.
[[nodiscard]] at::Tensor viewFlow(const at::Tensor& from, const at::Tensor& to, std::int64_t height,
                                  std::int64_t width, double cells);

/// The location-based criterion of VICRegL (Bardes et al. 2022) on local expanders' outputs of two
/// views, [N, D, h, w]: VICReg's three terms, the invariance over cells that both views show,
/// averaged over both ways. The other view is interpolated, while VICRegL takes the nearest cell
/// and the closest matches; samples of variance and covariance are positions of all pictures on a
/// lattice (variance_covariance.h), while VICRegL takes one position of all pictures. Parts:
/// local_invariance, local_variance, local_covariance.
[[nodiscard]] LossTerms localContentLoss(const at::Tensor& first, const at::Tensor& second,
                                         const at::Tensor& flow, const at::Tensor& backFlow,
                                         const VicregSettings& settings, Collective& processes);

}  // namespace mcj
