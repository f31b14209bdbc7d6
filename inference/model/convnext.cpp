#include "inference/model/convnext.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "inference/model/row_bands.h"

namespace mcj {
namespace {

constexpr double kNormEpsilon = 1e-6;

/// A normal distribution cut at two deviations, drawn through the inverse of its integral.
void truncatedNormal(at::Tensor& weight, double deviation) {
    const double bound = std::erf(2.0 / std::sqrt(2.0));
    weight.uniform_(-bound, bound).erfinv_().mul_(deviation * std::sqrt(2.0));
}

void initialise(torch::nn::Module& module) {
    // ConvNeXt's initialisation: truncated normal with deviation 0.02.
    const at::NoGradGuard noGrad;
    for (auto& item : module.named_parameters(false)) {
        if (item.key() == "weight") {
            truncatedNormal(item.value(), 0.02);
        } else if (item.key() == "bias") {
            item.value().zero_();
        }
    }
}

}  // namespace

ChannelNormImpl::ChannelNormImpl(std::int64_t channels) {
    weight = register_parameter("weight", at::ones({channels}));
    bias = register_parameter("bias", at::zeros({channels}));
}

at::Tensor ChannelNormImpl::forward(const at::Tensor& map) {
    // Channels last in memory, so that the permutation does not copy.
    const auto last = map.permute({0, 2, 3, 1});
    return at::layer_norm(last, {weight.size(0)}, weight, bias, kNormEpsilon).permute({0, 3, 1, 2});
}

ConvNextBlockImpl::ConvNextBlockImpl(std::int64_t channels, double layerScale) {
    dwconv = register_module(
        "dwconv", torch::nn::Conv2d(
                      torch::nn::Conv2dOptions(channels, channels, 7).padding(3).groups(channels)));
    norm = register_module("norm", ChannelNorm(channels));
    pw1 = register_module("pw1", torch::nn::Linear(channels, 4 * channels));
    pw2 = register_module("pw2", torch::nn::Linear(4 * channels, channels));
    initialise(*dwconv);
    initialise(*pw1);
    initialise(*pw2);
    if (layerScale > 0) {
        gamma = register_parameter("gamma", at::full({channels}, layerScale));
    }
}

at::Tensor ConvNextBlockImpl::forward(const at::Tensor& map, const StopToken& stop) {
    if (appliesFused(map)) return forwardFused(map, stop);
    const auto looked = convolveInBands(*dwconv, map, stop).permute({0, 2, 3, 1});
    auto x = at::layer_norm(looked, {looked.size(-1)}, norm->weight, norm->bias, kNormEpsilon);
    x = mixChannels(x, stop);
    if (gamma.defined()) x = x * gamma;
    return (map.permute({0, 2, 3, 1}) + x).permute({0, 3, 1, 2});
}

/// Positions are independent: some thousands at a time fit in the caches, and the maps in between
/// are never stored as a whole.
at::Tensor ConvNextBlockImpl::forwardFused(const at::Tensor& map, const StopToken& stop) {
    constexpr std::int64_t kPositions = 1 << 13;
    const std::int64_t channels = map.size(1);
    const auto before = map.permute({0, 2, 3, 1}).contiguous();
    const auto residue = before.view({-1, channels});
    const auto looked = convolveInBands(*dwconv, before.permute({0, 3, 1, 2}), stop)
                            .permute({0, 2, 3, 1})
                            .reshape({-1, channels});
    auto out = at::empty_like(residue);
    for (std::int64_t from = 0; from < residue.size(0); from += kPositions) {
        const auto some = [&](const at::Tensor& positions) {
            return positions.narrow(0, from, std::min(kPositions, residue.size(0) - from));
        };
        const auto x = normalizedRows(some(looked), norm->then(1.0), pw1->weight.scalar_type());
        addScaledInto(some(out), some(residue), mixChannels(x, stop), gamma);
    }
    return out.view(before.sizes()).permute({0, 3, 1, 2});
}

at::Tensor ConvNextBlockImpl::mixChannels(const at::Tensor& x, const StopToken& stop) {
    lookAtStop(stop);
    auto wide = pw1->forward(x);
    // In place where no gradient is needed: nobody else holds the result.
    return pw2->forward(at::GradMode::is_enabled() ? at::gelu(wide) : at::gelu_(wide));
}

ConvNormImpl::ConvNormImpl(torch::nn::Conv2dOptions options, std::int64_t normChannels) {
    conv = register_module("conv", torch::nn::Conv2d(options));
    norm = register_module("norm", ChannelNorm(normChannels));
    initialise(*conv);
}

ConvNext::ConvNext(const EncoderConfig& config) {
    const auto& w = config.widths;
    for (std::size_t i = 0; i < 2; ++i) {
        const std::int64_t in = i == 0 ? 3 : w[0];
        stem->push_back(ConvNorm(
            torch::nn::Conv2dOptions(in, w[i], config.stemKernels[i]).stride(2).padding(1), w[i]));
    }
    for (std::size_t i = 2; i < w.size(); ++i) {
        down->push_back(ConvNorm(torch::nn::Conv2dOptions(w[i - 1], w[i], 2).stride(2), w[i - 1]));
    }
    for (std::size_t i = 0; i < w.size(); ++i) {
        torch::nn::ModuleList blocks;
        for (int b = 0; b < config.depths[i]; ++b) {
            blocks->push_back(ConvNextBlock(w[i], config.layerScale));
        }
        stages->push_back(blocks);
    }
    register_module("stem", stem);
    register_module("down", down);
    register_module("stages", stages);
}

FeaturePyramid ConvNext::forward(const at::Tensor& images, int coarsest, const StopToken& stop) {
    FeaturePyramid pyramid;
    const auto normed = [](ChannelNormImpl& norm, const at::Tensor& map, at::ScalarType type) {
        return appliesFused(map) ? normalized(map, norm.then(1.0), type) : norm.forward(map);
    };
    auto x = images.contiguous(at::MemoryFormat::ChannelsLast);
    for (std::size_t i = 0; i < std::min<std::size_t>(coarsest, stages->size()); ++i) {
        if (i < 2) {
            auto& part = stem->at<ConvNormImpl>(i);
            x = normed(*part.norm, convolveInBands(*part.conv, x, stop), x.scalar_type());
        } else {
            auto& part = down->at<ConvNormImpl>(i - 2);
            const auto type = x.scalar_type();
            x = convolveInBands(*part.conv, normed(*part.norm, x, part.conv->weight.scalar_type()),
                                stop)
                    .to(type);
        }
        auto& blocks = stages->at<torch::nn::ModuleListImpl>(i);
        for (std::size_t b = 0; b < blocks.size(); ++b) {
            x = blocks.at<ConvNextBlockImpl>(b).forward(x, stop);
        }
        pyramid.levels[i] = x;
    }
    return pyramid;
}

}  // namespace mcj
