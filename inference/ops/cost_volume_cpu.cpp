#include <algorithm>
#include <cstring>

#include "inference/ops/kernels_isa.h"
#include "inference/ops/simd.h"

namespace mcj::kernels::MCJ_ISA {
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
                const int group =
                    static_cast<int>(std::min<std::int64_t>(kGroup, shape.channels - c0));
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

}  // namespace

void costVolumeRows(const float* first, const float* second, const MapShape& shape, float* out,
                    std::int64_t rowBegin, std::int64_t rowEnd) {
    costVolumeRowsImpl<float>(first, second, shape, out, rowBegin, rowEnd);
}
void costVolumeRows(const double* first, const double* second, const MapShape& shape, double* out,
                    std::int64_t rowBegin, std::int64_t rowEnd) {
    costVolumeRowsImpl<double>(first, second, shape, out, rowBegin, rowEnd);
}
void costVolumeGradRows(const float* gradOut, const float* other, const MapShape& shape,
                        float* grad, std::int64_t rowBegin, std::int64_t rowEnd) {
    costVolumeGradRowsImpl<float>(gradOut, other, shape, grad, rowBegin, rowEnd);
}
void costVolumeGradRows(const double* gradOut, const double* other, const MapShape& shape,
                        double* grad, std::int64_t rowBegin, std::int64_t rowEnd) {
    costVolumeGradRowsImpl<double>(gradOut, other, shape, grad, rowBegin, rowEnd);
}

}  // namespace mcj::kernels::MCJ_ISA
