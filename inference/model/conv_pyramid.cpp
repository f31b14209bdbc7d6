#include "inference/model/conv_pyramid.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/nn/modules/conv.h>

#include "inference/model/row_bands.h"

namespace mcj {
namespace {

constexpr double kSlope = 0.1;

/// 3x3, with ARFlow's initialisation: He's normal distribution of the fan-in, no bias.
torch::nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t stride) {
    torch::nn::Conv2d conv(torch::nn::Conv2dOptions(in, out, 3).stride(stride).padding(1));
    const at::NoGradGuard noGrad;
    conv->weight.normal_(0.0, std::sqrt(2.0 / (9.0 * static_cast<double>(in))));
    conv->bias.zero_();
    return conv;
}

}  // namespace

ConvPyramid::ConvPyramid(const EncoderConfig& config) {
    std::int64_t in = 3;
    for (std::size_t i = 0; i < config.widths.size(); ++i) {
        const std::int64_t width = config.widths[i];
        torch::nn::ModuleList layers;
        layers->push_back(convolution(in, width, 2));
        for (int k = 0; k < config.depths[i]; ++k) layers->push_back(convolution(width, width, 1));
        stages->push_back(layers);
        in = width;
    }
    register_module("stages", stages);
}

FeaturePyramid ConvPyramid::forward(const at::Tensor& images, int coarsest, const StopToken& stop) {
    FeaturePyramid pyramid;
    auto x = images.contiguous(at::MemoryFormat::ChannelsLast);
    for (std::size_t i = 0; i < std::min<std::size_t>(coarsest, stages->size()); ++i) {
        auto& layers = stages->at<torch::nn::ModuleListImpl>(i);
        for (std::size_t k = 0; k < layers.size(); ++k) {
            x = at::leaky_relu(convolveInBands(layers.at<torch::nn::Conv2dImpl>(k), x, stop),
                               kSlope);
        }
        pyramid.levels[i] = x;
    }
    return pyramid;
}

}  // namespace mcj
