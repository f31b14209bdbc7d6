#include "inference/ops/channel_rows.h"

#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "inference/ops/kernels.h"
#include "inference/ops/map_layout.h"
#include "inference/ops/padded_planes.h"
#include "inference/ops/parallel.h"

namespace mcj {
namespace {

using kernels::Bfloat16;

constexpr float kNormEpsilon = 1e-6F;

template <typename Element>
Element* elements(const at::Tensor& map) {
    return static_cast<Element*>(map.data_ptr());
}

/// Calls work with a null pointer of the element type of `map`.
template <typename Work>
void withElement(const at::Tensor& map, const Work& work) {
    if (map.scalar_type() == at::kBFloat16) {
        work(static_cast<Bfloat16*>(nullptr));
    } else {
        work(static_cast<float*>(nullptr));
    }
}

}  // namespace

bool appliesFused(const at::Tensor& map) {
    const auto type = map.scalar_type();
    return map.is_cpu() && !at::GradMode::is_enabled() &&
           (type == at::kFloat || type == at::kBFloat16);
}

at::Tensor emptyMap(const at::Tensor& like, std::int64_t channels, at::ScalarType type) {
    return at::empty({like.size(0), like.size(2), like.size(3), channels},
                     like.options().dtype(type).memory_format(at::MemoryFormat::Contiguous))
        .permute({0, 3, 1, 2});
}

void normalizeInto(const at::Tensor& input, const NormAndSlope& norm,
                   std::initializer_list<ChannelSlice> targets) {
    // Positions that stay in the second cache level while several targets are written.
    constexpr std::int64_t kPositions = 256;
    const auto map = channelsLast(input);
    const std::int64_t channels = map.size(1);
    const std::int64_t count = map.numel() / channels;
    const kernels::NormParameters parameters{norm.weight.const_data_ptr<float>(),
                                             norm.bias.const_data_ptr<float>(), kNormEpsilon,
                                             static_cast<float>(norm.slope)};
    withElement(map, [&](auto* in) {
        using In = std::remove_pointer_t<decltype(in)>;
        const In* rows = elements<const In>(map);
        at::parallel_for(0, count, kPositions, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t from = begin; from < end; from += kPositions) {
                const std::int64_t some = std::min(kPositions, end - from);
                for (const ChannelSlice& target : targets) {
                    const std::int64_t stride = target.map.size(1);
                    withElement(target.map, [&](auto* out) {
                        using Out = std::remove_pointer_t<decltype(out)>;
                        kernels::normRows(rows + from * channels, channels, parameters,
                                          elements<Out>(target.map) + from * stride + target.begin,
                                          stride, some);
                    });
                }
            }
        });
    });
}

at::Tensor normalized(const at::Tensor& map, const NormAndSlope& norm, at::ScalarType type) {
    auto out = emptyMap(map, map.size(1), type);
    normalizeInto(map, norm, {{out, 0}});
    return out;
}

at::Tensor normalizedRows(const at::Tensor& rows, const NormAndSlope& norm, at::ScalarType type) {
    const auto asMap = [](const at::Tensor& positions) {
        return positions.view({1, 1, positions.size(0), positions.size(1)}).permute({0, 3, 1, 2});
    };
    auto out = at::empty(rows.sizes(), rows.options().dtype(type));
    normalizeInto(asMap(rows), norm, {{asMap(out), 0}});
    return out;
}

void addScaledInto(const at::Tensor& out, const at::Tensor& residue, const at::Tensor& rows,
                   const at::Tensor& gamma) {
    constexpr std::int64_t kPositions = 1024;
    const std::int64_t channels = rows.size(1);
    const auto factors = gamma.defined() ? gamma : at::ones({channels});
    const float* g = factors.const_data_ptr<float>();
    const float* before = residue.const_data_ptr<float>();
    float* target = out.data_ptr<float>();
    withElement(rows, [&](auto* in) {
        using In = std::remove_pointer_t<decltype(in)>;
        const In* added = elements<const In>(rows);
        at::parallel_for(0, rows.size(0), kPositions, [&](std::int64_t begin, std::int64_t end) {
            const std::int64_t from = begin * channels;
            kernels::addScaledRows(before + from, added + from, g, channels, target + from,
                                   end - begin);
        });
    });
}

at::Tensor matchingInput(const at::Tensor& first, const at::Tensor& second, const at::Tensor& flow,
                         double slope, at::ScalarType type) {
    const kernels::MapShape shape{first.size(0), first.size(1), first.size(2), first.size(3)};
    const auto paddedFirst = paddedPlanes(first);
    const auto paddedSecond = paddedPlanes(second);
    const auto features = channelsLast(first);
    const auto vectors = flow.contiguous();
    const std::int64_t channels = kernels::kCostChannels + shape.channels + 2;
    auto out = emptyMap(first, channels, type);
    const std::int64_t costStride = kernels::paddedWidth(shape.width);
    const std::int64_t plane = shape.height * shape.width;
    const float* a = paddedFirst.const_data_ptr<float>();
    const float* b = paddedSecond.const_data_ptr<float>();
    const float* own = elements<const float>(features);
    const float* motion = vectors.const_data_ptr<float>();
    withElement(out, [&](auto* typed) {
        using Out = std::remove_pointer_t<decltype(typed)>;
        Out* target = elements<Out>(out);
        at::parallel_for(
            0, shape.batch * shape.height, 4, [&](std::int64_t begin, std::int64_t end) {
                std::vector<float> cost(
                    static_cast<std::size_t>(kernels::kCostChannels * costStride));
                for (std::int64_t row = begin; row < end; ++row) {
                    const std::int64_t item = row / shape.height;
                    const std::int64_t y = row % shape.height;
                    kernels::costVolumeRow(a + item * paddedFirst.stride(0),
                                           b + item * paddedSecond.stride(0), shape, y, costStride,
                                           cost.data());
                    const float* flowX = motion + item * 2 * plane + y * shape.width;
                    kernels::matchingRow(cost.data(), costStride,
                                         own + row * shape.width * shape.channels, flowX,
                                         flowX + plane, static_cast<float>(slope), shape,
                                         target + row * shape.width * channels);
                }
            });
    });
    return out;
}

}  // namespace mcj
