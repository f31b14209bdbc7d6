#include "inference/ops/cost_volume.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "inference/ops/cuda_ops.h"
#include "inference/ops/kernels.h"
#include "inference/ops/map_layout.h"
#include "inference/ops/padded_planes.h"
#include "inference/ops/parallel.h"
#include "media/base/error.h"

namespace mcj {
namespace {

template <typename Real>
at::Tensor forwardCpu(const at::Tensor& first, const at::Tensor& second) {
    const auto shape = shapeOf(first);
    const at::Tensor paddedFirst = paddedPlanes(first);
    const at::Tensor paddedSecond = paddedPlanes(second);
    auto out = at::empty({shape.batch, kernels::kCostChannels, shape.height, shape.width},
                         first.options().memory_format(at::MemoryFormat::Contiguous));
    const Real* a = paddedFirst.const_data_ptr<Real>();
    const Real* b = paddedSecond.const_data_ptr<Real>();
    Real* o = out.data_ptr<Real>();
    at::parallel_for(0, shape.batch * shape.height, 4, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
            const std::int64_t item = row / shape.height;
            const std::int64_t y = row % shape.height;
            kernels::costVolumeRows(a + item * paddedFirst.stride(0),
                                    b + item * paddedSecond.stride(0), shape,
                                    o + item * out.stride(0), y, y + 1);
        }
    });
    return out;
}

template <typename Real>
at::Tensor gradTo(kernels::CostInput input, const at::Tensor& gradOut, const at::Tensor& other) {
    const auto shape = shapeOf(other);
    const at::Tensor padded = paddedPlanes(other);
    auto grad = at::empty({shape.batch, shape.channels, shape.height, shape.width},
                          other.options().memory_format(at::MemoryFormat::Contiguous));
    const Real* g = gradOut.const_data_ptr<Real>();
    const Real* b = padded.const_data_ptr<Real>();
    Real* o = grad.data_ptr<Real>();
    at::parallel_for(0, shape.batch * shape.height, 4, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
            const std::int64_t item = row / shape.height;
            const std::int64_t y = row % shape.height;
            kernels::costVolumeGradRows(g + item * gradOut.stride(0), b + item * padded.stride(0),
                                        shape, input, o + item * grad.stride(0), y, y + 1);
        }
    });
    return grad;
}

template <typename Real>
std::pair<at::Tensor, at::Tensor> backwardCpu(const at::Tensor& gradOut, const at::Tensor& first,
                                              const at::Tensor& second, bool needFirst,
                                              bool needSecond) {
    const std::int64_t width = first.size(3);
    const std::int64_t missing = kernels::kCostGradMinWidth - width;
    if (missing > 0) {  // zeros beside the picture do not change the result
        const auto widen = [&](const at::Tensor& map) {
            return at::constant_pad_nd(map, {0, missing});
        };
        auto wide =
            backwardCpu<Real>(widen(gradOut), widen(first), widen(second), needFirst, needSecond);
        const auto narrow = [&](const at::Tensor& map) {
            return map.defined() ? map.narrow(3, 0, width).contiguous() : map;
        };
        return {narrow(wide.first), narrow(wide.second)};
    }
    const auto grad = gradOut.contiguous();
    return {needFirst ? gradTo<Real>(kernels::CostInput::First, grad, second) : at::Tensor(),
            needSecond ? gradTo<Real>(kernels::CostInput::Second, grad, first) : at::Tensor()};
}

struct CostVolumeFunction : torch::autograd::Function<CostVolumeFunction> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& first,
                              const at::Tensor& second) {
        context->save_for_backward({first, second});
        if (first.is_cuda()) return cuda::costVolumeForward(first, second);
        return first.scalar_type() == at::kDouble ? forwardCpu<double>(first, second)
                                                  : forwardCpu<float>(first, second);
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list grads) {
        const auto saved = context->get_saved_variables();
        const bool needFirst = context->needs_input_grad(0);
        const bool needSecond = context->needs_input_grad(1);
        std::pair<at::Tensor, at::Tensor> result;
        if (saved[0].is_cuda()) {
            result = cuda::costVolumeBackward(grads[0], saved[0], saved[1], needFirst, needSecond);
        } else if (saved[0].scalar_type() == at::kDouble) {
            result = backwardCpu<double>(grads[0], saved[0], saved[1], needFirst, needSecond);
        } else {
            result = backwardCpu<float>(grads[0], saved[0], saved[1], needFirst, needSecond);
        }
        return {result.first, result.second};
    }
};

}  // namespace

at::Tensor costVolume(const at::Tensor& first, const at::Tensor& second) {
    if (first.dim() != 4 || first.sizes() != second.sizes() ||
        first.scalar_type() != second.scalar_type()) {
        throw Error(ErrorCode::Usage, "costVolume: the two feature maps differ in shape or type");
    }
    return CostVolumeFunction::apply(first, second);
}

}  // namespace mcj
