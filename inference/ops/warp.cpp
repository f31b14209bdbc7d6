#include "inference/ops/warp.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "inference/ops/cuda_ops.h"
#include "inference/ops/map_layout.h"
#include "inference/ops/parallel.h"
#include "media/base/error.h"

namespace mcj {
namespace {

using kernels::Border;

at::Tensor emptyChannelsLast(const at::Tensor& like, std::int64_t channels) {
    return at::empty({like.size(0), like.size(2), like.size(3), channels}, like.options())
        .permute({0, 3, 1, 2});
}

/// Splits rows of a batch over threads: work(item, rowBegin, rowEnd).
template <typename Work>
void overRows(const kernels::MapShape& shape, const Work& work) {
    at::parallel_for(0, shape.batch * shape.height, 8, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
            const std::int64_t y = row % shape.height;
            work(row / shape.height, y, y + 1);
        }
    });
}

/// Splits channels of a batch over threads: work(item, channelBegin, channelEnd). Every sum over
/// pixels then has the same order at any thread count.
template <typename Work>
void overChannels(const kernels::MapShape& shape, const Work& work) {
    constexpr std::int64_t kGroup = 16;
    const std::int64_t groups = (shape.channels + kGroup - 1) / kGroup;
    at::parallel_for(0, shape.batch * groups, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t c = i % groups * kGroup;
            work(i / groups, c, std::min(c + kGroup, shape.channels));
        }
    });
}

template <typename Real>
at::Tensor forwardCpu(const at::Tensor& image, const at::Tensor& flow, Border border) {
    const auto shape = shapeOf(image);
    auto out = emptyChannelsLast(image, shape.channels);
    const Real* a = image.const_data_ptr<Real>();
    const Real* f = flow.const_data_ptr<Real>();
    Real* o = out.data_ptr<Real>();
    const std::int64_t plane = shape.height * shape.width;
    overRows(shape, [&](std::int64_t item, std::int64_t y0, std::int64_t y1) {
        kernels::warpRows(a + item * plane * shape.channels, f + item * plane * 2, shape, border,
                          o + item * plane * shape.channels, y0, y1);
    });
    return out;
}

template <typename Real>
std::pair<at::Tensor, at::Tensor> backwardCpu(const at::Tensor& gradOut, const at::Tensor& image,
                                              const at::Tensor& flow, Border border, bool needImage,
                                              bool needFlow) {
    const auto shape = shapeOf(image);
    const std::int64_t plane = shape.height * shape.width;
    const auto grad = channelsLast(gradOut);
    const Real* g = grad.const_data_ptr<Real>();
    const Real* a = image.const_data_ptr<Real>();
    const Real* f = flow.const_data_ptr<Real>();
    std::pair<at::Tensor, at::Tensor> result;
    if (needImage) {
        result.first = emptyChannelsLast(image, shape.channels).zero_();
        Real* o = result.first.data_ptr<Real>();
        overChannels(shape, [&](std::int64_t item, std::int64_t c0, std::int64_t c1) {
            kernels::warpGradSource(g + item * plane * shape.channels, f + item * plane * 2, shape,
                                    border, o + item * plane * shape.channels, c0, c1);
        });
    }
    if (needFlow) {
        result.second = emptyChannelsLast(image, 2);
        Real* o = result.second.data_ptr<Real>();
        overRows(shape, [&](std::int64_t item, std::int64_t y0, std::int64_t y1) {
            kernels::warpGradFlowRows(g + item * plane * shape.channels,
                                      a + item * plane * shape.channels, f + item * plane * 2,
                                      shape, border, o + item * plane * 2, y0, y1);
        });
    }
    return result;
}

struct WarpFunction : torch::autograd::Function<WarpFunction> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& image,
                              const at::Tensor& flow, std::int64_t borderCode) {
        const auto border = static_cast<Border>(borderCode);
        const auto imageLast = channelsLast(image);
        const auto flowLast = channelsLast(flow);
        context->save_for_backward({imageLast, flowLast});
        context->saved_data["border"] = borderCode;
        if (image.is_cuda()) return cuda::warpForward(imageLast, flowLast, border);
        return image.scalar_type() == at::kDouble ? forwardCpu<double>(imageLast, flowLast, border)
                                                  : forwardCpu<float>(imageLast, flowLast, border);
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list grads) {
        const auto saved = context->get_saved_variables();
        const auto border = static_cast<Border>(context->saved_data["border"].toInt());
        const bool needImage = context->needs_input_grad(0);
        const bool needFlow = context->needs_input_grad(1);
        std::pair<at::Tensor, at::Tensor> result;
        if (saved[0].is_cuda()) {
            result = cuda::warpBackward(grads[0], saved[0], saved[1], border, needImage, needFlow);
        } else if (saved[0].scalar_type() == at::kDouble) {
            result = backwardCpu<double>(grads[0], saved[0], saved[1], border, needImage, needFlow);
        } else {
            result = backwardCpu<float>(grads[0], saved[0], saved[1], border, needImage, needFlow);
        }
        return {result.first, result.second, at::Tensor()};
    }
};

void checkShapes(const at::Tensor& image, const at::Tensor& flow, const char* name) {
    if (image.dim() != 4 || flow.dim() != 4 || flow.size(1) != 2 || image.size(0) != flow.size(0) ||
        image.size(2) != flow.size(2) || image.size(3) != flow.size(3) ||
        image.scalar_type() != flow.scalar_type()) {
        throw Error(ErrorCode::Usage,
                    std::string(name) + ": image and flow differ in batch, size or type");
    }
}

template <typename Real>
at::Tensor splatCpu(const at::Tensor& values, const at::Tensor& flow) {
    const auto shape = shapeOf(values);
    auto out = emptyChannelsLast(values, shape.channels).zero_();
    const std::int64_t plane = shape.height * shape.width;
    const Real* a = values.const_data_ptr<Real>();
    const Real* f = flow.const_data_ptr<Real>();
    Real* o = out.data_ptr<Real>();
    overChannels(shape, [&](std::int64_t item, std::int64_t c0, std::int64_t c1) {
        kernels::splatChannels(a + item * plane * shape.channels, f + item * plane * 2, shape,
                               o + item * plane * shape.channels, c0, c1);
    });
    return out;
}

}  // namespace

at::Tensor warp(const at::Tensor& image, const at::Tensor& flow, Border border) {
    checkShapes(image, flow, "warp");
    return WarpFunction::apply(image, flow, static_cast<std::int64_t>(border));
}

at::Tensor forwardSplat(const at::Tensor& values, const at::Tensor& flow) {
    checkShapes(values, flow, "forwardSplat");
    const at::NoGradGuard noGrad;
    const auto valuesLast = channelsLast(values.detach());
    const auto flowLast = channelsLast(flow.detach());
    if (values.is_cuda()) return cuda::splat(valuesLast, flowLast);
    return values.scalar_type() == at::kDouble ? splatCpu<double>(valuesLast, flowLast)
                                               : splatCpu<float>(valuesLast, flowLast);
}

}  // namespace mcj
