#pragma once

#include <cstdint>

/// Raw-pointer kernels behind the ops, free of torch so that they compile fast and can be tested
/// and timed alone. CPU kernels work on a half-open range of work items and leave threading to the
/// caller; every one of them is compiled for several instruction sets and picks one at run time.
/// Real is float or double. Nothing here allocates on the caller's behalf or throws.
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

/// Columns of a padded row: `width` plus the radius on both sides, rounded up so that a whole vector
/// can be read at any column of the unpadded row.
[[nodiscard]] constexpr std::int64_t paddedWidth(std::int64_t width) {
    constexpr std::int64_t kVector = 16;
    return (width + kVector - 1) / kVector * kVector + 2 * kCostRadius;
}

/// Copies one item [C, H, W] given by strides into zero-padded planes [C, H + 2r, paddedWidth(W)].
template <typename Real>
void padPlanes(const Real* source, std::int64_t strideC, std::int64_t strideY, std::int64_t strideX,
               const MapShape& shape, Real* padded);

/// out[d, y, x] = 1/C sum_c first[c, y, x] * second[c, y + dy, x + dx], d = (dy + r) * 9 + (dx + r),
/// for rows [rowBegin, rowEnd) of one item. `first` and `second` are padded planes; `out` is
/// [81, H, W] contiguous.
template <typename Real>
void costVolumeRows(const Real* first, const Real* second, const MapShape& shape, Real* out,
                    std::int64_t rowBegin, std::int64_t rowEnd);

/// grad[c, y, x] = 1/C sum_d gradOut[d, y, x] * other[c, y + dy, x + dx] for rows [rowBegin, rowEnd)
/// of one item: the gradient to `first` with other = second. `gradOut` has rows of paddedWidth(W)
/// columns, [81, H, paddedWidth(W)]; `other` is padded planes; `grad` is [C, H, W] contiguous.
template <typename Real>
void costVolumeGradRows(const Real* gradOut, const Real* other, const MapShape& shape, Real* grad,
                        std::int64_t rowBegin, std::int64_t rowEnd);

/// Rewrites gradOut so that `costVolumeGradRows` with other = first gives the gradient to `second`:
/// flipped[(-dy, -dx), y, x] = gradOut[(dy, dx), y - dy, x - dx], zero outside. Channels
/// [channelBegin, channelEnd) of the flipped volume; `flipped` as in `costVolumeGradRows`.
template <typename Real>
void flipCostGradient(const Real* gradOut, const MapShape& shape, Real* flipped,
                      std::int64_t channelBegin, std::int64_t channelEnd);

/// What a sample outside the picture reads: nothing, or the nearest border pixel.
enum class Border { Zeros, Clamp };

/// out[y, x, c] = bilinear source[y + v, x + u, c] (align_corners = True: whole numbers are pixel
/// centres) for rows [rowBegin, rowEnd) of one item. source, out: [H, W, C]; flow: [H, W, 2].
template <typename Real>
void warpRows(const Real* source, const Real* flow, const MapShape& shape, Border border, Real* out,
              std::int64_t rowBegin, std::int64_t rowEnd);

/// Gradient of `warpRows` to source for channels [channelBegin, channelEnd) of one item; adds to
/// gradSource. Split by channel and never by row, so that sums have one order at any thread count.
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

/// Forward-backward test (UnFlow eq. 1) on planes: flows are [2, H, W]; writes 1 where occluded and,
/// when `error` is not null, |f + b'| in px (NaN where p + f leaves the picture).
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

/// Columns of a padded row for label propagation.
[[nodiscard]] constexpr std::int64_t propagationPaddedWidth(std::int64_t width, int radius) {
    return (width + 15) / 16 * 16 + 2 * radius;
}
/// Floats of scratch that one call of `propagateLabelRows` needs.
[[nodiscard]] std::int64_t propagationScratch(const PropagationShape& shape, std::int64_t contexts);

/// DINO's label propagation (METHOD.md section 5.1) without the dense affinity, rows
/// [rowBegin, rowEnd): for each target cell the cosines with every cell of the square window in
/// every context frame, the topK largest kept (ties included), weights exp(cos / T) normalised,
/// labels summed. `target` is [H, C, propagationPaddedWidth] as the contexts' features are: a row's
/// channels lie together, so that a window touches few pages; out is [H, W, classes].
void propagateLabelRows(const float* target, const PropagationContext* contexts,
                        std::int64_t contextCount, const PropagationShape& shape, float* scratch,
                        float* out, std::int64_t rowBegin, std::int64_t rowEnd);

}  // namespace mcj::kernels
