#include "inference/model/row_bands.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace mcj {
namespace {

/// Multiplications in one band: some 20 ms on two cores. A depthwise convolution uses a processor
/// badly and counts for more.
constexpr double kBandMultiplications = 1.0e9;
constexpr double kDepthwiseCost = 2.5;
constexpr double kBfloat16Cost = 0.1;

}  // namespace

at::Tensor convolveInBands(torch::nn::Conv2dImpl& conv, const at::Tensor& input,
                           const StopToken& stop) {
    lookAtStop(stop);
    if (at::GradMode::is_enabled() || !input.is_cpu()) return conv.forward(input);
    const at::Tensor map = input.to(conv.weight.scalar_type());
    const auto& options = conv.options;
    const std::int64_t kernel = options.kernel_size()->at(0);
    const std::int64_t stride = options.stride()->at(0);
    const std::int64_t dilation = options.dilation()->at(0);
    const auto& padding = std::get<torch::ExpandingArray<2>>(options.padding());
    const std::int64_t padY = padding->at(0);
    const std::int64_t padX = padding->at(1);
    const std::int64_t span = dilation * (kernel - 1) + 1;
    const std::int64_t rows = (map.size(2) + 2 * padY - span) / stride + 1;
    const std::int64_t columns = (map.size(3) + 2 * padX - span) / stride + 1;
    const double perRow = static_cast<double>(conv.weight.numel() * map.size(0) * columns) *
                          (options.groups() > 1 ? kDepthwiseCost : 1.0) *
                          (map.scalar_type() == at::kBFloat16 ? kBfloat16Cost : 1.0);
    const auto band = std::max<std::int64_t>(
        8, static_cast<std::int64_t>(kBandMultiplications / std::max(perRow, 1.0)));
    if (rows <= band) return conv.forward(map);
    at::Tensor whole;
    for (std::int64_t from = 0; from < rows; from += band) {
        lookAtStop(stop);
        const std::int64_t count = std::min(band, rows - from);
        const std::int64_t top = from * stride - padY;
        const std::int64_t bottom = (from + count - 1) * stride - padY + span;
        const std::int64_t begin = std::max<std::int64_t>(0, top);
        const std::int64_t end = std::min(map.size(2), bottom);
        auto rowsRead = map.narrow(2, begin, end - begin);
        if (begin > top || end < bottom) {
            rowsRead = at::constant_pad_nd(rowsRead, {0, 0, begin - top, bottom - end});
        }
        const at::Tensor part =
            at::convolution(rowsRead, conv.weight, conv.bias, {stride, stride}, {0, padX},
                            {dilation, dilation}, false, {0, 0}, options.groups());
        if (!whole.defined()) {
            whole = at::empty({part.size(0), part.size(1), rows, columns},
                              part.options().memory_format(part.suggest_memory_format()));
        }
        whole.narrow(2, from, count).copy_(part);
    }
    return whole;
}

}  // namespace mcj
