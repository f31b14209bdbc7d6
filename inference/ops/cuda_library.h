#pragma once

#include <string>

#include "inference/ops/cuda_kernels.h"

namespace mcj {

/// The launchers in libmcj_cuda, opened on the first call from any thread: the file that
/// $MCJ_CUDA_LIBRARY names, else beside the library or program that holds this code and in the lib
/// folder next to it. Needs no device and no driver. Throws `Error{Device}` that lists the places
/// where the library is missing, and where it does not load or has another version.
[[nodiscard]] const McjCudaTable& cudaTable();

/// Throws `Error{Device}` with CUDA's error text where a launcher of `operation` returned an error.
void checkCuda(int code, const char* operation);

/// Whether LibTorch can use a GPU in this process, or why not.
struct CudaBackend {
    bool ready = false;
    std::string reason;  ///< empty where ready
};

/// Loads LibTorch's CUDA library, libtorch_cuda, if the driver has a device. Nothing links to that
/// library, so that programs start fast and run where it is missing. Call this before LibTorch's
/// first query for CUDA (is_available, manual_seed), because LibTorch caches the answer.
[[nodiscard]] const CudaBackend& openCudaBackend();

}  // namespace mcj
