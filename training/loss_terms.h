#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace mcj {

class Collective;

/// A loss and its parts, each already weighted, so that they add up to `total`.
struct LossTerms {
    at::Tensor total;
    std::map<std::string, at::Tensor> parts;

    void add(const std::string& name, const at::Tensor& value);
};

/// Mean of `value` [B, C, H, W] over the pixels whose `weight` [B, 1, H, W] counts, a scalar; 0
/// where none does. The batch is that of all processes: the means that they return average to it.
[[nodiscard]] at::Tensor maskedMean(const at::Tensor& value, const at::Tensor& weight,
                                    Collective& processes);

}  // namespace mcj
