#include <algorithm>
#include <cmath>
#include <cstring>

#include "inference/ops/kernels_isa.h"
#include "inference/ops/simd.h"

namespace mcj::kernels::MCJ_ISA {
namespace {

MCJ_INLINE float loaded(float value) { return value; }
MCJ_INLINE float loaded(Bfloat16 value) {
    return __builtin_bit_cast(float, static_cast<std::uint32_t>(value.bits) << 16);
}

MCJ_INLINE void store(float value, float& out) { out = value; }
/// To the nearest, ties to even. The values of a network are finite.
MCJ_INLINE void store(float value, Bfloat16& out) {
    const auto bits = __builtin_bit_cast(std::uint32_t, value);
    out.bits = static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

MCJ_INLINE float leakyOf(float value, float slope) {
    return std::max(value, 0.0F) + slope * std::min(value, 0.0F);
}

/// Vectors of L lanes, read and written by memcpy, which needs no alignment. GCC takes the
/// operations below for concrete types only, hence the macro.
template <int L>
struct Lanes;
#define MCJ_LANES(L)                                                                         \
    template <>                                                                              \
    struct Lanes<L> {                                                                        \
        typedef float Vector __attribute__((vector_size((L) * 4)));                          \
        typedef std::uint32_t Words __attribute__((vector_size((L) * 4)));                   \
        typedef std::uint16_t Halves __attribute__((vector_size((L) * 2)));                  \
        static MCJ_INLINE Vector load(const float* from) {                                   \
            Vector value;                                                                    \
            std::memcpy(&value, from, sizeof value);                                         \
            return value;                                                                    \
        }                                                                                    \
        static MCJ_INLINE Vector load(const Bfloat16* from) {                                \
            Halves halves;                                                                   \
            std::memcpy(&halves, from, sizeof halves);                                       \
            return __builtin_bit_cast(Vector, __builtin_convertvector(halves, Words) << 16); \
        }                                                                                    \
        static MCJ_INLINE void store(Vector value, float* to) {                              \
            std::memcpy(to, &value, sizeof value);                                           \
        }                                                                                    \
        static MCJ_INLINE void store(Vector value, Bfloat16* to) {                           \
            const Words bits = __builtin_bit_cast(Words, value);                             \
            const Words rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;              \
            const Halves halves = __builtin_convertvector(rounded, Halves);                  \
            std::memcpy(to, &halves, sizeof halves);                                         \
        }                                                                                    \
    };
MCJ_LANES(4)
MCJ_LANES(8)
MCJ_LANES(16)
#undef MCJ_LANES

MCJ_INLINE float sumOf(Lanes<4>::Vector v) { return (v[0] + v[2]) + (v[1] + v[3]); }
MCJ_INLINE float sumOf(Lanes<8>::Vector v) {
    return sumOf(__builtin_shufflevector(v, v, 0, 1, 2, 3) +
                 __builtin_shufflevector(v, v, 4, 5, 6, 7));
}
MCJ_INLINE float sumOf(Lanes<16>::Vector v) {
    return sumOf(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                 __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15));
}

/// N positions at once: their sums do not wait for each other. The channels are a multiple of L.
template <int L, int N, typename In, typename Out>
MCJ_INLINE void normPositions(const In* rows, std::int64_t channels, const NormParameters& norm,
                              Out* out, std::int64_t outStride) {
    using Of = Lanes<L>;
    using Vector = typename Of::Vector;
    const float share = 1.0F / static_cast<float>(channels);
    Vector sums[N] = {};
    for (std::int64_t c = 0; c < channels; c += L) {
#pragma GCC unroll 4
        for (int n = 0; n < N; ++n) sums[n] += Of::load(rows + n * channels + c);
    }
    float means[N];
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) {
        means[n] = sumOf(sums[n]) * share;
        sums[n] = Vector{};
    }
    for (std::int64_t c = 0; c < channels; c += L) {
#pragma GCC unroll 4
        for (int n = 0; n < N; ++n) {
            const Vector deviation = Of::load(rows + n * channels + c) - means[n];
            sums[n] += deviation * deviation;
        }
    }
    float scales[N];
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) {
        scales[n] = 1.0F / std::sqrt(sumOf(sums[n]) * share + norm.epsilon);
    }
    for (std::int64_t c = 0; c < channels; c += L) {
        const Vector weight = Of::load(norm.weight + c);
        const Vector bias = Of::load(norm.bias + c);
#pragma GCC unroll 4
        for (int n = 0; n < N; ++n) {
            const Vector deviation = Of::load(rows + n * channels + c) - means[n];
            const Vector value = deviation * (scales[n] * weight) + bias;
            Of::store(value > 0.0F ? value : value * norm.slope, out + n * outStride + c);
        }
    }
}

template <int L, typename In, typename Out>
MCJ_INLINE void normRowsBy(const In* rows, std::int64_t channels, const NormParameters& norm,
                           Out* out, std::int64_t outStride, std::int64_t count) {
    constexpr int kAtOnce = 4;
    std::int64_t row = 0;
    for (; row + kAtOnce <= count; row += kAtOnce) {
        normPositions<L, kAtOnce>(rows + row * channels, channels, norm, out + row * outStride,
                                  outStride);
    }
    for (; row < count; ++row) {
        normPositions<L, 1>(rows + row * channels, channels, norm, out + row * outStride,
                            outStride);
    }
}

template <typename In, typename Out>
MCJ_INLINE void normRowsOneByOne(const In* rows, std::int64_t channels, const NormParameters& norm,
                                 Out* out, std::int64_t outStride, std::int64_t count) {
    const float share = 1.0F / static_cast<float>(channels);
    for (std::int64_t row = 0; row < count; ++row, rows += channels, out += outStride) {
        float sum = 0.0F;
        for (std::int64_t c = 0; c < channels; ++c) sum += loaded(rows[c]);
        const float mean = sum * share;
        float squares = 0.0F;
        for (std::int64_t c = 0; c < channels; ++c) {
            const float deviation = loaded(rows[c]) - mean;
            squares += deviation * deviation;
        }
        const float scale = 1.0F / std::sqrt(squares * share + norm.epsilon);
        for (std::int64_t c = 0; c < channels; ++c) {
            const float value = (loaded(rows[c]) - mean) * scale * norm.weight[c] + norm.bias[c];
            store(leakyOf(value, norm.slope), out[c]);
        }
    }
}

/// By the widest vector that divides the channels.
template <typename In, typename Out>
MCJ_INLINE void normRowsImpl(const In* rows, std::int64_t channels, const NormParameters& norm,
                             Out* out, std::int64_t outStride, std::int64_t count) {
    constexpr int kWidest = Simd<float>::kLanes;
    if (channels % kWidest == 0) {
        normRowsBy<kWidest>(rows, channels, norm, out, outStride, count);
    } else if (kWidest > 8 && channels % 8 == 0) {
        normRowsBy<std::min(kWidest, 8)>(rows, channels, norm, out, outStride, count);
    } else if (channels % 4 == 0) {
        normRowsBy<4>(rows, channels, norm, out, outStride, count);
    } else {
        normRowsOneByOne(rows, channels, norm, out, outStride, count);
    }
}

template <typename In>
MCJ_INLINE void addScaledRowsImpl(const float* residue, const In* rows, const float* gamma,
                                  std::int64_t channels, float* out, std::int64_t count) {
    for (std::int64_t row = 0; row < count; ++row) {
        for (std::int64_t c = 0; c < channels; ++c) {
            out[c] = residue[c] + gamma[c] * loaded(rows[c]);
        }
        residue += channels;
        rows += channels;
        out += channels;
    }
}

template <typename Out>
MCJ_INLINE void matchingRowImpl(const float* cost, std::int64_t costStride, const float* features,
                                const float* flowX, const float* flowY, float slope,
                                const MapShape& shape, Out* out) {
    constexpr std::int64_t kTile = 16;
    const std::int64_t channels = kCostChannels + shape.channels + 2;
    for (std::int64_t x0 = 0; x0 < shape.width; x0 += kTile) {
        const std::int64_t tile = std::min(kTile, shape.width - x0);
        for (std::int64_t x = 0; x < tile; ++x) {
            Out* target = out + (x0 + x) * channels;
            const float* column = cost + x0 + x;
            for (std::int64_t d = 0; d < kCostChannels; ++d) {
                store(leakyOf(column[d * costStride], slope), target[d]);
            }
            const float* own = features + (x0 + x) * shape.channels;
            target += kCostChannels;
            for (std::int64_t c = 0; c < shape.channels; ++c) store(own[c], target[c]);
            store(flowX[x0 + x], target[shape.channels]);
            store(flowY[x0 + x], target[shape.channels + 1]);
        }
    }
}

}  // namespace

#define MCJ_NORM_ROWS(In, Out)                                                                 \
    void normRows(const In* rows, std::int64_t channels, const NormParameters& norm, Out* out, \
                  std::int64_t outStride, std::int64_t count) {                                \
        normRowsImpl(rows, channels, norm, out, outStride, count);                             \
    }
MCJ_NORM_ROWS(float, float)
MCJ_NORM_ROWS(float, Bfloat16)
MCJ_NORM_ROWS(Bfloat16, float)
MCJ_NORM_ROWS(Bfloat16, Bfloat16)

void addScaledRows(const float* residue, const float* rows, const float* gamma,
                   std::int64_t channels, float* out, std::int64_t count) {
    addScaledRowsImpl(residue, rows, gamma, channels, out, count);
}
void addScaledRows(const float* residue, const Bfloat16* rows, const float* gamma,
                   std::int64_t channels, float* out, std::int64_t count) {
    addScaledRowsImpl(residue, rows, gamma, channels, out, count);
}
void matchingRow(const float* cost, std::int64_t costStride, const float* features,
                 const float* flowX, const float* flowY, float slope, const MapShape& shape,
                 float* out) {
    matchingRowImpl(cost, costStride, features, flowX, flowY, slope, shape, out);
}
void matchingRow(const float* cost, std::int64_t costStride, const float* features,
                 const float* flowX, const float* flowY, float slope, const MapShape& shape,
                 Bfloat16* out) {
    matchingRowImpl(cost, costStride, features, flowX, flowY, slope, shape, out);
}

}  // namespace mcj::kernels::MCJ_ISA
