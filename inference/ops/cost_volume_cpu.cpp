#include <algorithm>
#include <cstring>

#include "inference/ops/kernels.h"
#include "inference/ops/simd.h"

namespace mcj::kernels {
namespace {

// Each block keeps one accumulator a horizontal displacement in registers while it walks the
// channels: nine multiply-adds for ten loads, and no horizontal sums.
template <typename Real>
MCJ_INLINE void costVolumeRowsImpl(const Real* first, const Real* second, const MapShape& shape,
                                   Real* out, std::int64_t rowBegin, std::int64_t rowEnd) {
    using Vector = typename Simd<Real>::Vector;
    constexpr int kLanes = Simd<Real>::kLanes;
    const std::int64_t rowStride = paddedWidth(shape.width);
    const std::int64_t planeStride = (shape.height + 2 * kCostRadius) * rowStride;
    const std::int64_t outPlane = shape.height * shape.width;
    const Real scale = Real(1) / static_cast<Real>(shape.channels);
    for (std::int64_t y = rowBegin; y < rowEnd; ++y) {
        const Real* firstRow = first + (y + kCostRadius) * rowStride + kCostRadius;
        for (std::int64_t x = 0; x < shape.width; x += kLanes) {
            const std::int64_t lanes = std::min<std::int64_t>(kLanes, shape.width - x);
            for (int dy = 0; dy < kCostSide; ++dy) {
                const Real* secondRow = second + (y + dy) * rowStride + x;
                Vector sums[kCostSide] = {};
                for (std::int64_t c = 0; c < shape.channels; ++c) {
                    const Vector a =
                        *reinterpret_cast<const Vector*>(firstRow + c * planeStride + x);
                    const Real* b = secondRow + c * planeStride;
#pragma GCC unroll 9
                    for (int dx = 0; dx < kCostSide; ++dx) {
                        sums[dx] += a * *reinterpret_cast<const Vector*>(b + dx);
                    }
                }
                Real* target = out + dy * kCostSide * outPlane + y * shape.width + x;
                for (int dx = 0; dx < kCostSide; ++dx, target += outPlane) {
                    const Vector value = sums[dx] * scale;
                    if (lanes == kLanes) {
                        *reinterpret_cast<Vector*>(target) = value;
                    } else {
                        std::memcpy(target, &value, static_cast<std::size_t>(lanes) * sizeof(Real));
                    }
                }
            }
        }
    }
}

template <typename Real>
MCJ_INLINE void costVolumeGradRowsImpl(const Real* gradOut, const Real* other,
                                       const MapShape& shape, Real* grad, std::int64_t rowBegin,
                                       std::int64_t rowEnd) {
    using Vector = typename Simd<Real>::Vector;
    constexpr int kLanes = Simd<Real>::kLanes;
    constexpr int kGroup = 8;  // channels that share one load of the gradient
    const std::int64_t rowStride = paddedWidth(shape.width);
    const std::int64_t planeStride = (shape.height + 2 * kCostRadius) * rowStride;
    const std::int64_t gradPlane = shape.height * rowStride;
    const Real scale = Real(1) / static_cast<Real>(shape.channels);
    for (std::int64_t y = rowBegin; y < rowEnd; ++y) {
        for (std::int64_t x = 0; x < shape.width; x += kLanes) {
            const std::int64_t lanes = std::min<std::int64_t>(kLanes, shape.width - x);
            for (std::int64_t c0 = 0; c0 < shape.channels; c0 += kGroup) {
                const int group = static_cast<int>(std::min<std::int64_t>(kGroup, shape.channels - c0));
                Vector sums[kGroup] = {};
                for (int dy = 0; dy < kCostSide; ++dy) {
                    const Real* g = gradOut + dy * kCostSide * gradPlane + y * rowStride + x;
                    const Real* b = other + c0 * planeStride + (y + dy) * rowStride + x;
                    if (group == kGroup) {
                        for (int dx = 0; dx < kCostSide; ++dx) {
                            const Vector weight =
                                *reinterpret_cast<const Vector*>(g + dx * gradPlane);
#pragma GCC unroll 8
                            for (int k = 0; k < kGroup; ++k) {
                                sums[k] += weight * *reinterpret_cast<const Vector*>(
                                                        b + k * planeStride + dx);
                            }
                        }
                    } else {
                        for (int dx = 0; dx < kCostSide; ++dx) {
                            const Vector weight =
                                *reinterpret_cast<const Vector*>(g + dx * gradPlane);
                            for (int k = 0; k < group; ++k) {
                                sums[k] += weight * *reinterpret_cast<const Vector*>(
                                                        b + k * planeStride + dx);
                            }
                        }
                    }
                }
                for (int k = 0; k < group; ++k) {
                    const Vector value = sums[k] * scale;
                    std::memcpy(grad + ((c0 + k) * shape.height + y) * shape.width + x, &value,
                                static_cast<std::size_t>(lanes) * sizeof(Real));
                }
            }
        }
    }
}

MCJ_MULTIARCH void costVolumeF(const float* a, const float* b, const MapShape& s, float* o,
                               std::int64_t y0, std::int64_t y1) {
    costVolumeRowsImpl<float>(a, b, s, o, y0, y1);
}
MCJ_MULTIARCH void costVolumeD(const double* a, const double* b, const MapShape& s, double* o,
                               std::int64_t y0, std::int64_t y1) {
    costVolumeRowsImpl<double>(a, b, s, o, y0, y1);
}
MCJ_MULTIARCH void costGradF(const float* g, const float* b, const MapShape& s, float* o,
                             std::int64_t y0, std::int64_t y1) {
    costVolumeGradRowsImpl<float>(g, b, s, o, y0, y1);
}
MCJ_MULTIARCH void costGradD(const double* g, const double* b, const MapShape& s, double* o,
                             std::int64_t y0, std::int64_t y1) {
    costVolumeGradRowsImpl<double>(g, b, s, o, y0, y1);
}

}  // namespace

template <typename Real>
void padPlanes(const Real* source, std::int64_t strideC, std::int64_t strideY, std::int64_t strideX,
               const MapShape& shape, Real* padded) {
    const std::int64_t rowStride = paddedWidth(shape.width);
    const std::int64_t planeStride = (shape.height + 2 * kCostRadius) * rowStride;
    std::fill_n(padded, shape.channels * planeStride, Real(0));
    if (strideX == 1) {
        for (std::int64_t c = 0; c < shape.channels; ++c) {
            for (std::int64_t y = 0; y < shape.height; ++y) {
                std::copy_n(source + c * strideC + y * strideY, shape.width,
                            padded + c * planeStride + (y + kCostRadius) * rowStride + kCostRadius);
            }
        }
        return;
    }
    // Channels last: walk tiles of columns so that a tile's rows stay in the first cache level.
    constexpr std::int64_t kTile = 16;
    for (std::int64_t y = 0; y < shape.height; ++y) {
        Real* target = padded + (y + kCostRadius) * rowStride + kCostRadius;
        for (std::int64_t x0 = 0; x0 < shape.width; x0 += kTile) {
            const std::int64_t x1 = std::min(shape.width, x0 + kTile);
            for (std::int64_t c = 0; c < shape.channels; ++c) {
                const Real* from = source + y * strideY + c * strideC;
                for (std::int64_t x = x0; x < x1; ++x) {
                    target[c * planeStride + x] = from[x * strideX];
                }
            }
        }
    }
}

template <typename Real>
void flipCostGradient(const Real* gradOut, const MapShape& shape, Real* flipped,
                      std::int64_t channelBegin, std::int64_t channelEnd) {
    const std::int64_t rowStride = paddedWidth(shape.width);
    for (std::int64_t d = channelBegin; d < channelEnd; ++d) {
        // Channel d of the flipped volume is displacement (dy, dx) seen from the other frame.
        const std::int64_t dy = d / kCostSide - kCostRadius;
        const std::int64_t dx = d % kCostSide - kCostRadius;
        const Real* source = gradOut + (kCostChannels - 1 - d) * shape.height * shape.width;
        Real* target = flipped + d * shape.height * rowStride;
        std::fill_n(target, shape.height * rowStride, Real(0));
        const std::int64_t x0 = std::max<std::int64_t>(0, -dx);
        const std::int64_t x1 = std::min(shape.width, shape.width - dx);
        if (x1 <= x0) continue;
        for (std::int64_t y = std::max<std::int64_t>(0, -dy);
             y < std::min(shape.height, shape.height - dy); ++y) {
            std::copy_n(source + (y + dy) * shape.width + x0 + dx, x1 - x0,
                        target + y * rowStride + x0);
        }
    }
}

template <>
void costVolumeRows(const float* first, const float* second, const MapShape& shape, float* out,
                    std::int64_t rowBegin, std::int64_t rowEnd) {
    costVolumeF(first, second, shape, out, rowBegin, rowEnd);
}
template <>
void costVolumeRows(const double* first, const double* second, const MapShape& shape, double* out,
                    std::int64_t rowBegin, std::int64_t rowEnd) {
    costVolumeD(first, second, shape, out, rowBegin, rowEnd);
}
template <>
void costVolumeGradRows(const float* gradOut, const float* other, const MapShape& shape,
                        float* grad, std::int64_t rowBegin, std::int64_t rowEnd) {
    costGradF(gradOut, other, shape, grad, rowBegin, rowEnd);
}
template <>
void costVolumeGradRows(const double* gradOut, const double* other, const MapShape& shape,
                        double* grad, std::int64_t rowBegin, std::int64_t rowEnd) {
    costGradD(gradOut, other, shape, grad, rowBegin, rowEnd);
}
template void padPlanes(const float*, std::int64_t, std::int64_t, std::int64_t, const MapShape&,
                        float*);
template void padPlanes(const double*, std::int64_t, std::int64_t, std::int64_t, const MapShape&,
                        double*);
template void flipCostGradient(const float*, const MapShape&, float*, std::int64_t, std::int64_t);
template void flipCostGradient(const double*, const MapShape&, double*, std::int64_t, std::int64_t);

}  // namespace mcj::kernels
