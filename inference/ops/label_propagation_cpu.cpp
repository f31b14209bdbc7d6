#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "inference/ops/kernels_isa.h"
#include "inference/ops/simd.h"

namespace mcj::kernels::MCJ_ISA {
namespace {

using Vector = Simd<float>::Vector;
constexpr int kLanes = Simd<float>::kLanes;
constexpr int kGroup = 9;  // displacements whose sums stay in registers
constexpr int kMaxTopK = 32;

/// Dot products of one block with N neighbouring displacements. N is a constant, so that the sums
/// are registers.
template <int N>
MCJ_INLINE void dotBlock(const float* a, const float* b, std::int64_t stride, std::int64_t channels,
                         Vector* out) {
    Vector sums[N] = {};
    for (std::int64_t c = 0; c < channels; ++c) {
        const Vector av = *reinterpret_cast<const Vector*>(a + c * stride);
        const float* bc = b + c * stride;
#pragma GCC unroll 9
        for (int k = 0; k < N; ++k) sums[k] += av * *reinterpret_cast<const Vector*>(bc + k);
    }
#pragma GCC unroll 9
    for (int k = 0; k < N; ++k) out[k] = sums[k];
}

MCJ_INLINE void dotGroup(int group, const float* a, const float* b, std::int64_t stride,
                         std::int64_t channels, Vector* out) {
    switch (group) {
        case 9:
            dotBlock<9>(a, b, stride, channels, out);
            break;
        case 8:
            dotBlock<8>(a, b, stride, channels, out);
            break;
        case 7:
            dotBlock<7>(a, b, stride, channels, out);
            break;
        case 6:
            dotBlock<6>(a, b, stride, channels, out);
            break;
        case 5:
            dotBlock<5>(a, b, stride, channels, out);
            break;
        case 4:
            dotBlock<4>(a, b, stride, channels, out);
            break;
        case 3:
            dotBlock<3>(a, b, stride, channels, out);
            break;
        case 2:
            dotBlock<2>(a, b, stride, channels, out);
            break;
        default:
            dotBlock<1>(a, b, stride, channels, out);
            break;
    }
}

/// Cosines of one block of 16 target cells with every cell of the window in one context frame.
/// scores: [side * side][16]; cells outside the picture score -inf.
MCJ_INLINE void scoreBlock(const float* target, const PropagationContext& context,
                           const PropagationShape& s, std::int64_t y, std::int64_t x,
                           float* scores) {
    const int side = 2 * s.radius + 1;
    const std::int64_t rowStride = propagationPaddedWidth(s.width, s.radius);
    constexpr float kOutside = -std::numeric_limits<float>::infinity();
    for (int dy = -s.radius; dy <= s.radius; ++dy) {
        float* rowScores = scores + (dy + s.radius) * side * kLanes;
        if (y + dy < 0 || y + dy >= s.height) {
            std::fill_n(rowScores, side * kLanes, kOutside);
            continue;
        }
        const float* a = target + y * s.channels * rowStride + s.radius + x;
        const float* b = context.features + (y + dy) * s.channels * rowStride + x;
        for (int d0 = 0; d0 < side; d0 += kGroup) {
            const int group = std::min(kGroup, side - d0);
            Vector sums[kGroup] = {};
            dotGroup(group, a, b + d0, rowStride, s.channels, sums);
            for (int k = 0; k < group; ++k) {
                float* lane = rowScores + (d0 + k) * kLanes;
                std::memcpy(lane, &sums[k], sizeof(Vector));
                const std::int64_t firstColumn = x + d0 + k - s.radius;
                if (firstColumn >= 0 && firstColumn + kLanes <= s.width) continue;
                for (int i = 0; i < kLanes; ++i) {
                    if (firstColumn + i < 0 || firstColumn + i >= s.width) lane[i] = kOutside;
                }
            }
        }
    }
}

/// The topK-th largest score of each lane over all entries.
MCJ_INLINE void findThresholds(const float* scores, std::int64_t entries, int topK,
                               float* thresholds) {
    float best[kMaxTopK][kLanes];
    for (int k = 0; k < topK; ++k) {
        for (int i = 0; i < kLanes; ++i) best[k][i] = -std::numeric_limits<float>::infinity();
    }
    float* smallest = best[topK - 1];
    for (std::int64_t e = 0; e < entries; ++e) {
        const float* lane = scores + e * kLanes;
        int larger = 0;
        for (int i = 0; i < kLanes; ++i) larger |= lane[i] > smallest[i] ? 1 : 0;
        if (larger == 0) continue;
        // One pass of an insertion sort without branches, all lanes together.
        float value[kLanes];
        std::memcpy(value, lane, sizeof value);
        for (int k = 0; k < topK; ++k) {
            for (int i = 0; i < kLanes; ++i) {
                const float kept = best[k][i];
                best[k][i] = kept > value[i] ? kept : value[i];
                value[i] = kept > value[i] ? value[i] : kept;
            }
        }
    }
    std::memcpy(thresholds, smallest, kLanes * sizeof(float));
}

/// Adds the labels of every entry at or above its lane's threshold.
MCJ_INLINE void gatherLabels(const float* scores, const PropagationContext* contexts,
                             std::int64_t contextCount, const PropagationShape& s, std::int64_t y,
                             std::int64_t x, const float* thresholds, float* out) {
    const int side = 2 * s.radius + 1;
    const int lanes = static_cast<int>(std::min<std::int64_t>(kLanes, s.width - x));
    float total[kLanes] = {};
    for (std::int64_t k = 0; k < contextCount; ++k) {
        for (int w = 0; w < side * side; ++w) {
            const float* lane = scores + (k * side * side + w) * kLanes;
            int any = 0;
            for (int i = 0; i < kLanes; ++i) any |= lane[i] >= thresholds[i] ? 1 : 0;
            if (any == 0) continue;
            for (int i = 0; i < lanes; ++i) {
                if (lane[i] < thresholds[i] || std::isinf(lane[i])) continue;
                // Cosines are at most 1: subtracting 1 changes nothing after the division below and
                // keeps exp in range at any temperature.
                const float weight = std::exp((lane[i] - 1.0F) / s.temperature);
                total[i] += weight;
                const std::int64_t sy = y + w / side - s.radius;
                const std::int64_t sx = x + i + w % side - s.radius;
                const float* label = contexts[k].labels + (sy * s.width + sx) * s.classes;
                float* target = out + (y * s.width + x + i) * s.classes;
                for (std::int64_t c = 0; c < s.classes; ++c) target[c] += weight * label[c];
            }
        }
    }
    for (int i = 0; i < lanes; ++i) {
        float* target = out + (y * s.width + x + i) * s.classes;
        for (std::int64_t c = 0; c < s.classes; ++c) target[c] /= total[i];
    }
}

MCJ_INLINE void propagateRows(const float* target, const PropagationContext* contexts,
                              std::int64_t contextCount, const PropagationShape& s, float* scores,
                              float* out, std::int64_t rowBegin, std::int64_t rowEnd) {
    const int side = 2 * s.radius + 1;
    const std::int64_t entries = contextCount * side * side;
    const int topK = static_cast<int>(
        std::min<std::int64_t>({s.topK, entries, static_cast<std::int64_t>(kMaxTopK)}));
    for (std::int64_t y = rowBegin; y < rowEnd; ++y) {
        std::fill_n(out + y * s.width * s.classes, s.width * s.classes, 0.0F);
        for (std::int64_t x = 0; x < s.width; x += kLanes) {
            for (std::int64_t k = 0; k < contextCount; ++k) {
                scoreBlock(target, contexts[k], s, y, x, scores + k * side * side * kLanes);
            }
            float thresholds[kLanes];
            findThresholds(scores, entries, topK, thresholds);
            gatherLabels(scores, contexts, contextCount, s, y, x, thresholds, out);
        }
    }
}

template <typename Real>
MCJ_INLINE void cosineRowsImpl(const Real* features, const Real* query, const MapShape& s,
                               Real* out, std::int64_t rowBegin, std::int64_t rowEnd) {
    Real queryLength = 0;
    for (std::int64_t c = 0; c < s.channels; ++c) queryLength += query[c] * query[c];
    for (std::int64_t p = rowBegin * s.width; p < rowEnd * s.width; ++p) {
        const Real* f = features + p * s.channels;
        Real dot = 0;
        Real length = 0;
        for (std::int64_t c = 0; c < s.channels; ++c) {
            dot += f[c] * query[c];
            length += f[c] * f[c];
        }
        out[p] = dot / std::sqrt(std::max(length * queryLength, Real(1e-24)));
    }
}

}  // namespace

void propagateLabelRows(const float* target, const PropagationContext* contexts,
                        std::int64_t contextCount, const PropagationShape& shape, float* scratch,
                        float* out, std::int64_t rowBegin, std::int64_t rowEnd) {
    propagateRows(target, contexts, contextCount, shape, scratch, out, rowBegin, rowEnd);
}

void cosineRows(const float* features, const float* query, const MapShape& shape, float* out,
                std::int64_t rowBegin, std::int64_t rowEnd) {
    cosineRowsImpl<float>(features, query, shape, out, rowBegin, rowEnd);
}
void cosineRows(const double* features, const double* query, const MapShape& shape, double* out,
                std::int64_t rowBegin, std::int64_t rowEnd) {
    cosineRowsImpl<double>(features, query, shape, out, rowBegin, rowEnd);
}

}  // namespace mcj::kernels::MCJ_ISA
