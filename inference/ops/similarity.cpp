#include "inference/ops/similarity.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "inference/ops/cuda_ops.h"
#include "inference/ops/parallel.h"
#include "media/base/error.h"

namespace mcj {
namespace {

template <typename Real>
at::Tensor cosineCpu(const at::Tensor& features, const at::Tensor& query) {
    const kernels::MapShape shape{1, features.size(0), features.size(1), features.size(2)};
    const auto last = features.permute({1, 2, 0}).contiguous();
    const auto wanted = query.contiguous();
    auto out = at::empty({shape.height, shape.width}, features.options());
    const Real* f = last.const_data_ptr<Real>();
    const Real* q = wanted.const_data_ptr<Real>();
    Real* o = out.data_ptr<Real>();
    at::parallel_for(0, shape.height, 8, [&](std::int64_t begin, std::int64_t end) {
        kernels::cosineRows(f, q, shape, o, begin, end);
    });
    return out;
}

/// Where the parabola through three neighbours has its top, as an offset in [-0.5, 0.5].
double parabolaTop(double before, double top, double after) {
    const double curvature = before - 2.0 * top + after;
    if (curvature >= -1e-12) return 0.0;
    return std::clamp(0.5 * (before - after) / curvature, -0.5, 0.5);
}

}  // namespace

at::Tensor cosineMap(const at::Tensor& features, const at::Tensor& query) {
    if (features.dim() != 3 || query.dim() != 1 || features.size(0) != query.size(0)) {
        throw Error(ErrorCode::Usage, "cosineMap: features and query differ in channels");
    }
    const at::NoGradGuard noGrad;
    if (features.is_cuda()) {
        return cuda::cosineMap(features.permute({1, 2, 0}).contiguous(), query.contiguous());
    }
    return features.scalar_type() == at::kDouble ? cosineCpu<double>(features, query)
                                                 : cosineCpu<float>(features, query);
}

BestCell bestCell(const at::Tensor& map) {
    const auto values = map.to(at::kCPU, at::kDouble).contiguous();
    const std::int64_t height = values.size(0);
    const std::int64_t width = values.size(1);
    const double* data = values.const_data_ptr<double>();
    const double* top = std::max_element(data, data + height * width);
    const std::int64_t y = (top - data) / width;
    const std::int64_t x = (top - data) % width;
    BestCell match{static_cast<double>(x), static_cast<double>(y), *top};
    if (x > 0 && x + 1 < width) match.x += parabolaTop(top[-1], top[0], top[1]);
    if (y > 0 && y + 1 < height) match.y += parabolaTop(top[-width], top[0], top[width]);
    return match;
}

}  // namespace mcj
