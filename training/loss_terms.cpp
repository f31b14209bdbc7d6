#include "training/loss_terms.h"

#include <ATen/ATen.h>

#include "training/collective.h"

namespace mcj {
namespace {

void addTo(std::map<std::string, at::Tensor>& values, const std::string& name,
           const at::Tensor& value) {
    const auto found = values.find(name);
    if (found == values.end()) {
        values[name] = value;
    } else {
        found->second = found->second + value;
    }
}

}  // namespace

void LossTerms::add(const std::string& name, const at::Tensor& value) {
    addTo(parts, name, value);
    total = total.defined() ? total + value : value;
}

void LossTerms::measure(const std::string& name, const at::Tensor& value) {
    addTo(measures, name, value);
}

at::Tensor maskedMean(const at::Tensor& value, const at::Tensor& weight, Collective& processes) {
    constexpr double kEpsilon = 1e-6;
    const auto counted = sumOverProcesses(weight.sum(), processes) / processes.size();
    return (value * weight).sum() /
           (counted * value.size(1) + kEpsilon / static_cast<double>(processes.size()));
}

}  // namespace mcj
