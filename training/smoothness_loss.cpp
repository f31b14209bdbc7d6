#include "training/smoothness_loss.h"

#include <ATen/ATen.h>

#include "media/base/error.h"

namespace mcj {

at::Tensor edgeAwareSmoothness(const at::Tensor& flow, const at::Tensor& image, double edge,
                               int order) {
    if (order != 1 && order != 2) {
        throw Error(ErrorCode::Usage,
                    "smoothness of order " + std::to_string(order) + " does not exist",
                    "Set smooth_order to 1 or 2.");
    }
    const auto difference = [](const at::Tensor& t, std::int64_t axis) {
        return t.slice(axis, 1) - t.slice(axis, 0, -1);
    };
    at::Tensor total;
    for (const std::int64_t axis : {std::int64_t{3}, std::int64_t{2}}) {
        auto weight = (difference(image, axis).abs().mean(1, true) * -edge).exp();
        auto change = difference(flow, axis);
        // ARFlow halves the first order twice and the second once; its weights 50 and 75 assume it.
        double scale = 0.25;
        if (order == 2) {
            change = difference(change, axis);
            weight = weight.slice(axis, 1);
            scale = 0.5;
        }
        const auto term = (weight * change.abs()).mean() * scale;
        total = total.defined() ? total + term : term;
    }
    return total;
}

}  // namespace mcj
