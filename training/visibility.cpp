#include "training/visibility.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "inference/ops/consistency.h"

namespace mcj {

at::Tensor insideMask(const at::Tensor& flow) {
    const at::NoGradGuard noGrad;
    const std::int64_t height = flow.size(2);
    const std::int64_t width = flow.size(3);
    const auto options = flow.options();
    const auto x = at::arange(width, options).view({1, 1, 1, width}) + flow.narrow(1, 0, 1);
    const auto y = at::arange(height, options).view({1, 1, height, 1}) + flow.narrow(1, 1, 1);
    return (x.ge(0) & y.ge(0) & x.le(width - 1) & y.le(height - 1)).to(flow.scalar_type());
}

Visibility visibility(const at::Tensor& flow, const at::Tensor& backFlow,
                      const OcclusionTest& test) {
    const at::NoGradGuard noGrad;
    const auto inside = insideMask(flow);
    if (test.use == OcclusionUse::OutsideOnly) return {inside, {}, {}};
    const auto visible = test.use == OcclusionUse::RangeMap
                             ? inside * (1 - rangeMapOcclusion(backFlow, test.rangeThreshold))
                             : 1 - checkConsistency(flow, backFlow, test.alpha, test.beta).occluded;
    const auto share = visible.sum({1, 2, 3}) / inside.sum({1, 2, 3}).clamp_min(1.0);
    const auto below = share.lt(test.floor);
    return {at::where(below.view({-1, 1, 1, 1}), inside, visible), share,
            below.to(share.scalar_type())};
}

at::Tensor visiblePixels(const at::Tensor& flow, const at::Tensor& backFlow,
                         const OcclusionTest& test) {
    return visibility(flow, backFlow, test).pixels;
}

}  // namespace mcj
