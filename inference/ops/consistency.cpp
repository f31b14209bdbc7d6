#include "inference/ops/consistency.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "inference/ops/cuda_ops.h"
#include "inference/ops/parallel.h"
#include "inference/ops/warp.h"
#include "media/base/error.h"

namespace mcj {
namespace {

template <typename Real>
Consistency checkCpu(const at::Tensor& forward, const at::Tensor& backward, double alpha,
                     double beta) {
    const kernels::MapShape shape{forward.size(0), 2, forward.size(2), forward.size(3)};
    Consistency result;
    result.occluded = at::empty({shape.batch, 1, shape.height, shape.width}, forward.options());
    result.error = at::empty_like(result.occluded);
    const std::int64_t plane = shape.height * shape.width;
    const Real* f = forward.const_data_ptr<Real>();
    const Real* b = backward.const_data_ptr<Real>();
    Real* occluded = result.occluded.data_ptr<Real>();
    Real* error = result.error.data_ptr<Real>();
    at::parallel_for(0, shape.batch * shape.height, 8, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
            const std::int64_t item = row / shape.height;
            const std::int64_t y = row % shape.height;
            kernels::consistencyRows(f + item * 2 * plane, b + item * 2 * plane, shape,
                                     static_cast<Real>(alpha), static_cast<Real>(beta),
                                     occluded + item * plane, error + item * plane, y, y + 1);
        }
    });
    return result;
}

}  // namespace

Consistency checkConsistency(const at::Tensor& forward, const at::Tensor& backward, double alpha,
                             double beta) {
    if (forward.dim() != 4 || forward.size(1) != 2 || forward.sizes() != backward.sizes()) {
        throw Error(ErrorCode::Usage, "checkConsistency: the two flow fields differ in shape");
    }
    const at::NoGradGuard noGrad;
    const auto f = forward.detach().contiguous();
    const auto b = backward.detach().contiguous();
    if (f.is_cuda()) {
        auto [occluded, error] = cuda::consistency(f, b, alpha, beta);
        return {std::move(occluded), std::move(error)};
    }
    return f.scalar_type() == at::kDouble ? checkCpu<double>(f, b, alpha, beta)
                                          : checkCpu<float>(f, b, alpha, beta);
}

at::Tensor rangeMapOcclusion(const at::Tensor& backward, double threshold) {
    const auto ones =
        at::ones({backward.size(0), 1, backward.size(2), backward.size(3)}, backward.options());
    const auto count = forwardSplat(ones, backward).clamp(0.0, 1.0);
    return (1.0 - count).gt(threshold).to(backward.scalar_type());
}

}  // namespace mcj
