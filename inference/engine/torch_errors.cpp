#include "inference/engine/torch_errors.h"

#include <new>
#include <string>

#include <ATen/ATen.h>

#include "media/base/error.h"

namespace mcj {
namespace {

// LibTorch has an exception for lack of GPU memory, but none for the CPU's.
constexpr const char* kCpuAllocator = "DefaultCPUAllocator";

Error cpuMemoryError() {
    return {ErrorCode::Device, "not enough memory for frames of this size",
            "Use --max-side to compute at a smaller size, or close other programs."};
}

}  // namespace

void throwAsOurs() {
    try {
        throw;
    } catch (const Error&) {
        throw;
    } catch (const c10::OutOfMemoryError&) {
        throw Error(ErrorCode::Device,
                    "the device does not have enough memory for frames of this size",
                    "Use --max-side to compute at a smaller size, or --device cpu.");
    } catch (const c10::Error& error) {
        const std::string message = error.what_without_backtrace();
        if (message.find(kCpuAllocator) != std::string::npos) throw cpuMemoryError();
        throw Error(ErrorCode::Internal, message);
    } catch (const std::bad_alloc&) {
        throw cpuMemoryError();
    }
}

}  // namespace mcj
