#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "inference/ops/kernels_isa.h"
#include "inference/ops/simd.h"

namespace mcj::kernels::MCJ_ISA {
namespace {

using Vector = Simd<float>::Vector;
constexpr int kLanes = Simd<float>::kLanes;
constexpr float kOutside = -std::numeric_limits<float>::infinity();
// Two target rows and five displacements: ten sums hide the latency of a multiply-add, fit sixteen
// registers with their operands, and every load of a context row serves both target rows.
constexpr int kRows = kPropagationRows;
constexpr int kGroup = 5;

/// The best scores so far of kLanes neighbouring target cells, and every entry that was among the
/// best when it was added: those below the last threshold are dropped at the end.
struct Candidates {
    float* best;            ///< [topK][kLanes], largest first
    std::int32_t* entries;  ///< which window cell, (context * side + dy) * side + dx
    float* scores;          ///< [count][kLanes]
    std::int64_t count;
};

/// Dot products of a block of cells in each of `Rows` target rows with N neighbouring context
/// cells. Both are constants, so that the sums are registers.
template <int Rows, int N>
MCJ_INLINE void dotBlock(const float* a, std::int64_t rowStride, const float* b,
                         std::int64_t stride, std::int64_t channels, Vector (&out)[kRows][kGroup]) {
    Vector sums[Rows][N] = {};
    for (std::int64_t c = 0; c < channels; ++c) {
        Vector av[Rows];
#pragma GCC unroll 2
        for (int r = 0; r < Rows; ++r) {
            av[r] = *reinterpret_cast<const Vector*>(a + r * rowStride + c * stride);
        }
#pragma GCC unroll 5
        for (int k = 0; k < N; ++k) {
            const Vector bv = *reinterpret_cast<const Vector*>(b + c * stride + k);
#pragma GCC unroll 2
            for (int r = 0; r < Rows; ++r) sums[r][k] += av[r] * bv;
        }
    }
#pragma GCC unroll 2
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 5
        for (int k = 0; k < N; ++k) out[r][k] = sums[r][k];
    }
}

template <int Rows>
MCJ_INLINE void dotGroup(int group, const float* a, std::int64_t rowStride, const float* b,
                         std::int64_t stride, std::int64_t channels, Vector (&out)[kRows][kGroup]) {
    switch (group) {
    case 5: dotBlock<Rows, 5>(a, rowStride, b, stride, channels, out); break;
    case 4: dotBlock<Rows, 4>(a, rowStride, b, stride, channels, out); break;
    case 3: dotBlock<Rows, 3>(a, rowStride, b, stride, channels, out); break;
    case 2: dotBlock<Rows, 2>(a, rowStride, b, stride, channels, out); break;
    default: dotBlock<Rows, 1>(a, rowStride, b, stride, channels, out); break;
    }
}

/// Adds an entry's scores if any lane's is among its topK best.
MCJ_INLINE void consider(Candidates& found, Vector score, std::int64_t entry, int topK) {
    Vector* best = reinterpret_cast<Vector*>(found.best);
    if (!anyTrue(score >= best[topK - 1])) return;
    std::memcpy(found.scores + found.count * kLanes, &score, sizeof score);
    found.entries[found.count++] = static_cast<std::int32_t>(entry);
    // One pass of an insertion sort without branches, all lanes together.
    for (int k = 0; k < topK; ++k) {
        const Vector kept = best[k];
        best[k] = kept > score ? kept : score;
        score = kept > score ? score : kept;
    }
}

/// Scores of a block of cells at x in `rows` target rows, of which `target` is the first, with one
/// row of a context frame. entry: of the first target row's window cell at dx = -radius; the next
/// target row sees the same context row one window row higher.
MCJ_INLINE void scoreBlock(const float* target, int rows, const float* contextRow,
                           const PropagationShape& s, int topK, std::int64_t x, std::int64_t entry,
                           Candidates* const (&found)[kRows]) {
    const int side = 2 * s.radius + 1;
    const std::int64_t stride = propagationPaddedWidth(s.width, s.radius);
    const float* a = target + s.radius + x;
    const float* b = contextRow + x;
    for (int d0 = 0; d0 < side; d0 += kGroup) {
        const int group = std::min(kGroup, side - d0);
        Vector scores[kRows][kGroup];
        if (rows == kRows) {
            dotGroup<kRows>(group, a, s.channels * stride, b + d0, stride, s.channels, scores);
        } else {
            dotGroup<1>(group, a, s.channels * stride, b + d0, stride, s.channels, scores);
        }
        for (int k = 0; k < group; ++k) {
            const std::int64_t column = x + d0 + k - s.radius;
            const bool inside = column >= 0 && column + kLanes <= s.width;
            for (int r = 0; r < rows; ++r) {
                if (!inside) {
                    float lane[kLanes];
                    std::memcpy(lane, &scores[r][k], sizeof lane);
                    for (int i = 0; i < kLanes; ++i) {
                        if (column + i < 0 || column + i >= s.width) lane[i] = kOutside;
                    }
                    std::memcpy(&scores[r][k], lane, sizeof lane);
                }
                consider(*found[r], scores[r][k], entry - r * side + d0 + k, topK);
            }
        }
    }
}

/// Adds the labels of every candidate at or above its lane's threshold.
MCJ_INLINE void gatherLabels(const Candidates& found, int topK, const PropagationContext* contexts,
                             const PropagationShape& s, std::int64_t y, std::int64_t x,
                             float* out) {
    const int side = 2 * s.radius + 1;
    const int lanes = static_cast<int>(std::min<std::int64_t>(kLanes, s.width - x));
    const float* thresholds = found.best + (topK - 1) * kLanes;
    float total[kLanes] = {};
    for (std::int64_t j = 0; j < found.count; ++j) {
        const float* lane = found.scores + j * kLanes;
        const int context = found.entries[j] / (side * side);
        const std::int64_t sy = y + found.entries[j] / side % side - s.radius;
        const std::int64_t sx = x + found.entries[j] % side - s.radius;
        for (int i = 0; i < lanes; ++i) {
            if (!(lane[i] >= thresholds[i])) continue;
            // Subtracting the best does not change the result after the division below, and keeps
            // exp in range at any temperature.
            const float weight = std::exp((lane[i] - found.best[i]) / s.temperature);
            total[i] += weight;
            const float* label = contexts[context].labels + (sy * s.width + sx + i) * s.classes;
            float* target = out + (y * s.width + x + i) * s.classes;
            for (std::int64_t c = 0; c < s.classes; ++c) target[c] += weight * label[c];
        }
    }
    for (int i = 0; i < lanes; ++i) {
        float* target = out + (y * s.width + x + i) * s.classes;
        for (std::int64_t c = 0; c < s.classes; ++c) target[c] /= total[i];
    }
}

/// Carves the candidates of every block of `rows` target rows out of the scratch.
MCJ_INLINE Candidates* emptyCandidates(std::byte* scratch, const PropagationShape& s,
                                       std::int64_t entries, int topK, int rows) {
    const std::int64_t blocks = (s.width + kLanes - 1) / kLanes;
    auto* found = reinterpret_cast<Candidates*>(scratch);
    std::byte* memory = scratch + rows * blocks * static_cast<std::int64_t>(sizeof(Candidates));
    const auto take = [&memory](std::int64_t words) {
        return std::exchange(memory, memory + words * 4);
    };
    for (std::int64_t slot = 0; slot < rows * blocks; ++slot) {
        auto* best = reinterpret_cast<float*>(take(topK * kLanes));
        auto* kept = reinterpret_cast<std::int32_t*>(take(entries));
        found[slot] = {best, kept, reinterpret_cast<float*>(take(entries * kLanes)), 0};
        const std::int64_t lanes = s.width - slot % blocks * kLanes;
        for (int i = 0; i < topK * kLanes; ++i) {
            // Cells outside the picture score less than the lowest, lanes outside take nothing.
            best[i] = i % kLanes < lanes ? std::numeric_limits<float>::lowest()
                                         : std::numeric_limits<float>::infinity();
        }
    }
    return found;
}

/// Row by row of each context frame and not cell by cell of the target: a context row and the two
/// target rows stay in the second cache level while every block of theirs is scored.
MCJ_INLINE void propagateRowPair(const float* target, const PropagationContext* contexts,
                                 std::int64_t contextCount, const PropagationShape& s,
                                 std::byte* scratch, float* out, std::int64_t y0, int rows) {
    const std::int64_t side = 2 * s.radius + 1;
    const std::int64_t entries = contextCount * side * side;
    const std::int64_t blocks = (s.width + kLanes - 1) / kLanes;
    const std::int64_t row = s.channels * propagationPaddedWidth(s.width, s.radius);
    const int topK = static_cast<int>(std::min<std::int64_t>(s.topK, entries));
    Candidates* found = emptyCandidates(scratch, s, entries, topK, rows);
    const std::int64_t lastRow = std::min(s.height - 1, y0 + rows - 1 + s.radius);
    for (std::int64_t k = 0; k < contextCount; ++k) {
        for (std::int64_t sy = std::max<std::int64_t>(0, y0 - s.radius); sy <= lastRow; ++sy) {
            // Target rows y0 + first ... y0 + last see this row in their windows.
            const auto first = std::max<std::int64_t>(0, sy - s.radius - y0);
            const auto last = std::min<std::int64_t>(rows - 1, sy + s.radius - y0);
            const std::int64_t entry = (k * side + sy - y0 - first + s.radius) * side;
            for (std::int64_t b = 0; b < blocks; ++b) {
                scoreBlock(target + (y0 + first) * row, static_cast<int>(last - first + 1),
                           contexts[k].features + sy * row, s, topK, b * kLanes, entry,
                           {&found[first * blocks + b], &found[last * blocks + b]});
            }
        }
    }
    std::fill_n(out + y0 * s.width * s.classes, rows * s.width * s.classes, 0.0F);
    for (std::int64_t slot = 0; slot < rows * blocks; ++slot) {
        gatherLabels(found[slot], topK, contexts, s, y0 + slot / blocks, slot % blocks * kLanes,
                     out);
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
                        std::int64_t contextCount, const PropagationShape& shape,
                        std::byte* scratch, float* out, std::int64_t rowBegin,
                        std::int64_t rowEnd) {
    for (std::int64_t y = rowBegin; y < rowEnd; y += kRows) {
        propagateRowPair(target, contexts, contextCount, shape, scratch, out, y,
                         static_cast<int>(std::min<std::int64_t>(kRows, rowEnd - y)));
    }
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
