#pragma once

#include <initializer_list>

#include <ATen/core/Tensor.h>

namespace mcj {

/// Fused steps of the network for inference on a CPU, where memory, not arithmetic, limits them.
/// Maps are [B, C, H, W] in channels-last memory, float or bfloat16; sums are float. They compute
/// what the separate operations do (tests/inference/test_ops.cpp), without gradients.

/// Whether the functions below apply: `map` is float or bfloat16 on a CPU and no gradient is
/// recorded.
[[nodiscard]] bool appliesFused(const at::Tensor& map);

/// Channels [begin, begin + C) of a channels-last map.
struct ChannelSlice {
    at::Tensor map;
    std::int64_t begin = 0;
};

/// LayerNorm over channels (eps 1e-6), then LeakyReLU. `slope` 1 leaves the values as they are.
struct NormAndSlope {
    at::Tensor weight;  ///< [C], float
    at::Tensor bias;    ///< [C], float
    double slope = 1.0;
};

/// Writes the result to each of `targets`.
void normalizeInto(const at::Tensor& map, const NormAndSlope& norm,
                   std::initializer_list<ChannelSlice> targets);
/// The result as a new map of `type`.
[[nodiscard]] at::Tensor normalized(const at::Tensor& map, const NormAndSlope& norm,
                                    at::ScalarType type);

/// The same for positions [N, C].
[[nodiscard]] at::Tensor normalizedRows(const at::Tensor& rows, const NormAndSlope& norm,
                                        at::ScalarType type);

/// out = residue + gamma * rows, all [N, C] contiguous; `residue` and `out` are float. Without a
/// gamma: residue + rows.
void addScaledInto(const at::Tensor& out, const at::Tensor& residue, const at::Tensor& rows,
                   const at::Tensor& gamma);

/// An empty channels-last map with the batch and raster of `like`.
[[nodiscard]] at::Tensor emptyMap(const at::Tensor& like, std::int64_t channels,
                                  at::ScalarType type);

/// The input of a flow decoder, [B, 81 + C + 2, H, W] of `type`: the cost volume of `first` and
/// `second` (PWC-Net, equation 2) after LeakyReLU, then `first`, then `flow`.
/// first, second: [B, C, H, W]; flow: [B, 2, H, W]; float.
[[nodiscard]] at::Tensor matchingInput(const at::Tensor& first, const at::Tensor& second,
                                       const at::Tensor& flow, double slope, at::ScalarType type);

}  // namespace mcj
