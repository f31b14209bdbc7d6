#include "inference/ops/cuda_ops.h"

#include "media/base/error.h"

namespace mcj::cuda {
namespace {
[[noreturn]] void unavailable() {
    throw Error(ErrorCode::Device, "the CUDA kernels are not part of this build",
                "Run on the CPU with --device cpu, or build with a CUDA toolkit installed.");
}
}  // namespace

at::Tensor costVolumeForward(const at::Tensor&, const at::Tensor&) { unavailable(); }
std::pair<at::Tensor, at::Tensor> costVolumeBackward(const at::Tensor&, const at::Tensor&,
                                                     const at::Tensor&, bool, bool) {
    unavailable();
}
at::Tensor warpForward(const at::Tensor&, const at::Tensor&, kernels::Border) { unavailable(); }
std::pair<at::Tensor, at::Tensor> warpBackward(const at::Tensor&, const at::Tensor&,
                                               const at::Tensor&, kernels::Border, bool, bool) {
    unavailable();
}
at::Tensor splat(const at::Tensor&, const at::Tensor&) { unavailable(); }
std::pair<at::Tensor, at::Tensor> consistency(const at::Tensor&, const at::Tensor&, double,
                                              double) {
    unavailable();
}
at::Tensor cosineMap(const at::Tensor&, const at::Tensor&) { unavailable(); }
at::Tensor propagateLabels(const at::Tensor&, const std::vector<at::Tensor>&,
                           const std::vector<at::Tensor>&, const kernels::PropagationShape&) {
    unavailable();
}

}  // namespace mcj::cuda
