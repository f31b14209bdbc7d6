#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace mcj {

class Collective;

/// Coefficients of the variance-covariance terms of one level.
struct LevelVc {
    double variance = 0.0;
    double covariance = 0.0;
};

/// Rows [N, D] minus their mean. Throws `Error{Usage}` below two rows, which have no variance.
[[nodiscard]] at::Tensor centredRows(const at::Tensor& rows);

/// mean_d relu(1 - sqrt(Var_d + 1e-4)) of centred rows [N, D], a scalar (VICReg, Bardes et al.
/// 2022, equations 1 and 2; unbiased variance as in the official code).
[[nodiscard]] at::Tensor varianceHinge(const at::Tensor& centred);

/// 1/D sum_{i != j} Cov_ij^2 of centred rows [N, D], a scalar (VICReg, equations 3 and 4).
[[nodiscard]] at::Tensor covariancePenalty(const at::Tensor& centred);

/// The deviation of rows [samples, dims] at which the weighted sum of both is least, at most 1.
/// `samples` rows have a covariance of rank samples - 1, so that at a deviation s the covariance
/// penalty is at least s^4 (dims / (samples - 1) - 1), whatever the features are: with few samples
/// of many dimensions the sum of the terms is lowest at a small deviation. `samples` is at least 2.
[[nodiscard]] double attainableDeviation(const LevelVc& weights, std::int64_t samples,
                                         std::int64_t dims);

/// The weighted sum of both over a feature map [B, C, H, W]; positions of the batch of all
/// processes are the samples, at most 4096 (or one per map, if there are more maps). They are on a
/// lattice that is the same in every map, so that the samples do not depend on the number of
/// processes.
[[nodiscard]] at::Tensor varianceCovariance(const at::Tensor& features, const LevelVc& weights,
                                            Collective& processes);

}  // namespace mcj
