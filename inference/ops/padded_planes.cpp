#include "inference/ops/padded_planes.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "inference/ops/kernels.h"
#include "inference/ops/parallel.h"

namespace mcj {
namespace {

template <typename Real>
at::Tensor padded(const at::Tensor& map) {
    const kernels::MapShape shape{map.size(0), map.size(1), map.size(2), map.size(3)};
    auto planes = at::empty({shape.batch, shape.channels, shape.height + 2 * kernels::kCostRadius,
                             kernels::paddedWidth(shape.width)},
                            map.options().memory_format(at::MemoryFormat::Contiguous));
    const Real* source = map.const_data_ptr<Real>();
    Real* target = planes.data_ptr<Real>();
    // Padding works on single channels, so that small batches use every thread as well.
    const std::int64_t group =
        std::max<std::int64_t>(1, std::min<std::int64_t>(16, shape.channels));
    const std::int64_t groups = (shape.channels + group - 1) / group;
    const std::int64_t plane = planes.stride(1);
    at::parallel_for(0, shape.batch * groups, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t item = i / groups;
            const std::int64_t c0 = i % groups * group;
            auto part = shape;
            part.channels = std::min(group, shape.channels - c0);
            kernels::padPlanes(source + item * map.stride(0) + c0 * map.stride(1), map.stride(1),
                               map.stride(2), map.stride(3), part,
                               target + item * planes.stride(0) + c0 * plane);
        }
    });
    return planes;
}

}  // namespace

at::Tensor paddedPlanes(const at::Tensor& map) {
    return map.scalar_type() == at::kDouble ? padded<double>(map) : padded<float>(map);
}

}  // namespace mcj
