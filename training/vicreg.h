#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "training/loss_terms.h"

namespace mcj {

/// Weights of VICReg's three terms; the defaults are the official code's.
struct VicregSettings {
    double invariance = 25.0;
    double variance = 25.0;
    double covariance = 1.0;
};

/// `attainableDeviation` of the expander's outputs for a batch of `batch` pictures, at least two.
/// VICReg's own run (2048 pictures, 8192 dimensions) attains 1; 384 pictures attain 0.53, 16
/// pictures 0.18.
[[nodiscard]] double attainableDeviation(const VicregSettings& settings, std::int64_t batch,
                                         std::int64_t dims);

/// VICReg (Bardes et al. 2022, as in the official main_vicreg.py) on the expander's outputs of two
/// views, each [N, D] of this process; statistics are over the batch of all processes. Parts:
/// invariance, variance, covariance. Throws `Error{Usage}` for a batch of one.
[[nodiscard]] LossTerms vicregLoss(const at::Tensor& first, const at::Tensor& second,
                                   const VicregSettings& settings, Collective& processes);

}  // namespace mcj
