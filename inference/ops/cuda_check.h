#pragma once

#include <cuda_runtime.h>

#include "inference/ops/cuda_kernels.h"

/// Error codes inside libmcj_cuda: launchers return them and do not throw. For .cu files only.

/// Returns the error code from the enclosing launcher where a CUDA call fails.
#define MCJ_CUDA_TRY(call)                                                \
    do {                                                                  \
        const cudaError_t mcjStatus = (call);                             \
        if (mcjStatus != cudaSuccess) return static_cast<int>(mcjStatus); \
    } while (false)

namespace mcj::kernels {

/// Makes `place` current in this library's own CUDA runtime. LibTorch has another runtime and has
/// made the same device current there; both then work in the device's one primary context.
inline cudaError_t enter(const CudaPlace& place) { return cudaSetDevice(place.device); }

inline cudaStream_t streamOf(const CudaPlace& place) {
    return static_cast<cudaStream_t>(place.stream);
}

/// The error code of the launch just made.
inline int launched() { return static_cast<int>(cudaGetLastError()); }

/// Blocks of `size` that cover `count`.
inline unsigned blocksFor(std::int64_t count, std::int64_t size) {
    return static_cast<unsigned>((count + size - 1) / size);
}

inline bool isEmpty(const MapShape& shape) {
    return shape.batch <= 0 || shape.height <= 0 || shape.width <= 0;
}

}  // namespace mcj::kernels
