#include "inference/ops/cuda_check.h"

namespace mcj::kernels {
namespace {

/// The four neighbours of a sample: offsets in pixels and weights; a neighbour outside weighs zero.
/// The twin of `Taps` in warp_cpu.cpp.
template <typename Real>
struct Taps {
    std::int64_t offset[4];
    Real weight[4];
    Real fx, fy;          ///< fractions
    bool inside[4];       ///< whether the neighbour exists
    bool movesX, movesY;  ///< whether the clamped coordinate depends on the flow
};

template <typename Real>
__device__ Real clampTo(Real value, Real low, Real high) {
    return value < low ? low : (high < value ? high : value);
}

template <typename Real>
__device__ Taps<Real> tapsAt(Real x, Real y, std::int64_t height, std::int64_t width,
                             Border border) {
    Taps<Real> taps;
    taps.movesX = taps.movesY = true;
    if (border == Border::Clamp) {
        taps.movesX = x >= Real(0) && x <= static_cast<Real>(width - 1);
        taps.movesY = y >= Real(0) && y <= static_cast<Real>(height - 1);
        x = clampTo(x, Real(0), static_cast<Real>(width - 1));
        y = clampTo(y, Real(0), static_cast<Real>(height - 1));
    } else {
        // Far outside every tap is zero anyway; the clamp keeps the conversion to int defined.
        x = clampTo(x, Real(-2), static_cast<Real>(width + 1));
        y = clampTo(y, Real(-2), static_cast<Real>(height + 1));
    }
    const Real floorX = floor(x);
    const Real floorY = floor(y);
    taps.fx = x - floorX;
    taps.fy = y - floorY;
    const auto x0 = static_cast<std::int64_t>(floorX);
    const auto y0 = static_cast<std::int64_t>(floorY);
    const Real wx[2] = {Real(1) - taps.fx, taps.fx};
    const Real wy[2] = {Real(1) - taps.fy, taps.fy};
#pragma unroll
    for (int k = 0; k < 4; ++k) {
        const std::int64_t xx = x0 + (k & 1);
        const std::int64_t yy = y0 + (k >> 1);
        taps.inside[k] = xx >= 0 && xx < width && yy >= 0 && yy < height;
        taps.offset[k] = taps.inside[k] ? yy * width + xx : 0;
        taps.weight[k] = taps.inside[k] ? wx[k & 1] * wy[k >> 1] : Real(0);
    }
    return taps;
}

/// NaN flow samples far outside, where the value is zero and there is no gradient.
template <typename Real>
__device__ Real known(Real value) {
    return value != value ? Real(-1e6) : value;
}

constexpr int kThreads = 256;

/// Pixel of a batch of channels-last maps.
struct Pixel {
    std::int64_t number;  ///< in the batch
    std::int64_t start;   ///< number of the first pixel of the same item
    std::int64_t y, x;
};

/// The pixel of this thread: threads of one `threadIdx.y` share it and split its channels.
__device__ Pixel pixelOfThread(const MapShape& s) {
    Pixel pixel;
    pixel.number = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
    const std::int64_t plane = s.height * s.width;
    const std::int64_t inItem = pixel.number % plane;
    pixel.start = pixel.number - inItem;
    pixel.y = inItem / s.width;
    pixel.x = inItem % s.width;
    return pixel;
}

template <typename Real>
__device__ Taps<Real> tapsOf(const Pixel& pixel, const Real* flow, const MapShape& s,
                             Border border) {
    const Real* f = flow + 2 * pixel.number;
    return tapsAt<Real>(static_cast<Real>(pixel.x) + known(f[0]),
                        static_cast<Real>(pixel.y) + known(f[1]), s.height, s.width, border);
}

template <typename Real>
__global__ void __launch_bounds__(kThreads)
    warpKernel(const Real* source, const Real* flow, MapShape s, Border border, Real* out) {
    const Pixel pixel = pixelOfThread(s);
    if (pixel.number >= s.batch * s.height * s.width) return;
    const auto taps = tapsOf(pixel, flow, s, border);
    const Real* a = source + (pixel.start + taps.offset[0]) * s.channels;
    const Real* b = source + (pixel.start + taps.offset[1]) * s.channels;
    const Real* c = source + (pixel.start + taps.offset[2]) * s.channels;
    const Real* d = source + (pixel.start + taps.offset[3]) * s.channels;
    Real* target = out + pixel.number * s.channels;
    for (std::int64_t k = threadIdx.x; k < s.channels; k += blockDim.x) {
        target[k] = taps.weight[0] * a[k] + taps.weight[1] * b[k] + taps.weight[2] * c[k] +
                    taps.weight[3] * d[k];
    }
}

template <typename Real>
__global__ void __launch_bounds__(kThreads)
    warpGradSourceKernel(const Real* gradOut, const Real* flow, MapShape s, Border border,
                         Real* gradSource) {
    const Pixel pixel = pixelOfThread(s);
    if (pixel.number >= s.batch * s.height * s.width) return;
    const auto taps = tapsOf(pixel, flow, s, border);
    const Real* g = gradOut + pixel.number * s.channels;
    for (int t = 0; t < 4; ++t) {
        if (taps.weight[t] == Real(0)) continue;
        Real* target = gradSource + (pixel.start + taps.offset[t]) * s.channels;
        for (std::int64_t k = threadIdx.x; k < s.channels; k += blockDim.x) {
            atomicAdd(target + k, taps.weight[t] * g[k]);
        }
    }
}

template <typename Real>
__global__ void __launch_bounds__(kThreads)
    warpGradFlowKernel(const Real* gradOut, const Real* source, const Real* flow, MapShape s,
                       Border border, Real* gradFlow) {
    Pixel pixel = pixelOfThread(s);
    const bool mine = pixel.number < s.batch * s.height * s.width;
    // The shuffles below need whole warps: threads past the end repeat the first pixel.
    if (!mine) pixel = Pixel{0, 0, 0, 0};
    const auto taps = tapsOf(pixel, flow, s, border);
    const Real* g = gradOut + pixel.number * s.channels;
    Real dots[4] = {};
#pragma unroll
    for (int t = 0; t < 4; ++t) {
        if (taps.inside[t]) {
            const Real* v = source + (pixel.start + taps.offset[t]) * s.channels;
            for (std::int64_t k = threadIdx.x; k < s.channels; k += blockDim.x) {
                dots[t] += g[k] * v[k];
            }
        }
    }
    const int lanes = static_cast<int>(blockDim.x);
#pragma unroll
    for (int t = 0; t < 4; ++t) {
        for (int step = lanes / 2; step > 0; step /= 2) {
            dots[t] += __shfl_down_sync(0xffffffffU, dots[t], step, lanes);
        }
    }
    if (!mine || threadIdx.x != 0) return;
    const Real dx = (Real(1) - taps.fy) * (dots[1] - dots[0]) + taps.fy * (dots[3] - dots[2]);
    const Real dy = (Real(1) - taps.fx) * (dots[2] - dots[0]) + taps.fx * (dots[3] - dots[1]);
    gradFlow[2 * pixel.number] = taps.movesX ? dx : Real(0);
    gradFlow[2 * pixel.number + 1] = taps.movesY ? dy : Real(0);
}

template <typename Real>
__global__ void __launch_bounds__(kThreads)
    consistencyKernel(const Real* forward, const Real* backward, MapShape s, Real alpha, Real beta,
                      Real* occluded, Real* error) {
    const std::int64_t number = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    const std::int64_t plane = s.height * s.width;
    if (number >= s.batch * plane) return;
    const std::int64_t p = number % plane;
    const std::int64_t item = number / plane;
    forward += item * 2 * plane;
    backward += item * 2 * plane;
    const Real u = forward[p];
    const Real v = forward[plane + p];
    const Real tx = static_cast<Real>(p % s.width) + u;
    const Real ty = static_cast<Real>(p / s.width) + v;
    const bool inside = tx >= Real(0) && ty >= Real(0) && tx <= static_cast<Real>(s.width - 1) &&
                        ty <= static_cast<Real>(s.height - 1);
    if (!inside) {
        occluded[number] = Real(1);
        error[number] = static_cast<Real>(nan(""));
        return;
    }
    const auto taps = tapsAt<Real>(tx, ty, s.height, s.width, Border::Clamp);
    Real bu = 0;
    Real bv = 0;
#pragma unroll
    for (int t = 0; t < 4; ++t) {
        bu += taps.weight[t] * backward[taps.offset[t]];
        bv += taps.weight[t] * backward[plane + taps.offset[t]];
    }
    const Real du = u + bu;
    const Real dv = v + bv;
    const Real difference = du * du + dv * dv;
    const Real length = u * u + v * v + bu * bu + bv * bv;
    // Written so that NaN counts as occluded.
    occluded[number] = difference <= alpha * length + beta ? Real(0) : Real(1);
    error[number] = sqrt(difference);
}

/// A block of whole warps: as many threads per pixel as it has channels, at most a warp's.
dim3 blockFor(std::int64_t channels) {
    unsigned lanes = 1;
    while (lanes < 32 && lanes < channels) lanes *= 2;
    return dim3(lanes, kThreads / lanes);
}

dim3 gridFor(const MapShape& shape, const dim3& block) {
    return dim3(blocksFor(shape.batch * shape.height * shape.width, block.y));
}

template <typename Real>
int launchWarp(const Real* source, const Real* flow, MapShape shape, Border border, Real* out,
               CudaPlace place) {
    if (isEmpty(shape) || shape.channels <= 0) return 0;
    MCJ_CUDA_TRY(enter(place));
    const dim3 block = blockFor(shape.channels);
    warpKernel<Real>
        <<<gridFor(shape, block), block, 0, streamOf(place)>>>(source, flow, shape, border, out);
    return launched();
}

template <typename Real>
int launchWarpGradSource(const Real* gradOut, const Real* flow, MapShape shape, Border border,
                         Real* gradSource, CudaPlace place) {
    if (isEmpty(shape) || shape.channels <= 0) return 0;
    MCJ_CUDA_TRY(enter(place));
    const dim3 block = blockFor(shape.channels);
    warpGradSourceKernel<Real><<<gridFor(shape, block), block, 0, streamOf(place)>>>(
        gradOut, flow, shape, border, gradSource);
    return launched();
}

template <typename Real>
int launchWarpGradFlow(const Real* gradOut, const Real* source, const Real* flow, MapShape shape,
                       Border border, Real* gradFlow, CudaPlace place) {
    if (isEmpty(shape)) return 0;
    MCJ_CUDA_TRY(enter(place));
    const dim3 block = blockFor(shape.channels);
    warpGradFlowKernel<Real><<<gridFor(shape, block), block, 0, streamOf(place)>>>(
        gradOut, source, flow, shape, border, gradFlow);
    return launched();
}

template <typename Real>
int launchConsistency(const Real* forward, const Real* backward, MapShape shape, Real alpha,
                      Real beta, Real* occluded, Real* error, CudaPlace place) {
    if (isEmpty(shape)) return 0;
    MCJ_CUDA_TRY(enter(place));
    const unsigned blocks = blocksFor(shape.batch * shape.height * shape.width, kThreads);
    consistencyKernel<Real><<<blocks, kThreads, 0, streamOf(place)>>>(forward, backward, shape,
                                                                      alpha, beta, occluded, error);
    return launched();
}

}  // namespace

template <typename Real>
void fillWarp(CudaLaunchers<Real>& launchers) {
    launchers.warp = launchWarp<Real>;
    launchers.warpGradSource = launchWarpGradSource<Real>;
    launchers.warpGradFlow = launchWarpGradFlow<Real>;
    launchers.consistency = launchConsistency<Real>;
}
template void fillWarp(CudaLaunchers<float>&);
template void fillWarp(CudaLaunchers<double>&);

}  // namespace mcj::kernels
