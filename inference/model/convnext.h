#pragma once

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "inference/model/encoder.h"
#include "inference/ops/channel_rows.h"

namespace mcj {

/// LayerNorm over the channels of [B, C, H, W], eps 1e-6 (ConvNeXt's LayerNorm, channels_first).
struct ChannelNormImpl : torch::nn::Module {
    explicit ChannelNormImpl(std::int64_t channels);
    at::Tensor forward(const at::Tensor& map);
    /// For the fused operations of inference: the norm, then LeakyReLU of that slope.
    [[nodiscard]] NormAndSlope then(double slope) const { return {weight, bias, slope}; }
    at::Tensor weight;
    at::Tensor bias;
};
TORCH_MODULE(ChannelNorm);

/// x + gamma * pw2(GELU(pw1(LN(dwconv7x7(x))))) (Liu et al. 2022; official convnext.py).
struct ConvNextBlockImpl : torch::nn::Module {
    ConvNextBlockImpl(std::int64_t channels, double layerScale);
    at::Tensor forward(const at::Tensor& map, const StopToken& stop);
    /// The two linear layers, on the channels of positions [.., C].
    at::Tensor mixChannels(const at::Tensor& x, const StopToken& stop);
    torch::nn::Conv2d dwconv{nullptr};
    ChannelNorm norm{nullptr};
    torch::nn::Linear pw1{nullptr};
    torch::nn::Linear pw2{nullptr};
    at::Tensor gamma;  ///< undefined where layer scale is 0

private:
    at::Tensor forwardFused(const at::Tensor& map, const StopToken& stop);
};
TORCH_MODULE(ConvNextBlock);

/// A convolution and its norm: after it in the stem, before it in the down-sampling.
struct ConvNormImpl : torch::nn::Module {
    ConvNormImpl(torch::nn::Conv2dOptions options, std::int64_t normChannels);
    torch::nn::Conv2d conv{nullptr};
    ChannelNorm norm{nullptr};
};
TORCH_MODULE(ConvNorm);

/// The six-level ConvNeXt with the split stem (MC-JEPA, section 3; blocks of Liu et al. 2022). Odd
/// sides are rounded down.
struct ConvNext : Encoder {
    explicit ConvNext(const EncoderConfig& config);
    FeaturePyramid forward(const at::Tensor& images, int coarsest, const StopToken& stop) override;
    torch::nn::ModuleList stem;
    torch::nn::ModuleList down;
    torch::nn::ModuleList stages;
};

}  // namespace mcj
