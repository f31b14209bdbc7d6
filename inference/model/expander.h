#pragma once

#include "inference/model/convnext.h"

namespace mcj {

/// A content head: an MLP on the spatial mean of the coarsest level, or on each position of a
/// level, with LayerNorm and ReLU between its layers (as VICRegL with ConvNeXt) but not after the
/// last.
struct ExpanderImpl : torch::nn::Module {
    ExpanderImpl(std::int64_t inputs, const std::vector<int>& widths);
    /// vectors: [..., C]; returns [..., widths.back()].
    at::Tensor forward(const at::Tensor& vectors);
    torch::nn::ModuleList layers;
};
TORCH_MODULE(Expander);

}  // namespace mcj
