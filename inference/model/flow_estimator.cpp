#include "inference/model/flow_estimator.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/nn/init.h>

#include "inference/model/row_bands.h"
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

/// In place where no gradient is needed: `fresh` is then a result that nobody else holds.
at::Tensor leaky(at::Tensor fresh) {
    return at::GradMode::is_enabled() ? at::leaky_relu(fresh, kLeak)
                                      : at::leaky_relu_(fresh, kLeak);
}

at::Tensor normedLeaky(ConvNormImpl& part, const at::Tensor& input, const StopToken& stop) {
    const auto map = convolveInBands(*part.conv, input, stop);
    lookAtStop(stop);
    if (appliesFused(map)) return normalized(map, part.norm->then(kLeak), map.scalar_type());
    const auto normed = part.norm->forward(map);
    lookAtStop(stop);
    return leaky(normed);
}

torch::nn::Conv2d flowHead(std::int64_t inputs) {
    torch::nn::Conv2d head(torch::nn::Conv2dOptions(inputs, 2, 3).padding(1));
    // Zero residuals at the start keep the first warps valid.
    const at::NoGradGuard noGrad;
    head->weight.zero_();
    head->bias.zero_();
    return head;
}

/// Compares only deviations from the picture's mean: what all positions share does not depend on
/// motion and would dominate the cost volume.
at::Tensor centredProjection(ConvNormImpl& part, const at::Tensor& features,
                             const StopToken& stop) {
    const auto map = convolveInBands(*part.conv, features, stop);
    lookAtStop(stop);
    const auto mean = map.mean({2, 3}, true);
    lookAtStop(stop);
    const auto centred = at::GradMode::is_enabled() ? map - mean : map.sub_(mean);
    lookAtStop(stop);
    return appliesFused(centred) ? normalized(centred, part.norm->then(1.0), centred.scalar_type())
                                 : part.norm->forward(centred);
}

/// Upsamples flow to a finer raster, in its pixels.
at::Tensor resizeFlow(const at::Tensor& flow, std::int64_t height, std::int64_t width) {
    const double factor = static_cast<double>(width) / static_cast<double>(flow.size(3));
    return at::upsample_bilinear2d(flow, {height, width}, false) * factor;
}

/// The data of one level: both pictures' features, the second's warped by the coarser flow, and
/// that flow in pixels of this level.
struct Aligned {
    at::Tensor first;
    at::Tensor warped;
    at::Tensor up;
};

/// `coarser` is undefined at the coarsest level.
Aligned align(const at::Tensor& first, const at::Tensor& second, const at::Tensor& coarser,
              const StopToken& stop) {
    lookAtStop(stop);
    if (!coarser.defined()) {
        return {first, second,
                at::zeros({first.size(0), 2, first.size(2), first.size(3)}, first.options())};
    }
    auto up = resizeFlow(coarser, first.size(2), first.size(3));
    return {first, warp(second, up), up};
}

/// The input of a decoder: cost volume, features of the first picture, the flow that it corrects.
at::Tensor decoderInput(const Aligned& raster, const FlowDecoderImpl& decoder,
                        const StopToken& stop) {
    lookAtStop(stop);
    if (appliesFused(raster.first)) {
        return matchingInput(raster.first, raster.warped, raster.up, kLeak,
                             decoder.conv->at<ConvNormImpl>(0).conv->weight.scalar_type());
    }
    auto cost = costVolume(raster.first, raster.warped);
    lookAtStop(stop);
    cost = leaky(cost).contiguous(at::MemoryFormat::ChannelsLast);
    lookAtStop(stop);
    return at::cat({cost, raster.first, raster.up}, 1);
}

/// The input of the context: the decoder's last map and the flow.
at::Tensor contextInput(const at::Tensor& hidden, const at::Tensor& flow,
                        const FlowContextImpl& context) {
    if (!appliesFused(hidden)) return at::cat({hidden, flow}, 1);
    const auto type = context.conv->at<ConvNormImpl>(0).conv->weight.scalar_type();
    const auto joined = emptyMap(hidden, hidden.size(1) + 2, type);
    joined.narrow(1, 0, hidden.size(1)).copy_(hidden);
    joined.narrow(1, hidden.size(1), 2).copy_(flow);
    return joined;
}

/// Runs `work`, which reads at most `reach` rows up and down, band by band if no gradient is
/// needed: its memory then grows with a band, not with the picture.
template <typename Work>
at::Tensor inBands(const Aligned& raster, std::int64_t reach, Work work) {
    constexpr std::int64_t kCells = 1 << 17;
    const std::int64_t rows = raster.first.size(2);
    const std::int64_t band = std::max(8 * reach, kCells / raster.first.size(3));
    if (at::GradMode::is_enabled() || rows <= band) return work(raster);
    std::vector<at::Tensor> parts;
    for (std::int64_t from = 0; from < rows; from += band) {
        const std::int64_t to = std::min(rows, from + band);
        const std::int64_t top = std::max<std::int64_t>(0, from - reach);
        const std::int64_t bottom = std::min(rows, to + reach);
        const auto cut = [&](const at::Tensor& map) { return map.narrow(2, top, bottom - top); };
        const auto part = work(Aligned{cut(raster.first), cut(raster.warped), cut(raster.up)});
        parts.push_back(part.narrow(2, from - top, to - from));
    }
    return at::cat(parts, 2);
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
    flow = register_module("flow", flowHead(widths[widths.size() - 1] + widths[widths.size() - 2]));
}

std::pair<at::Tensor, at::Tensor> FlowDecoderImpl::forward(const at::Tensor& input,
                                                           const StopToken& stop) {
    if (appliesFused(input)) return forwardFused(input, stop);
    at::Tensor before;
    at::Tensor last = normedLeaky(conv->at<ConvNormImpl>(0), input, stop);
    for (std::size_t k = 1; k < conv->size(); ++k) {
        const auto seen = k == 1 ? last : at::cat({before, last}, 1);
        before = last;
        last = normedLeaky(conv->at<ConvNormImpl>(k), seen, stop);
    }
    return {last, convolveInBands(*flow, at::cat({before, last}, 1), stop)};
}

/// Each layer's result is written where the next two layers read it, in their type.
std::pair<at::Tensor, at::Tensor> FlowDecoderImpl::forwardFused(const at::Tensor& input,
                                                                const StopToken& stop) {
    const std::size_t layers = conv->size();
    const auto width = [&](std::size_t k) {
        return conv->at<ConvNormImpl>(k).conv->weight.size(0);
    };
    // The head is the last reader.
    const auto typeFor = [&](std::size_t reader) {
        const auto& weight =
            reader == layers ? flow->weight : conv->at<ConvNormImpl>(reader).conv->weight;
        return weight.scalar_type();
    };
    at::Tensor read = input;
    at::Tensor next;   // what layer k + 1 reads: the results of k - 1 and k
    at::Tensor after;  // what layer k + 2 reads
    for (std::size_t k = 0; k < layers; ++k) {
        auto& part = conv->at<ConvNormImpl>(k);
        const auto map = convolveInBands(*part.conv, read, stop);
        lookAtStop(stop);
        next = k == 0 ? emptyMap(map, width(0), typeFor(1)) : after;
        const ChannelSlice forNext{next, k == 0 ? 0 : width(k - 1)};
        if (k + 2 <= layers) {
            after = emptyMap(map, width(k) + width(k + 1), typeFor(k + 2));
            normalizeInto(map, part.norm->then(kLeak), {forNext, {after, 0}});
        } else {
            normalizeInto(map, part.norm->then(kLeak), {forNext});
        }
        read = next;
    }
    return {read.narrow(1, width(layers - 2), width(layers - 1)),
            convolveInBands(*flow, read, stop)};
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

at::Tensor FlowContextImpl::forward(const at::Tensor& input, const StopToken& stop) {
    auto x = input;
    for (std::size_t k = 0; k < conv->size(); ++k) {
        x = normedLeaky(conv->at<ConvNormImpl>(k), x, stop);
    }
    return convolveInBands(*flow, x, stop);
}

FlowEstimatorImpl::FlowEstimatorImpl(const EstimatorConfig& config,
                                     const std::vector<int>& encoderWidths)
    : config_(config) {
    // Unused levels have empty lists, so that an index is always level - 1.
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
        "fine_project",
        ConvNorm(torch::nn::Conv2dOptions(width, config.fineProjection, 1), config.fineProjection));
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

at::Tensor FlowEstimatorImpl::held(const at::Tensor& coarser, LevelGradients gradients) const {
    const bool stops = config_.detachLevels && gradients == LevelGradients::AsConfigured;
    return coarser.defined() && stops ? coarser.detach() : coarser;
}

at::Tensor FlowEstimatorImpl::projected(const at::Tensor& features, int level,
                                        const StopToken& stop) {
    if (config_.projection == 0) return features;
    return centredProjection(project->at<ConvNormImpl>(static_cast<std::size_t>(level - 1)),
                             features, stop);
}

at::Tensor FlowEstimatorImpl::flowAt(int level, const FeaturePyramid& first,
                                     const FeaturePyramid& second, const at::Tensor& coarser,
                                     double limit, const StopToken& stop) {
    lookAtStop(stop);
    const auto raster = align(projected(first.level(level), level, stop),
                              projected(second.level(level), level, stop), coarser, stop);
    auto& decode = decoder->at<FlowDecoderImpl>(slot(level));
    // One 3x3 convolution per width and the head reach one row each, plus the context's reach.
    std::int64_t reach =
        kernels::kCostRadius + static_cast<std::int64_t>(config_.widths.size()) + 1;
    if (!refinesAt(level)) {
        return inBands(raster, reach, [&](const Aligned& band) {
            return (band.up + decode.forward(decoderInput(band, decode, stop), stop).second)
                .clamp(-limit, limit);
        });
    }
    auto& refineFurther = context->at<FlowContextImpl>(slot(level));
    for (std::size_t k = 0; k < config_.contextWidths.size(); ++k) {
        reach += config_.contextDilations[k];
    }
    ++reach;
    return inBands(raster, reach, [&](const Aligned& band) {
        const auto [hidden, residual] = decode.forward(decoderInput(band, decode, stop), stop);
        const auto flow = band.up + residual;
        return (flow + refineFurther.forward(contextInput(hidden, flow, refineFurther), stop))
            .clamp(-limit, limit);
    });
}

at::Tensor FlowEstimatorImpl::finestFlow(const FeaturePyramid& first, const FeaturePyramid& second,
                                         const at::Tensor& coarser, double limit,
                                         const StopToken& stop) {
    lookAtStop(stop);
    const int level = config_.finestLevel - 1;
    const auto raster =
        align(centredProjection(*fineProject, first.level(level), stop),
              centredProjection(*fineProject, second.level(level), stop), coarser, stop);
    // The first convolution is 1x1.
    const auto reach = kernels::kCostRadius + static_cast<std::int64_t>(config_.fineWidths.size());
    return inBands(raster, reach, [&](const Aligned& band) {
        return (band.up + fineDecoder->forward(decoderInput(band, *fineDecoder, stop), stop).second)
            .clamp(-limit, limit);
    });
}

FlowPyramid FlowEstimatorImpl::forward(const FeaturePyramid& first, const FeaturePyramid& second,
                                       LevelGradients gradients, const StopToken& stop) {
    FlowPyramid result;
    at::Tensor flow;
    int finest = config_.finestLevel;
    for (int level = config_.coarsestLevel; level >= finest; --level) {
        flow = flowAt(level, first, second, held(flow, gradients), config_.clampPx, stop);
        result.levels[level] = flow;
    }
    if (fineDecoder) {
        flow = finestFlow(first, second, held(flow, gradients), config_.clampPx, stop);
        result.levels[--finest] = flow;
    }
    result.full = result.enlarged(finest);
    return result;
}

at::Tensor FlowPyramid::enlarged(int level) const {
    const at::Tensor& flow = levels.at(level);
    const std::int64_t stride = std::int64_t{1} << level;
    return resizeFlow(flow, flow.size(2) * stride, flow.size(3) * stride);
}

int FlowEstimatorImpl::coarsestRefinedLevel() const {
    return std::min(config_.finestLevel + 1, config_.coarsestLevel);
}

at::Tensor FlowEstimatorImpl::refine(const FeaturePyramid& firstDoubled,
                                     const FeaturePyramid& secondDoubled, const FlowPyramid& coarse,
                                     const StopToken& stop) {
    auto flow = coarse.levels.at(config_.finestLevel);
    if (fineDecoder) flow = at::avg_pool2d(coarse.levels.at(config_.finestLevel - 1), 2) / 2.0;
    // A level of the doubled pictures has the raster of the level below it, with less padding.
    // Motion is twice as long in its pixels, so the limit is doubled as well.
    const double limit = 2.0 * config_.clampPx;
    constexpr auto kGradients = LevelGradients::AsConfigured;
    const int coarsest = coarsestRefinedLevel();
    const auto& top = firstDoubled.level(coarsest);
    const int below = config_.finestLevel + 1 - coarsest;
    flow = flow.narrow(2, 0, top.size(2) >> below).narrow(3, 0, top.size(3) >> below);
    for (int level = coarsest; level >= config_.finestLevel; --level) {
        flow = flowAt(level, firstDoubled, secondDoubled, held(flow, kGradients), limit, stop);
    }
    if (fineDecoder) {
        flow = finestFlow(firstDoubled, secondDoubled, held(flow, kGradients), limit, stop);
    }
    const std::int64_t half = std::int64_t{1} << (coarsest - 1);
    return resizeFlow(flow, top.size(2) * half, top.size(3) * half);
}

}  // namespace mcj
