#include "inference/model/expander.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/normalization.h>

namespace mcj {
namespace {

/// One layer; `norm` is absent on the last.
struct ExpanderLayerImpl : torch::nn::Module {
    ExpanderLayerImpl(std::int64_t inputs, std::int64_t outputs, std::int64_t normChannels) {
        linear = register_module("linear", torch::nn::Linear(inputs, outputs));
        if (normChannels > 0) {
            norm = register_module(
                "norm",
                torch::nn::LayerNorm(torch::nn::LayerNormOptions({normChannels}).eps(1e-6)));
        }
    }
    at::Tensor forward(const at::Tensor& x) {
        auto y = linear->forward(x);
        return norm ? at::relu(norm->forward(y)) : y;
    }
    torch::nn::Linear linear{nullptr};
    torch::nn::LayerNorm norm{nullptr};
};
TORCH_MODULE(ExpanderLayer);

}  // namespace

ExpanderImpl::ExpanderImpl(std::int64_t inputs, const std::vector<int>& widths) {
    std::int64_t in = inputs;
    for (std::size_t k = 0; k < widths.size(); ++k) {
        const bool last = k + 1 == widths.size();
        layers->push_back(ExpanderLayer(in, widths[k], last ? 0 : widths[k]));
        in = widths[k];
    }
    register_module("layers", layers);
}

at::Tensor ExpanderImpl::forward(const at::Tensor& vectors) {
    auto x = vectors;
    for (std::size_t k = 0; k < layers->size(); ++k) {
        x = layers->at<ExpanderLayerImpl>(k).forward(x);
    }
    return x;
}

}  // namespace mcj
