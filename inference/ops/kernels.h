#pragma once

#include <cstddef>
#include <cstdint>

/// Raw-pointer kernels of the ops, independent of torch so that they compile fast and can be tested
/// and timed alone. CPU kernels work on a half-open range of work items and leave threading to the
/// caller; each is compiled for several instruction sets and selected at run time. Real is float or
/// double. The kernels neither allocate nor throw.
namespace mcj::kernels {

/// Search radius of the cost volume: (2 * 4 + 1)^2 = 81 displacements, as in PWC-Net.
constexpr int kCostRadius = 4;
constexpr int kCostSide = 2 * kCostRadius + 1;
constexpr int kCostChannels = kCostSide * kCostSide;

/// Extent of a batch of feature maps.
struct MapShape {
    std::int64_t batch = 0;
    std::int64_t channels = 0;
    std::int64_t height = 0;
    std::int64_t width = 0;
};

/// Columns of a padded row: `width` plus the radius on both sides, rounded up so that a whole
/// vector can be read at any column of the unpadded row.
[[nodiscard]] constexpr std::int64_t paddedWidth(std::int64_t width) {
    constexpr std::int64_t kVector = 16;
    return (width + kVector - 1) / kVector * kVector + 2 * kCostRadius;
}

/// Copies one item [C, H, W] given by strides into zero-padded planes [C, H + 2r, paddedWidth(W)].
template <typename Real>
void padPlanes(const Real* source, std::int64_t strideC, std::int64_t strideY, std::int64_t strideX,
               const MapShape& shape, Real* padded);

/// out[d, y, x] = 1/C sum_c first[c, y, x] * second[c, y + dy, x + dx], d = (dy + r) * 9 + (dx +
/// r), for rows [rowBegin, rowEnd) of one item. `first` and `second` are padded planes; `out` is
/// [81, H, W] contiguous.
template <typename Real>
void costVolumeRows(const Real* first, const Real* second, const MapShape& shape, Real* out,
                    std::int64_t rowBegin, std::int64_t rowEnd);

/// The same for row y alone: out[d * outStride + x]. `out` has room for `outStride` columns, which
/// is `paddedWidth(W)` or more.
void costVolumeRow(const float* first, const float* second, const MapShape& shape, std::int64_t y,
                   std::int64_t outStride, float* out);

/// The upper half of a float: 8 bits of exponent, 7 of fraction.
struct Bfloat16 {
    std::uint16_t bits;
};

/// LayerNorm over the channels of a position, then LeakyReLU.
struct NormParameters {
    const float* weight = nullptr;  ///< [C]
    const float* bias = nullptr;    ///< [C]
    float epsilon = 0.0F;
    float slope = 1.0F;  ///< of negative values; 1 leaves them as they are
};

/// out[p * outStride + c] = leaky(norm(rows[p * C + c])) for `count` positions. In, Out: float or
/// Bfloat16; sums are float.
template <typename In, typename Out>
void normRows(const In* rows, std::int64_t channels, const NormParameters& norm, Out* out,
              std::int64_t outStride, std::int64_t count);

/// out = residue + gamma * rows for `count` positions of `channels`.
template <typename In>
void addScaledRows(const float* residue, const In* rows, const float* gamma, std::int64_t channels,
                   float* out, std::int64_t count);

/// A row of a flow decoder's input, [W, 81 + C + 2]: leaky(cost), features, flow.
/// cost: [81, costStride]; features: [W, C]; flowX, flowY: [W].
template <typename Out>
void matchingRow(const float* cost, std::int64_t costStride, const float* features,
                 const float* flowX, const float* flowY, float slope, const MapShape& shape,
                 Out* out);

/// Which of the cost volume's two inputs a gradient is for.
enum class CostInput { First, Second };

/// Narrowest map that `costVolumeGradRows` takes: its last block of columns overlaps the one
/// before.
constexpr std::int64_t kCostGradMinWidth = 16;

/// The gradient of `costVolumeRows` to one input, rows [rowBegin, rowEnd) of one item:
///   First:  grad[c, y, x] = 1/C sum_d gradOut[d, y, x] * other[c, y + dy, x + dx]
///   Second: grad[c, y, x] = 1/C sum_d gradOut[d, y - dy, x - dx] * other[c, y - dy, x - dx]
/// gradOut: [81, H, W] contiguous and finite; other: the other input as padded planes; grad:
/// [C, H, W] contiguous.
template <typename Real>
void costVolumeGradRows(const Real* gradOut, const Real* other, const MapShape& shape,
                        CostInput input, Real* grad, std::int64_t rowBegin, std::int64_t rowEnd);

/// The value of a sample outside the picture: zero, or the nearest border pixel.
enum class Border { Zeros, Clamp };

/// out[y, x, c] = bilinear source[y + v, x + u, c] (align_corners = True: integers are pixel
/// centres) for rows [rowBegin, rowEnd) of one item. source, out: [H, W, C]; flow: [H, W, 2].
template <typename Real>
void warpRows(const Real* source, const Real* flow, const MapShape& shape, Border border, Real* out,
              std::int64_t rowBegin, std::int64_t rowEnd);

/// Gradient of `warpRows` to source for channels [channelBegin, channelEnd) of one item; adds to
/// gradSource. Split by channel, not by row, so that sums have the same order at any thread count.
template <typename Real>
void warpGradSource(const Real* gradOut, const Real* flow, const MapShape& shape, Border border,
                    Real* gradSource, std::int64_t channelBegin, std::int64_t channelEnd);

/// Gradient of `warpRows` to flow, [H, W, 2], rows [rowBegin, rowEnd) of one item.
template <typename Real>
void warpGradFlowRows(const Real* gradOut, const Real* source, const Real* flow,
                      const MapShape& shape, Border border, Real* gradFlow, std::int64_t rowBegin,
                      std::int64_t rowEnd);

/// Adds the value of every pixel p of [H, W, C] bilinearly at p + flow(p); `out` must hold zeros.
/// Channels [channelBegin, channelEnd).
template <typename Real>
void splatChannels(const Real* values, const Real* flow, const MapShape& shape, Real* out,
                   std::int64_t channelBegin, std::int64_t channelEnd);

/// Forward-backward test (UnFlow eq. 1) on planes: flows are [2, H, W]; writes 1 where occluded
/// and, when `error` is not null, |f + b'| in px (NaN where p + f leaves the picture).
template <typename Real>
void consistencyRows(const Real* forward, const Real* backward, const MapShape& shape, Real alpha,
                     Real beta, Real* occluded, Real* error, std::int64_t rowBegin,
                     std::int64_t rowEnd);

/// out[y, x] = cosine(query, features[y, x, :]) with features [H, W, C], query [C].
template <typename Real>
void cosineRows(const Real* features, const Real* query, const MapShape& shape, Real* out,
                std::int64_t rowBegin, std::int64_t rowEnd);

/// One context frame of label propagation.
struct PropagationContext {
    const float* features = nullptr;  ///< [H, C, propagationPaddedWidth], unit length
    const float* labels = nullptr;    ///< [H, W, classes]
};

struct PropagationShape {
    std::int64_t channels = 0;
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::int64_t classes = 0;
    int radius = 12;
    int topK = 5;
    float temperature = 0.1F;
};

/// Columns of a padded row for label propagation: an odd number of cache lines, so that the
/// channels of a column do not all fall into the same few sets of the cache.
[[nodiscard]] constexpr std::int64_t propagationPaddedWidth(std::int64_t width, int radius) {
    constexpr std::int64_t kLine = 16;
    const std::int64_t vectors = (width + kLine - 1) / kLine * kLine + 2 * radius;
    return ((vectors + kLine - 1) / kLine | 1) * kLine;
}
/// Bytes of scratch that one call of `propagateLabelRows` may need; most of it is only used if very
/// many cosines tie.
[[nodiscard]] std::size_t propagationScratchBytes(const PropagationShape& shape,
                                                  std::int64_t contexts);

/// DINO's label propagation (Caron et al. 2021) without the dense affinity, rows
/// [rowBegin, rowEnd): for each target cell the cosines with every cell of the square window in
/// every context frame, the topK largest kept (ties included), weights exp(cos / T) normalised,
/// labels summed. `target` is [H, C, propagationPaddedWidth], as are the contexts' features: a
/// row's channels are adjacent, so that a window touches few pages; out is [H, W, classes].
/// `scratch` is aligned for any type and needs no initial value.
void propagateLabelRows(const float* target, const PropagationContext* contexts,
                        std::int64_t contextCount, const PropagationShape& shape,
                        std::byte* scratch, float* out, std::int64_t rowBegin, std::int64_t rowEnd);

}  // namespace mcj::kernels
