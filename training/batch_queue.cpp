#include "training/batch_queue.h"

#include <omp.h>

#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace mcj {

void checkBatchPlan(const BatchPlan& plan) {
    if (plan.batch < 1 || plan.firstSample < 0 || plan.workers < 1 || plan.ahead < 1 ||
        plan.firstStep < 0) {
        throw Error(
            ErrorCode::Usage,
            "the batch size, the workers and the prepared batches of a loader must be at least 1",
            "Correct the batch sizes in the recipe, or --workers.");
    }
}

std::vector<SampleRng> batchGenerators(const BatchPlan& plan, std::int64_t step) {
    std::vector<SampleRng> generators;
    for (std::int64_t i = 0; i < plan.batch; ++i) {
        generators.emplace_back(plan.seed, static_cast<std::uint64_t>(step),
                                static_cast<std::uint64_t>(plan.firstSample + i));
    }
    return generators;
}

void computeOnOneCore() {
    // `at::set_num_threads` would set the number for the whole process; OpenMP's call only applies
    // to the calling thread. LibTorch sets that thread's number on first use, so it is called
    // first.
    static_cast<void>(at::get_num_threads());
    omp_set_num_threads(1);
}

void computeOnOwnStream(at::Device device) {
    if (device.is_cpu()) return;
    const c10::impl::VirtualGuardImpl guard(device.type());
    static_cast<void>(guard.exchangeStream(guard.getStreamFromGlobalPool(device)));
}

void finishOwnStream(at::Device device) {
    if (device.is_cpu()) return;
    const c10::impl::VirtualGuardImpl guard(device.type());
    guard.synchronizeStream(guard.getStream(device));
}

void readOnThisStream(const at::Tensor& tensor) {
    if (tensor.is_cpu()) return;
    const c10::impl::VirtualGuardImpl guard(tensor.device().type());
    guard.recordDataPtrOnStream(tensor.storage().data_ptr(), guard.getStream(tensor.device()));
}

}  // namespace mcj
