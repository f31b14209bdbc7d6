#include "training/gradients.h"

#include <ATen/ATen.h>

#include "training/collective.h"

namespace mcj {
namespace {

std::vector<at::Tensor> gradientsOf(const McJepa& model) {
    std::vector<at::Tensor> gradients;
    for (const auto& parameter : model->parameters()) {
        if (parameter.grad().defined()) gradients.push_back(parameter.grad());
    }
    return gradients;
}

}  // namespace

void averageGradients(const McJepa& model, Collective& processes) {
    if (processes.size() == 1) return;
    std::map<at::ScalarType, std::vector<at::Tensor>> byType;
    for (const auto& gradient : gradientsOf(model)) {
        byType[gradient.scalar_type()].push_back(gradient);
    }
    for (auto& [type, gradients] : byType) {
        std::vector<at::Tensor> flat;
        for (const auto& gradient : gradients) flat.push_back(gradient.reshape({-1}));
        at::Tensor sum = at::cat(flat);
        processes.allReduceSum(sum);
        sum.div_(processes.size());
        std::int64_t begin = 0;
        for (at::Tensor& gradient : gradients) {
            gradient.copy_(sum.narrow(0, begin, gradient.numel()).view(gradient.sizes()));
            begin += gradient.numel();
        }
    }
}

std::map<std::string, at::Tensor> gradientNorms(const McJepa& model) {
    std::map<std::string, std::vector<at::Tensor>> gradients;
    for (const auto& item : model->named_parameters()) {
        if (!item.value().grad().defined()) continue;
        gradients[item.key().substr(0, item.key().find('.'))].push_back(item.value().grad());
    }
    std::map<std::string, at::Tensor> norms;
    std::vector<at::Tensor> ofParts;
    for (const auto& [part, tensors] : gradients) {
        norms[part] = at::stack(at::_foreach_norm(tensors, 2, at::kDouble)).norm();
        ofParts.push_back(norms[part]);
    }
    if (!ofParts.empty()) norms[""] = at::stack(ofParts).norm();
    return norms;
}

TaskGradients::TaskGradients(const McJepa& model) : model_(model) {}

at::Tensor TaskGradients::add(const at::Tensor& loss, Collective& processes) {
    std::vector<std::pair<at::Tensor, at::Tensor>> before;
    for (auto& parameter : model_->parameters()) {
        if (!parameter.grad().defined()) continue;
        before.emplace_back(parameter, parameter.grad());
        parameter.mutable_grad() = at::Tensor();
    }
    loss.backward();
    averageGradients(model_, processes);
    const auto norms = gradientNorms(model_);
    const auto found = norms.find("encoder");
    const auto norm = found == norms.end() ? at::zeros({}, loss.options()) : found->second;
    for (auto& [parameter, gradient] : before) {
        if (parameter.grad().defined()) {
            parameter.mutable_grad().add_(gradient);
        } else {
            parameter.mutable_grad() = gradient;
        }
    }
    return norm;
}

void clipGradients(const McJepa& model, const at::Tensor& norm, double limit) {
    constexpr double kEpsilon = 1e-6;
    const at::Tensor share = (limit / (norm + kEpsilon)).clamp_max(1.0);
    const auto gradients = gradientsOf(model);
    if (gradients.empty()) return;
    at::_foreach_mul_(gradients, share.to(gradients.front().scalar_type()));
}

}  // namespace mcj
