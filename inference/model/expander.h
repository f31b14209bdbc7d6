#pragma once

#include "inference/model/convnext.h"

namespace mcj {

/// The content head: an MLP on the spatial mean of level 6, LayerNorm and ReLU between its layers
/// (VICRegL's choice with ConvNeXt), the last one bare.
struct ExpanderImpl : torch::nn::Module {
    ExpanderImpl(std::int64_t inputs, const std::vector<int>& widths);
    /// pooled: [B, C]; returns [B, widths.back()].
    at::Tensor forward(const at::Tensor& pooled);
    torch::nn::ModuleList layers;
};
TORCH_MODULE(Expander);

}  // namespace mcj
