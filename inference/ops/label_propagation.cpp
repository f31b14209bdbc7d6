#include "inference/ops/label_propagation.h"

#include <algorithm>
#include <memory>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "inference/ops/cuda_ops.h"
#include "inference/ops/kernels.h"
#include "inference/ops/parallel.h"
#include "media/base/error.h"

namespace mcj {

at::Tensor joinLevels(const at::Tensor& map, const at::Tensor& finer) {
    const auto unit = [](const at::Tensor& rows) {
        return rows / rows.square().sum(1, true).sqrt().clamp_min(1e-6);
    };
    const auto averaged = at::avg_pool2d(finer, {2, 2}, {2, 2}, {0, 0}, /*ceil_mode=*/true,
                                         /*count_include_pad=*/false);
    if (averaged.size(2) != map.size(2) || averaged.size(3) != map.size(3)) {
        throw Error(ErrorCode::Usage,
                    "joinLevels: the finer map does not belong to the next level");
    }
    return at::cat({unit(map), unit(averaged)}, 1);
}

PropagationFeatures preparePropagation(const at::Tensor& features, int radius) {
    const at::NoGradGuard noGrad;
    auto map = features.dim() == 4 ? features.squeeze(0) : features;
    if (map.dim() != 3 || radius < 0) {
        throw Error(ErrorCode::Usage, "preparePropagation: needs one feature map [C, H, W]");
    }
    map = map.to(at::kFloat);
    const auto length = map.square().sum(0, true).sqrt().clamp_min(1e-12);
    PropagationFeatures prepared{{}, map.size(0), map.size(1), map.size(2), radius};
    const std::int64_t right =
        kernels::propagationPaddedWidth(prepared.width, radius) - radius - prepared.width;
    auto unit = map / length;
    if (!unit.is_cuda()) unit = unit.permute({1, 0, 2});  // each device's kernel has its own order
    prepared.planes = at::constant_pad_nd(unit, {radius, right}).contiguous();
    return prepared;
}

at::Tensor propagateLabels(const PropagationFeatures& target,
                           const std::vector<const PropagationFeatures*>& context,
                           const std::vector<at::Tensor>& labels, const LabelVoting& settings,
                           const StopToken& stop) {
    if (context.empty() || context.size() != labels.size()) {
        throw Error(ErrorCode::Usage, "propagateLabels: needs one label map per context frame");
    }
    if (settings.topK < 1 || settings.topK > 32 || !(settings.temperature > 0)) {
        throw Error(ErrorCode::Usage,
                    "propagateLabels: topK must be 1..32 and temperature above 0");
    }
    kernels::PropagationShape shape;
    shape.channels = target.channels;
    shape.height = target.height;
    shape.width = target.width;
    shape.classes = labels.front().size(2);
    shape.radius = target.radius;
    shape.topK = settings.topK;
    shape.temperature = static_cast<float>(settings.temperature);

    std::vector<at::Tensor> kept;
    for (std::size_t k = 0; k < context.size(); ++k) {
        if (context[k]->planes.sizes() != target.planes.sizes() ||
            labels[k].sizes() != labels.front().sizes()) {
            throw Error(ErrorCode::Usage, "propagateLabels: context frames differ in shape");
        }
        kept.push_back(labels[k].to(at::kFloat).contiguous());
    }
    if (target.planes.is_cuda()) {
        std::vector<at::Tensor> planes;
        for (const auto* frame : context) planes.push_back(frame->planes);
        return cuda::propagateLabels(target.planes, planes, kept, shape);
    }
    std::vector<kernels::PropagationContext> frames;
    for (std::size_t k = 0; k < context.size(); ++k) {
        frames.push_back(
            {context[k]->planes.const_data_ptr<float>(), kept[k].const_data_ptr<float>()});
    }
    auto out = at::empty({shape.height, shape.width, shape.classes}, kept.front().options());
    const float* t = target.planes.const_data_ptr<float>();
    float* o = out.data_ptr<float>();
    const auto count = static_cast<std::int64_t>(frames.size());
    at::parallel_for(0, shape.height, 1, [&](std::int64_t begin, std::int64_t end) {
        const auto scratch =
            std::make_unique_for_overwrite<std::byte[]>(propagationScratchBytes(shape, count));
        constexpr std::int64_t kRows = 8;
        for (std::int64_t y = begin; y < end && !stop.stopRequested(); y += kRows) {
            kernels::propagateLabelRows(t, frames.data(), count, shape, scratch.get(), o, y,
                                        std::min(y + kRows, end));
        }
    });
    stop.throwIfStopped("carrying labels");
    return out;
}

}  // namespace mcj
