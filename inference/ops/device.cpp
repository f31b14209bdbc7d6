#include "inference/ops/device.h"

#include <torch/torch.h>

#include "inference/ops/cuda_library.h"
#include "media/base/error.h"

namespace mcj {

c10::Device chooseDevice(const std::string& name) {
    if (name == "cpu") return at::kCPU;
    // LibTorch remembers its first answer about CUDA: its CUDA half has to be in before the question.
    const bool usable = openCudaBackend().ready && torch::cuda::is_available();
    if (name == "auto") return usable ? c10::Device(at::kCUDA, 0) : c10::Device(at::kCPU);
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
    if (!usable || index >= static_cast<int>(torch::cuda::device_count())) {
        throw Error(ErrorCode::Device, "--device " + name + ": there is no such GPU",
                    "Run `mcjepa doctor` to see what was found, or use --device cpu.");
    }
    return {at::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

}  // namespace mcj
