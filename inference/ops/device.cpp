#include "inference/ops/device.h"

#include <ATen/ATen.h>
#include <torch/cuda.h>

#include "inference/ops/cuda_library.h"
#include "media/base/error.h"

namespace mcj {

UsableGpus findGpus() {
    // LibTorch caches its first answer about CUDA: its CUDA library must be loaded before that.
    const CudaBackend& backend = openCudaBackend();
    if (!backend.ready) return {0, backend.reason, {}};
    if (!torch::cuda::is_available()) {
        return {0, "LibTorch cannot use the GPU",
                "Update NVIDIA's driver (580 or newer for CUDA 13)."};
    }
    try {
        // The kernels are only built with a CUDA toolkit: fail now instead of at the first pair.
        (void)cudaTable();
    } catch (const Error& error) {
        return {0, error.what(), error.hint()};
    }
    return {static_cast<int>(torch::cuda::device_count()), {}, {}};
}

c10::Device chooseDevice(const std::string& name) {
    // Do not query CUDA where the answer does not matter: it costs half a second.
    return chooseDevice(name, name == "cpu" ? UsableGpus{} : findGpus());
}

c10::Device chooseDevice(const std::string& name, const UsableGpus& gpus) {
    if (name == "cpu") return at::kCPU;
    if (name == "auto") return gpus.count > 0 ? c10::Device(at::kCUDA, 0) : c10::Device(at::kCPU);
    if (!name.starts_with("cuda")) {
        throw Error(ErrorCode::Usage, "--device " + name + ": is not a device",
                    "Devices are auto, cpu, cuda and cuda:N.");
    }
    int index = 0;
    if (name.size() > 4) {
        const std::string digits = name.substr(std::min<std::size_t>(5, name.size()));
        if (name[4] != ':' || digits.empty() || digits.size() > 3 ||
            digits.find_first_not_of("0123456789") != std::string::npos) {
            throw Error(ErrorCode::Usage, "--device " + name + ": is not a device",
                        "Devices are auto, cpu, cuda and cuda:N.");
        }
        index = std::stoi(digits);
    }
    if (gpus.count == 0) {
        throw Error(ErrorCode::Device, "--device " + name + ": " + gpus.reason,
                    gpus.hint.empty() ? "Run `mcjepa doctor` to see what was found, or use "
                                        "--device cpu."
                                      : gpus.hint);
    }
    if (index >= gpus.count) {
        throw Error(ErrorCode::Device, "--device " + name + ": there is no such GPU",
                    "Run `mcjepa doctor` to see what was found, or use --device cpu.");
    }
    return {at::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

}  // namespace mcj
