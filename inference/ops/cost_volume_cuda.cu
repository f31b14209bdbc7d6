#include "inference/ops/cuda_check.h"

namespace mcj::kernels {
namespace {

// A block works on a tile of 32 x 4 pixels. A thread keeps four neighbouring pixels in registers,
// so that four vector loads from shared memory feed 36 multiply-adds.
constexpr int kTileX = 32;
constexpr int kTileY = 4;
constexpr int kQuad = 4;
constexpr int kHaloX = kTileX + 2 * kCostRadius;
constexpr int kHaloY = kTileY + 2 * kCostRadius;
constexpr int kColumnThreads = kTileX / kQuad;
constexpr int kTileThreads = kColumnThreads * kTileY;  // one warp
static_assert(kTileThreads == 32, "a warp is one tile at one displacement row or channel group");

/// Four neighbours that are read and written at once.
template <typename Real>
struct alignas(16) Quad {
    Real v[kQuad];
};

template <typename Real>
__device__ const Quad<Real>& quadAt(const Real* values) {
    return *reinterpret_cast<const Quad<Real>*>(values);
}

/// The 12 neighbours that four pixels see at nine horizontal displacements.
template <typename Real>
__device__ void readNeighbours(const Real* values, Real (&out)[3 * kQuad]) {
#pragma unroll
    for (int q = 0; q < 3; ++q) {
        const Quad<Real> quad = quadAt(values + q * kQuad);
#pragma unroll
        for (int i = 0; i < kQuad; ++i) out[q * kQuad + i] = quad.v[i];
    }
}

/// Copies `Channels` channels from `firstChannel` of the window whose corner is (y0, x0) into
/// shared memory [Channels][Rows][Columns]; zero outside the map.
template <int Channels, int Rows, int Columns, typename Real>
__device__ void loadTile(const Real* map, const MapShape& s, std::int64_t firstChannel,
                         std::int64_t y0, std::int64_t x0, Real* tile) {
    for (int i = threadIdx.x; i < Channels * Rows * Columns; i += blockDim.x) {
        const std::int64_t c = firstChannel + i / (Rows * Columns);
        const std::int64_t y = y0 + i / Columns % Rows;
        const std::int64_t x = x0 + i % Columns;
        const bool inside = c < s.channels && y >= 0 && y < s.height && x >= 0 && x < s.width;
        tile[i] = inside ? map[(c * s.height + y) * s.width + x] : Real(0);
    }
}

/// Writes the pixels of a quad that lie in the row; `whole`: rows keep quads aligned.
template <typename Real>
__device__ void writeQuad(const Quad<Real>& quad, std::int64_t x, std::int64_t width, bool whole,
                          Real* target) {
    if (whole) {
        if (x < width) *reinterpret_cast<Quad<Real>*>(target) = quad;
        return;
    }
#pragma unroll
    for (int i = 0; i < kQuad; ++i) {
        if (x + i < width) target[i] = quad.v[i];
    }
}

constexpr int kForwardThreads = kTileThreads * kCostSide;
constexpr int kForwardChunk = 8;  // channels in shared memory at a time

/// One warp per vertical displacement; a thread sums four pixels at nine horizontal ones.
template <typename Real>
__global__ void __launch_bounds__(kForwardThreads)
    costVolumeKernel(const Real* first, const Real* second, MapShape s, Real* out) {
    alignas(16) __shared__ Real firstTile[kForwardChunk * kTileY * kTileX];
    alignas(16) __shared__ Real secondTile[kForwardChunk * kHaloY * kHaloX];
    const int column = static_cast<int>(threadIdx.x) % kColumnThreads * kQuad;
    const int row = static_cast<int>(threadIdx.x) / kColumnThreads % kTileY;
    const int dy = static_cast<int>(threadIdx.x) / kTileThreads;
    const std::int64_t x0 = static_cast<std::int64_t>(blockIdx.x) * kTileX;
    const std::int64_t y0 = static_cast<std::int64_t>(blockIdx.y) * kTileY;
    const std::int64_t item = blockIdx.z;
    const std::int64_t plane = s.height * s.width;
    first += item * s.channels * plane;
    second += item * s.channels * plane;
    Real sums[kCostSide][kQuad] = {};
    for (std::int64_t c0 = 0; c0 < s.channels; c0 += kForwardChunk) {
        loadTile<kForwardChunk, kTileY, kTileX>(first, s, c0, y0, x0, firstTile);
        loadTile<kForwardChunk, kHaloY, kHaloX>(second, s, c0, y0 - kCostRadius, x0 - kCostRadius,
                                                secondTile);
        __syncthreads();
        // Channels beyond the last are zero in both tiles and add nothing.
        for (int k = 0; k < kForwardChunk; ++k) {
            const Quad<Real> a = quadAt(firstTile + (k * kTileY + row) * kTileX + column);
            Real b[3 * kQuad];
            readNeighbours(secondTile + (k * kHaloY + row + dy) * kHaloX + column, b);
#pragma unroll
            for (int dx = 0; dx < kCostSide; ++dx) {
#pragma unroll
                for (int i = 0; i < kQuad; ++i) sums[dx][i] += a.v[i] * b[dx + i];
            }
        }
        __syncthreads();
    }
    const std::int64_t y = y0 + row;
    const std::int64_t x = x0 + column;
    if (y >= s.height) return;
    const Real scale = Real(1) / static_cast<Real>(s.channels);
    const bool whole = s.width % kQuad == 0;
    Real* target = out + (item * kCostChannels + dy * kCostSide) * plane + y * s.width + x;
#pragma unroll
    for (int dx = 0; dx < kCostSide; ++dx) {
        Quad<Real> quad;
#pragma unroll
        for (int i = 0; i < kQuad; ++i) quad.v[i] = sums[dx][i] * scale;
        writeQuad(quad, x, s.width, whole, target + dx * plane);
    }
}

constexpr int kGradGroups = 4;  // warps of a block, each with its own channels
constexpr int kGradThreads = kTileThreads * kGradGroups;
template <typename Real>
constexpr int kGradPerThread = sizeof(Real) == 4 ? 4 : 2;  // what 48 KiB of shared memory hold

enum class GradOf { First, Second };

/// grad[c, y, x] = 1/C sum_d w[d, y, x] * other[c, y + dy, x + dx], gathered, with
/// w[d, y, x] = gradOut[d, y, x] for the first frame and, for the second, the gradient seen from
/// the other side: gradOut[80 - d, y + dy, x + dx], zero outside.
template <GradOf Frame, typename Real>
__global__ void __launch_bounds__(kGradThreads)
    costVolumeGradKernel(const Real* gradOut, const Real* other, MapShape s, Real* grad) {
    constexpr int kPer = kGradPerThread<Real>;
    constexpr int kChunk = kPer * kGradGroups;
    constexpr int kWeights = kCostSide * kTileY * kTileX;
    alignas(16) __shared__ Real otherTile[kChunk * kHaloY * kHaloX];
    alignas(16) __shared__ Real weightTile[kWeights];
    const int column = static_cast<int>(threadIdx.x) % kColumnThreads * kQuad;
    const int row = static_cast<int>(threadIdx.x) / kColumnThreads % kTileY;
    const int group = static_cast<int>(threadIdx.x) / kTileThreads;
    const std::int64_t x0 = static_cast<std::int64_t>(blockIdx.x) * kTileX;
    const std::int64_t y0 = static_cast<std::int64_t>(blockIdx.y) * kTileY;
    const std::int64_t chunks = (s.channels + kChunk - 1) / kChunk;
    const std::int64_t item = blockIdx.z / chunks;
    const std::int64_t c0 = blockIdx.z % chunks * kChunk;
    const std::int64_t plane = s.height * s.width;
    gradOut += item * kCostChannels * plane;
    loadTile<kChunk, kHaloY, kHaloX>(other + item * s.channels * plane, s, c0, y0 - kCostRadius,
                                     x0 - kCostRadius, otherTile);
    Real sums[kPer][kQuad] = {};
    for (int dy = 0; dy < kCostSide; ++dy) {
        __syncthreads();  // the weights of the row before are read
        for (int i = threadIdx.x; i < kWeights; i += blockDim.x) {
            const int dx = i / (kTileY * kTileX);
            std::int64_t d = dy * kCostSide + dx;
            std::int64_t y = y0 + i / kTileX % kTileY;
            std::int64_t x = x0 + i % kTileX;
            if (Frame == GradOf::Second) {
                d = kCostChannels - 1 - d;
                y += dy - kCostRadius;
                x += dx - kCostRadius;
            }
            const bool inside = y >= 0 && y < s.height && x >= 0 && x < s.width;
            weightTile[i] = inside ? gradOut[d * plane + y * s.width + x] : Real(0);
        }
        __syncthreads();
        Quad<Real> weights[kCostSide];
#pragma unroll
        for (int dx = 0; dx < kCostSide; ++dx) {
            weights[dx] = quadAt(weightTile + (dx * kTileY + row) * kTileX + column);
        }
#pragma unroll
        for (int k = 0; k < kPer; ++k) {
            Real b[3 * kQuad];
            readNeighbours(otherTile + ((group * kPer + k) * kHaloY + row + dy) * kHaloX + column,
                           b);
#pragma unroll
            for (int dx = 0; dx < kCostSide; ++dx) {
#pragma unroll
                for (int i = 0; i < kQuad; ++i) sums[k][i] += weights[dx].v[i] * b[dx + i];
            }
        }
    }
    const std::int64_t y = y0 + row;
    const std::int64_t x = x0 + column;
    if (y >= s.height) return;
    const Real scale = Real(1) / static_cast<Real>(s.channels);
    const bool whole = s.width % kQuad == 0;
#pragma unroll
    for (int k = 0; k < kPer; ++k) {
        const std::int64_t c = c0 + group * kPer + k;
        if (c >= s.channels) break;
        Quad<Real> quad;
#pragma unroll
        for (int i = 0; i < kQuad; ++i) quad.v[i] = sums[k][i] * scale;
        writeQuad(quad, x, s.width, whole,
                  grad + (item * s.channels + c) * plane + y * s.width + x);
    }
}

template <typename Real>
int launchCostVolume(const Real* first, const Real* second, MapShape shape, Real* out,
                     CudaPlace place) {
    if (isEmpty(shape)) return 0;
    MCJ_CUDA_TRY(enter(place));
    const dim3 grid(blocksFor(shape.width, kTileX), blocksFor(shape.height, kTileY),
                    static_cast<unsigned>(shape.batch));
    costVolumeKernel<Real>
        <<<grid, kForwardThreads, 0, streamOf(place)>>>(first, second, shape, out);
    return launched();
}

template <GradOf Frame, typename Real>
int launchCostVolumeGrad(const Real* gradOut, const Real* other, MapShape shape, Real* grad,
                         CudaPlace place) {
    if (isEmpty(shape) || shape.channels <= 0) return 0;
    MCJ_CUDA_TRY(enter(place));
    const unsigned chunks = blocksFor(shape.channels, kGradPerThread<Real> * kGradGroups);
    const dim3 grid(blocksFor(shape.width, kTileX), blocksFor(shape.height, kTileY),
                    static_cast<unsigned>(shape.batch) * chunks);
    costVolumeGradKernel<Frame, Real>
        <<<grid, kGradThreads, 0, streamOf(place)>>>(gradOut, other, shape, grad);
    return launched();
}

}  // namespace

template <typename Real>
void fillCostVolume(CudaLaunchers<Real>& launchers) {
    launchers.costVolume = launchCostVolume<Real>;
    launchers.costVolumeGradFirst = launchCostVolumeGrad<GradOf::First, Real>;
    launchers.costVolumeGradSecond = launchCostVolumeGrad<GradOf::Second, Real>;
}
template void fillCostVolume(CudaLaunchers<float>&);
template void fillCostVolume(CudaLaunchers<double>&);

}  // namespace mcj::kernels
