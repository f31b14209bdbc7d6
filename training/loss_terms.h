#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace mcj {

class Collective;

/// A loss and its parts, each already weighted, so that they sum to `total`.
struct LossTerms {
    at::Tensor total;
    std::map<std::string, at::Tensor> parts;
    /// Other scalars for the log, which are not in `total` and have no gradient.
    std::map<std::string, at::Tensor> measures;

    void add(const std::string& name, const at::Tensor& value);
    /// Adds to a measure of this name.
    void measure(const std::string& name, const at::Tensor& value);
};

/// Mean of `value` [B, C, H, W] weighted by `weight` [B, 1, H, W], a scalar; 0 where all weights
/// are 0. The mean is over the batch of all processes: the average of their results equals it.
[[nodiscard]] at::Tensor maskedMean(const at::Tensor& value, const at::Tensor& weight,
                                    Collective& processes);

}  // namespace mcj
