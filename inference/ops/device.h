#pragma once

#include <string>

#include <c10/core/Device.h>

namespace mcj {

/// The GPUs that every op runs on: LibTorch reaches them and our kernels can be opened.
struct UsableGpus {
    int count = 0;
    std::string reason;  ///< why there is none; empty where there are some
    std::string hint;    ///< what to do about it; empty where no GPU is the ordinary case
};
[[nodiscard]] UsableGpus findGpus();

/// "auto" (a GPU where there is one that works, else the CPU), "cpu", "cuda" or "cuda:N".
/// Throws `Error{Usage}` for another word, `Error{Device}` where the GPU asked for is not there.
[[nodiscard]] c10::Device chooseDevice(const std::string& name);
/// The same, on a machine with `gpus`.
[[nodiscard]] c10::Device chooseDevice(const std::string& name, const UsableGpus& gpus);

}  // namespace mcj
