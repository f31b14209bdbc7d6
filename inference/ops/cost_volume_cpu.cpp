#include <algorithm>
#include <cstring>

#include "inference/ops/kernels_isa.h"
#include "inference/ops/simd.h"

namespace mcj::kernels::MCJ_ISA {
namespace {

// Each block keeps one accumulator per horizontal displacement in registers while it iterates over
// the channels: nine multiply-adds for ten loads, and no horizontal sums.
/// Row y of one item to out[d * outStride + x].
template <typename Real>
MCJ_INLINE void costRow(const Real* first, const Real* second, const MapShape& shape,
                        std::int64_t y, std::int64_t outStride, Real* out) {
    using Vector = typename Simd<Real>::Vector;
    constexpr int kLanes = Simd<Real>::kLanes;
    const std::int64_t rowStride = paddedWidth(shape.width);
    const std::int64_t planeStride = (shape.height + 2 * kCostRadius) * rowStride;
    const Real scale = Real(1) / static_cast<Real>(shape.channels);
    const Real* firstRow = first + (y + kCostRadius) * rowStride + kCostRadius;
    for (std::int64_t x = 0; x < shape.width; x += kLanes) {
        const std::int64_t lanes = std::min<std::int64_t>(kLanes, shape.width - x);
        for (int dy = 0; dy < kCostSide; ++dy) {
            const Real* secondRow = second + (y + dy) * rowStride + x;
            Vector sums[kCostSide] = {};
            for (std::int64_t c = 0; c < shape.channels; ++c) {
                const Vector a = *reinterpret_cast<const Vector*>(firstRow + c * planeStride + x);
                const Real* b = secondRow + c * planeStride;
#pragma GCC unroll 9
                for (int dx = 0; dx < kCostSide; ++dx) {
                    sums[dx] += a * *reinterpret_cast<const Vector*>(b + dx);
                }
            }
            Real* target = out + dy * kCostSide * outStride + x;
            for (int dx = 0; dx < kCostSide; ++dx, target += outStride) {
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

template <typename Real>
MCJ_INLINE void costVolumeRowsImpl(const Real* first, const Real* second, const MapShape& shape,
                                   Real* out, std::int64_t rowBegin, std::int64_t rowEnd) {
    for (std::int64_t y = rowBegin; y < rowEnd; ++y) {
        costRow(first, second, shape, y, shape.height * shape.width, out + y * shape.width);
    }
}

/// The gradient to N neighbouring channels at the cells of one block. Displacement (i, j) of the
/// window weighs the cell it points to (to first) or the cell it points from (to second), whose
/// gradient stands there too. Columns outside the picture read a neighbouring row's gradient and
/// weigh the padding's zeros with it.
template <typename Real, bool kToSecond, int N>
MCJ_INLINE void gradBlock(const Real* gradOut, const Real* other, const MapShape& shape,
                          std::int64_t y, std::int64_t x, Real* grad) {
    using Vector = typename Simd<Real>::Vector;
    const std::int64_t rowStride = paddedWidth(shape.width);
    const std::int64_t planeStride = (shape.height + 2 * kCostRadius) * rowStride;
    const std::int64_t plane = shape.height * shape.width;
    const std::int64_t begin =
        kToSecond ? std::max<std::int64_t>(0, y + kCostRadius + 1 - shape.height) : 0;
    const std::int64_t end =
        kToSecond ? std::min<std::int64_t>(kCostSide, y + kCostRadius + 1) : kCostSide;
    Vector sums[N] = {};
    for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t row = kToSecond ? y + kCostRadius - i : y;
        const Real* weights = gradOut + i * kCostSide * plane + row * shape.width + x;
        const Real* cells = other + (kToSecond ? row + kCostRadius : y + i) * rowStride + x;
        for (std::int64_t j = 0; j < kCostSide; ++j) {
            const Vector weight = *reinterpret_cast<const Vector*>(
                weights + j * plane + (kToSecond ? kCostRadius - j : 0));
            const Real* cell = cells + (kToSecond ? kCostSide - 1 - j : j);
#pragma GCC unroll 8
            for (int k = 0; k < N; ++k) {
                sums[k] += weight * *reinterpret_cast<const Vector*>(cell + k * planeStride);
            }
        }
    }
    const Real scale = Real(1) / static_cast<Real>(shape.channels);
    for (int k = 0; k < N; ++k) {
        *reinterpret_cast<Vector*>(grad + k * plane + y * shape.width + x) = sums[k] * scale;
    }
}

template <typename Real, bool kToSecond>
MCJ_INLINE void costVolumeGradRowsImpl(const Real* gradOut, const Real* other,
                                       const MapShape& shape, Real* grad, std::int64_t rowBegin,
                                       std::int64_t rowEnd) {
    constexpr int kLanes = Simd<Real>::kLanes;
    constexpr int kGroup = 8;  // channels that share one load of the gradient
    const std::int64_t plane = shape.height * shape.width;
    const std::int64_t planeStride = (shape.height + 2 * kCostRadius) * paddedWidth(shape.width);
    for (std::int64_t y = rowBegin; y < rowEnd; ++y) {
        for (std::int64_t block = 0; block < shape.width; block += kLanes) {
            // The last block overlaps the one before it: the same sums are written twice.
            const std::int64_t x = std::min(block, shape.width - kLanes);
            std::int64_t c = 0;
            for (; c + kGroup <= shape.channels; c += kGroup) {
                gradBlock<Real, kToSecond, kGroup>(gradOut, other + c * planeStride, shape, y, x,
                                                   grad + c * plane);
            }
            for (; c < shape.channels; ++c) {
                gradBlock<Real, kToSecond, 1>(gradOut, other + c * planeStride, shape, y, x,
                                              grad + c * plane);
            }
        }
    }
}

template <typename Real>
MCJ_INLINE void costVolumeGradRowsImpl(const Real* gradOut, const Real* other,
                                       const MapShape& shape, CostInput input, Real* grad,
                                       std::int64_t rowBegin, std::int64_t rowEnd) {
    if (input == CostInput::First) {
        costVolumeGradRowsImpl<Real, false>(gradOut, other, shape, grad, rowBegin, rowEnd);
    } else {
        costVolumeGradRowsImpl<Real, true>(gradOut, other, shape, grad, rowBegin, rowEnd);
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
void costVolumeRow(const float* first, const float* second, const MapShape& shape, std::int64_t y,
                   std::int64_t outStride, float* out) {
    costRow(first, second, shape, y, outStride, out);
}
void costVolumeGradRows(const float* gradOut, const float* other, const MapShape& shape,
                        CostInput input, float* grad, std::int64_t rowBegin, std::int64_t rowEnd) {
    costVolumeGradRowsImpl<float>(gradOut, other, shape, input, grad, rowBegin, rowEnd);
}
void costVolumeGradRows(const double* gradOut, const double* other, const MapShape& shape,
                        CostInput input, double* grad, std::int64_t rowBegin, std::int64_t rowEnd) {
    costVolumeGradRowsImpl<double>(gradOut, other, shape, input, grad, rowBegin, rowEnd);
}

}  // namespace mcj::kernels::MCJ_ISA
