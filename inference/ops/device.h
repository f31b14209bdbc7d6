#pragma once

#include <string>

#include <c10/core/Device.h>

namespace mcj {

/// The usable GPUs: LibTorch can access them and the CUDA kernels can be loaded.
struct UsableGpus {
    int count = 0;
    std::string reason;  ///< why there is none; empty if there are some
    std::string hint;    ///< what to do about it; empty if the machine has no GPU
};
[[nodiscard]] UsableGpus findGpus();

/// "auto" (a usable GPU, else the CPU), "cpu", "cuda" or "cuda:N". Throws `Error{Usage}` for other
/// names, `Error{Device}` where the requested GPU is not available.
[[nodiscard]] c10::Device chooseDevice(const std::string& name);
/// The same, on a machine with `gpus`.
[[nodiscard]] c10::Device chooseDevice(const std::string& name, const UsableGpus& gpus);

}  // namespace mcj
