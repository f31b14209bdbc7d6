#include "training/loss_terms.h"

#include <ATen/ATen.h>

#include "training/collective.h"

namespace mcj {

void LossTerms::add(const std::string& name, const at::Tensor& value) {
    const auto found = parts.find(name);
    if (found == parts.end()) {
        parts[name] = value;
    } else {
        found->second = found->second + value;
    }
    total = total.defined() ? total + value : value;
}

at::Tensor maskedMean(const at::Tensor& value, const at::Tensor& weight, Collective& processes) {
    constexpr double kEpsilon = 1e-6;
    const auto counted = sumOverProcesses(weight.sum(), processes) / processes.size();
    return (value * weight).sum() /
           (counted * value.size(1) + kEpsilon / static_cast<double>(processes.size()));
}

}  // namespace mcj
