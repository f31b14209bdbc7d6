#include "inference/model/flow_estimator.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/nn/init.h>

#include "inference/ops/cost_volume.h"
#include "inference/ops/warp.h"

namespace mcj {
namespace {

constexpr double kLeak = 0.1;

ConvNorm layer(std::int64_t inputs, std::int64_t outputs, std::int64_t dilation,
               std::int64_t kernel = 3) {
    ConvNorm made(torch::nn::Conv2dOptions(inputs, outputs, kernel)
                      .padding(kernel / 2 * dilation)
                      .dilation(dilation),
                  outputs);
    // Kaiming for the leaky slope, as PWC-Net and ARFlow initialise these layers.
    torch::nn::init::kaiming_normal_(made->conv->weight, kLeak, torch::kFanIn, torch::kLeakyReLU);
    return made;
}

at::Tensor normedLeaky(ConvNormImpl& part, const at::Tensor& input) {
    return at::leaky_relu(part.norm->forward(part.conv->forward(input)), kLeak);
}

torch::nn::Conv2d flowHead(std::int64_t inputs) {
    torch::nn::Conv2d head(torch::nn::Conv2dOptions(inputs, 2, 3).padding(1));
    // Zero residuals at the start keep the first warps valid.
    const at::NoGradGuard noGrad;
    head->weight.zero_();
    head->bias.zero_();
    return head;
}

/// What all positions share says nothing about motion and would fill the cost volume with one value:
/// only deviations from the picture's mean are compared.
at::Tensor centredProjection(ConvNormImpl& part, const at::Tensor& features) {
    const auto map = part.conv->forward(features);
    return part.norm->forward(map - map.mean({2, 3}, true));
}

at::Tensor resizeFlow(const at::Tensor& flow, std::int64_t height, std::int64_t width,
                      double factor) {
    return at::upsample_bilinear2d(flow, {height, width}, false) * factor;
}

}  // namespace

FlowDecoderImpl::FlowDecoderImpl(std::int64_t inputs, const std::vector<int>& widths,
                                 int firstKernel) {
    for (std::size_t k = 0; k < widths.size(); ++k) {
        std::int64_t in = k == 0 ? inputs : widths[k - 1];
        if (k >= 2) in += widths[k - 2];
        conv->push_back(layer(in, widths[k], 1, k == 0 ? firstKernel : 3));
    }
    register_module("conv", conv);
    flow = register_module("flow",
                           flowHead(widths[widths.size() - 1] + widths[widths.size() - 2]));
}

std::pair<at::Tensor, at::Tensor> FlowDecoderImpl::forward(const at::Tensor& input) {
    at::Tensor before;
    at::Tensor last = normedLeaky(conv->at<ConvNormImpl>(0), input);
    for (std::size_t k = 1; k < conv->size(); ++k) {
        const auto seen = k == 1 ? last : at::cat({before, last}, 1);
        before = last;
        last = normedLeaky(conv->at<ConvNormImpl>(k), seen);
    }
    return {last, flow->forward(at::cat({before, last}, 1))};
}

FlowContextImpl::FlowContextImpl(std::int64_t inputs, const std::vector<int>& widths,
                                 const std::vector<int>& dilations) {
    std::int64_t in = inputs;
    for (std::size_t k = 0; k < widths.size(); ++k) {
        conv->push_back(layer(in, widths[k], dilations[k]));
        in = widths[k];
    }
    register_module("conv", conv);
    flow = register_module("flow", flowHead(in));
}

at::Tensor FlowContextImpl::forward(const at::Tensor& input) {
    auto x = input;
    for (std::size_t k = 0; k < conv->size(); ++k) x = normedLeaky(conv->at<ConvNormImpl>(k), x);
    return flow->forward(x);
}

FlowEstimatorImpl::FlowEstimatorImpl(const EstimatorConfig& config,
                                     const std::vector<int>& encoderWidths)
    : config_(config) {
    // Slots of levels that take no part stay empty lists, so that an index is always level - 1.
    const int slots = config.shared ? 1 : kLevels;
    for (int level = 1; level <= kLevels; ++level) {
        const bool used = level >= config.finestLevel && level <= config.coarsestLevel;
        const std::int64_t width = encoderWidths[static_cast<std::size_t>(level - 1)];
        if (config.projection > 0) {
            if (used) {
                project->push_back(ConvNorm(torch::nn::Conv2dOptions(width, config.projection, 1),
                                            config.projection));
            } else {
                project->push_back(torch::nn::ModuleList());
            }
        }
        if (level > slots) continue;
        if (!used && !config.shared) {
            decoder->push_back(torch::nn::ModuleList());
            context->push_back(torch::nn::ModuleList());
            continue;
        }
        const std::int64_t features = config.projection > 0 ? config.projection : width;
        decoder->push_back(FlowDecoder(kernels::kCostChannels + features + 2, config.widths));
        if (config.shared ? config.context != ContextPlace::None : refinesAt(level)) {
            context->push_back(FlowContext(config.widths.back() + 2, config.contextWidths,
                                           config.contextDilations));
        } else {
            context->push_back(torch::nn::ModuleList());
        }
    }
    register_module("project", project);
    register_module("decoder", decoder);
    register_module("context", context);
    if (config.fineWidths.empty()) return;
    const std::int64_t width = encoderWidths[static_cast<std::size_t>(config.finestLevel - 2)];
    fineProject = register_module(
        "fine_project", ConvNorm(torch::nn::Conv2dOptions(width, config.fineProjection, 1),
                                 config.fineProjection));
    fineDecoder = register_module(
        "fine_decoder",
        FlowDecoder(kernels::kCostChannels + config.fineProjection + 2, config.fineWidths, 1));
}

std::size_t FlowEstimatorImpl::slot(int level) const {
    return config_.shared ? 0 : static_cast<std::size_t>(level - 1);
}

bool FlowEstimatorImpl::refinesAt(int level) const {
    return config_.context == ContextPlace::Every ||
           (config_.context == ContextPlace::Finest && level == config_.finestLevel);
}

/// One level's raster: what its decoder sees, and the flow that it corrects.
struct FlowEstimatorImpl::Step {
    at::Tensor input;  ///< cost volume, features of the first picture, upsampled flow
    at::Tensor up;     ///< [B, 2, H, W], the coarser flow in pixels of this level
};

FlowEstimatorImpl::Step FlowEstimatorImpl::prepare(const at::Tensor& first,
                                                   const at::Tensor& second,
                                                   const at::Tensor& coarser) const {
    Step step;
    at::Tensor warped = second;
    if (coarser.defined()) {
        step.up = resizeFlow(config_.detachLevels ? coarser.detach() : coarser, first.size(2),
                             first.size(3), 2.0);
        warped = warp(second, step.up);
    } else {
        step.up = at::zeros({first.size(0), 2, first.size(2), first.size(3)}, first.options());
    }
    const auto cost = at::leaky_relu(costVolume(first, warped), kLeak);
    step.input = at::cat({cost.contiguous(at::MemoryFormat::ChannelsLast), first, step.up}, 1);
    return step;
}

at::Tensor FlowEstimatorImpl::limited(const at::Tensor& flow) const {
    return flow.clamp(-config_.clampPx, config_.clampPx);
}

at::Tensor FlowEstimatorImpl::projected(const at::Tensor& features, int level) {
    if (config_.projection == 0) return features;
    return centredProjection(
        project->at<ConvNormImpl>(static_cast<std::size_t>(level - 1)), features);
}

FlowPyramid FlowEstimatorImpl::forward(const FeaturePyramid& first, const FeaturePyramid& second) {
    FlowPyramid result;
    at::Tensor flow;
    int finest = config_.finestLevel;
    for (int level = config_.coarsestLevel; level >= finest; --level) {
        const auto step =
            prepare(projected(first.level(level), level), projected(second.level(level), level), flow);
        auto [hidden, residual] = decoder->at<FlowDecoderImpl>(slot(level)).forward(step.input);
        flow = step.up + residual;
        if (refinesAt(level)) {
            flow = flow + context->at<FlowContextImpl>(slot(level))
                              .forward(at::cat({hidden, flow}, 1));
        }
        flow = limited(flow);
        result.levels[level] = flow;
    }
    if (fineDecoder) {
        --finest;
        const auto step = prepare(centredProjection(*fineProject, first.level(finest)),
                                  centredProjection(*fineProject, second.level(finest)), flow);
        flow = limited(step.up + fineDecoder->forward(step.input).second);
        result.levels[finest] = flow;
    }
    const double scale = 1 << finest;
    result.full =
        resizeFlow(flow, flow.size(2) * (1 << finest), flow.size(3) * (1 << finest), scale);
    return result;
}

}  // namespace mcj
