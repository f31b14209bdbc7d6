#include <algorithm>

#include "inference/ops/cuda_check.h"

// Label propagation in two steps per band of rows: the scores of every target cell with its windows
// are written to a bounded scratch, then one warp per target cell finds the threshold and gathers
// labels. The picture's whole affinity is never in memory.
namespace mcj::kernels {
namespace {

constexpr float kOutside = -INFINITY;
constexpr unsigned kWholeWarp = 0xffffffffU;
constexpr int kMaxTopK = 32;

constexpr int kCellTile = 32;     // target cells of a row that a block takes
constexpr int kShiftTile = 32;    // horizontal displacements that a block takes
constexpr int kRowWarps = 5;      // vertical displacements that a block takes, a warp each
constexpr int kChannelChunk = 8;  // channels in shared memory at a time
constexpr int kCells = 4;         // cells and displacements whose sums a thread keeps in registers
constexpr int kShifts = 8;
constexpr int kSourceTile = kCellTile + kShiftTile;
constexpr int kScoreThreads = 32 * kRowWarps;
static_assert(kCellTile / kCells * (kShiftTile / kShifts) == 32, "one warp covers the tile");
constexpr int kContextBatch = 16;  // context frames whose addresses travel with one launch

struct ContextBatch {
    const float* features[kContextBatch];
};

/// How a launch's scores lie: [rows][W][contexts][side][side].
struct ScoreBand {
    std::int64_t rowBegin;
    std::int64_t entries;       ///< contexts * side * side
    std::int64_t firstContext;  ///< number of the batch's first context frame
};

struct alignas(16) Quad {
    float v[4];
};

/// scores of target rows [rowBegin, rowBegin + gridDim.y) with the context frames of `batch`; cells
/// outside the picture score -inf.
__global__ void __launch_bounds__(kScoreThreads)
    scoreKernel(const float* target, const __grid_constant__ ContextBatch batch, PropagationShape s,
                std::int64_t rowStride, ScoreBand band, float* scores) {
    alignas(16) __shared__ float cellTile[kChannelChunk][kCellTile];
    alignas(16) __shared__ float sourceTile[kRowWarps][kChannelChunk][kSourceTile];
    const int side = 2 * s.radius + 1;
    const int shiftTiles = (side + kShiftTile - 1) / kShiftTile;
    const std::int64_t x0 = static_cast<std::int64_t>(blockIdx.x) / shiftTiles * kCellTile;
    const int d0 = static_cast<int>(blockIdx.x) % shiftTiles * kShiftTile;
    const std::int64_t y = band.rowBegin + blockIdx.y;
    const int rowGroups = (side + kRowWarps - 1) / kRowWarps;
    const int inBatch = static_cast<int>(blockIdx.z) / rowGroups;
    const int firstDy = static_cast<int>(blockIdx.z) % rowGroups * kRowWarps;
    const float* context = batch.features[inBatch];
    const std::int64_t plane = s.height * rowStride;

    const int warp = static_cast<int>(threadIdx.x) / 32;
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const int cell = lane % (kCellTile / kCells) * kCells;
    const int shift = lane / (kCellTile / kCells) * kShifts;
    float sums[kCells][kShifts] = {};
    for (std::int64_t c0 = 0; c0 < s.channels; c0 += kChannelChunk) {
        for (int i = threadIdx.x; i < kChannelChunk * kCellTile; i += blockDim.x) {
            const std::int64_t c = c0 + i / kCellTile;
            const std::int64_t x = x0 + i % kCellTile;
            const bool inside = c < s.channels && x < s.width;
            cellTile[i / kCellTile][i % kCellTile] =
                inside ? target[c * plane + y * rowStride + s.radius + x] : 0.0F;
        }
        for (int i = threadIdx.x; i < kRowWarps * kChannelChunk * kSourceTile; i += blockDim.x) {
            const int n = i / (kChannelChunk * kSourceTile);
            const int k = i / kSourceTile % kChannelChunk;
            const int j = i % kSourceTile;
            const std::int64_t row = y + firstDy + n - s.radius;
            const std::int64_t column = x0 + d0 + j;  // of the padded row
            const bool inside =
                c0 + k < s.channels && row >= 0 && row < s.height && column < rowStride;
            sourceTile[n][k][j] =
                inside ? context[(c0 + k) * plane + row * rowStride + column] : 0.0F;
        }
        __syncthreads();
        for (int k = 0; k < kChannelChunk; ++k) {
            const Quad a = *reinterpret_cast<const Quad*>(&cellTile[k][cell]);
            float b[kCells + kShifts];
#pragma unroll
            for (int q = 0; q < (kCells + kShifts) / 4; ++q) {
                const Quad quad =
                    *reinterpret_cast<const Quad*>(&sourceTile[warp][k][cell + shift + 4 * q]);
#pragma unroll
                for (int i = 0; i < 4; ++i) b[4 * q + i] = quad.v[i];
            }
#pragma unroll
            for (int i = 0; i < kCells; ++i) {
#pragma unroll
                for (int j = 0; j < kShifts; ++j) sums[i][j] += a.v[i] * b[i + j];
            }
        }
        __syncthreads();
    }

    const int dy = firstDy + warp;
    if (dy >= side) return;
    const bool rowInside = y + dy >= s.radius && y + dy < s.height + s.radius;
#pragma unroll
    for (int i = 0; i < kCells; ++i) {
        const std::int64_t x = x0 + cell + i;
        if (x >= s.width) break;
        float* line = scores +
                      (static_cast<std::int64_t>(blockIdx.y) * s.width + x) * band.entries +
                      ((band.firstContext + inBatch) * side + dy) * side;
#pragma unroll
        for (int j = 0; j < kShifts; ++j) {
            const int d = d0 + shift + j;
            if (d >= side) break;
            const std::int64_t sourceColumn = x + d - s.radius;
            line[d] =
                rowInside && sourceColumn >= 0 && sourceColumn < s.width ? sums[i][j] : kOutside;
        }
    }
}

/// The topK-th largest of `entries` scores, equal ones counted singly, for all lanes of a warp: in
/// each round the largest value below the last one, and how often it occurs.
__device__ float findThreshold(const float* scores, std::int64_t entries, int topK, int lane) {
    float limit = INFINITY;
    int remaining = topK;
    while (remaining > 0) {
        float best = kOutside;
        int count = 0;
        for (std::int64_t e = lane; e < entries; e += 32) {
            const float value = scores[e];
            if (!(value < limit)) continue;
            if (value > best) {
                best = value;
                count = 1;
            } else if (value == best) {
                ++count;
            }
        }
        for (int step = 16; step > 0; step /= 2) {
            const float otherBest = __shfl_xor_sync(kWholeWarp, best, step);
            const int otherCount = __shfl_xor_sync(kWholeWarp, count, step);
            if (otherBest > best) {
                best = otherBest;
                count = otherCount;
            } else if (otherBest == best) {
                count += otherCount;
            }
        }
        limit = best;
        if (best == kOutside) break;
        remaining -= count;
    }
    return limit;
}

constexpr int kSelectThreads = 128;

/// One warp per target cell of the band: labels of every entry at or above the threshold, weighed
/// by exp(cosine / T) and divided by the weights' sum. Entries are added in order, as on the CPU.
__global__ void __launch_bounds__(kSelectThreads)
    selectKernel(const float* scores, const float* labels, PropagationShape s, ScoreBand band,
                 std::int64_t cells, float* out) {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const std::int64_t cell = static_cast<std::int64_t>(blockIdx.x) * (kSelectThreads / 32) +
                              static_cast<int>(threadIdx.x) / 32;
    if (cell >= cells) return;  // the whole warp
    const int side = 2 * s.radius + 1;
    const std::int64_t y = band.rowBegin + cell / s.width;
    const std::int64_t x = cell % s.width;
    const float* mine = scores + cell * band.entries;
    const float threshold = findThreshold(mine, band.entries, s.topK, lane);
    float* target = out + (y * s.width + x) * s.classes;
    for (std::int64_t c = lane; c < s.classes; c += 32) target[c] = 0.0F;
    float total = 0.0F;
    for (std::int64_t base = 0; base < band.entries; base += 32) {
        const float value = base + lane < band.entries ? mine[base + lane] : kOutside;
        const bool kept = value >= threshold && value > kOutside;
        // Cosines are at most 1: subtracting 1 changes nothing after the division below and keeps
        // exp in range at any temperature.
        const float weight = kept ? expf((value - 1.0F) / s.temperature) : 0.0F;
        for (unsigned left = __ballot_sync(kWholeWarp, kept); left != 0; left &= left - 1) {
            const int from = __ffs(static_cast<int>(left)) - 1;
            const float w = __shfl_sync(kWholeWarp, weight, from);
            total += w;
            const std::int64_t entry = base + from;
            const int inWindow = static_cast<int>(entry % (side * side));
            const std::int64_t context = entry / (side * side);
            const std::int64_t sy = y + inWindow / side - s.radius;
            const std::int64_t sx = x + inWindow % side - s.radius;
            const float* label = labels + ((context * s.height + sy) * s.width + sx) * s.classes;
            for (std::int64_t c = lane; c < s.classes; c += 32) target[c] += w * label[c];
        }
    }
    for (std::int64_t c = lane; c < s.classes; c += 32) target[c] /= total;
}

constexpr int kCosineThreads = 256;

/// One warp per position.
template <typename Real>
__global__ void __launch_bounds__(kCosineThreads)
    cosineKernel(const Real* features, const Real* query, MapShape s, Real* out) {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const std::int64_t p = static_cast<std::int64_t>(blockIdx.x) * (kCosineThreads / 32) +
                           static_cast<int>(threadIdx.x) / 32;
    if (p >= s.height * s.width) return;  // the whole warp
    const Real* f = features + p * s.channels;
    Real dot = 0;
    Real length = 0;
    Real queryLength = 0;
    for (std::int64_t c = lane; c < s.channels; c += 32) {
        dot += f[c] * query[c];
        length += f[c] * f[c];
        queryLength += query[c] * query[c];
    }
    for (int step = 16; step > 0; step /= 2) {
        dot += __shfl_xor_sync(kWholeWarp, dot, step);
        length += __shfl_xor_sync(kWholeWarp, length, step);
        queryLength += __shfl_xor_sync(kWholeWarp, queryLength, step);
    }
    if (lane != 0) return;
    const Real product = length * queryLength;
    out[p] = dot / sqrt(product < Real(1e-24) ? Real(1e-24) : product);
}

template <typename Real>
int launchCosine(const Real* features, const Real* query, MapShape shape, Real* out,
                 CudaPlace place) {
    if (shape.height <= 0 || shape.width <= 0) return 0;
    MCJ_CUDA_TRY(enter(place));
    const unsigned blocks = blocksFor(shape.height * shape.width, kCosineThreads / 32);
    cosineKernel<Real><<<blocks, kCosineThreads, 0, streamOf(place)>>>(features, query, shape, out);
    return launched();
}

/// Scores of one band of rows, all context frames.
int launchScores(const CudaPropagation& work, ScoreBand band, std::int64_t rows,
                 cudaStream_t stream) {
    const PropagationShape& shape = work.shape;
    const int side = 2 * shape.radius + 1;
    const unsigned rowGroups = blocksFor(side, kRowWarps);
    const std::int64_t rowStride = propagationPaddedWidth(shape.width, shape.radius);
    for (std::int64_t k = 0; k < work.contexts; k += kContextBatch) {
        const std::int64_t count = std::min<std::int64_t>(kContextBatch, work.contexts - k);
        ContextBatch batch = {};
        std::copy_n(work.features + k, count, batch.features);
        band.firstContext = k;
        const dim3 grid(blocksFor(shape.width, kCellTile) * blocksFor(side, kShiftTile),
                        static_cast<unsigned>(rows), static_cast<unsigned>(count) * rowGroups);
        scoreKernel<<<grid, kScoreThreads, 0, stream>>>(work.target, batch, shape, rowStride, band,
                                                        work.scratch);
        if (const int code = launched()) return code;
    }
    return 0;
}

}  // namespace

int launchPropagateLabels(const CudaPropagation& work, CudaPlace place) {
    constexpr std::int64_t kMostRows = 65535;  // a grid's limit
    PropagationShape shape = work.shape;
    if (shape.height <= 0 || shape.width <= 0 || shape.classes <= 0 || work.contexts <= 0) return 0;
    MCJ_CUDA_TRY(enter(place));
    ScoreBand band = {0, propagationEntries(shape.radius, work.contexts), 0};
    shape.topK = static_cast<int>(
        std::min<std::int64_t>({shape.topK, band.entries, std::int64_t{kMaxTopK}}));
    const std::int64_t fitting =
        std::min(kMostRows, work.scratchFloats / (shape.width * band.entries));
    if (fitting < 1) return static_cast<int>(cudaErrorInvalidValue);
    for (band.rowBegin = 0; band.rowBegin < shape.height; band.rowBegin += fitting) {
        const std::int64_t rows = std::min(fitting, shape.height - band.rowBegin);
        if (const int code = launchScores(work, band, rows, streamOf(place))) return code;
        const std::int64_t cells = rows * shape.width;
        selectKernel<<<blocksFor(cells, kSelectThreads / 32), kSelectThreads, 0, streamOf(place)>>>(
            work.scratch, work.labels, shape, band, cells, work.out);
        if (const int code = launched()) return code;
    }
    return 0;
}

template <typename Real>
void fillCosine(CudaLaunchers<Real>& launchers) {
    launchers.cosine = launchCosine<Real>;
}
template void fillCosine(CudaLaunchers<float>&);
template void fillCosine(CudaLaunchers<double>&);

}  // namespace mcj::kernels
