#include "training/collective.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace mcj {
namespace {

class GatherRows : public torch::autograd::Function<GatherRows> {
public:
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& rows,
                              Collective* processes) {
        context->saved_data["processes"] = reinterpret_cast<std::int64_t>(processes);
        return processes->allGather(rows.contiguous());
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        auto* processes = reinterpret_cast<Collective*>(context->saved_data["processes"].toInt());
        at::Tensor sum = gradients[0].contiguous().clone();
        processes->allReduceSum(sum);
        const std::int64_t rows = sum.size(0) / processes->size();
        return {sum.narrow(0, processes->rank() * rows, rows), at::Tensor()};
    }
};

}  // namespace

at::Tensor sumOverProcesses(const at::Tensor& value, Collective& processes) {
    if (processes.size() == 1) return value.detach();
    at::Tensor sum = value.detach().clone(at::MemoryFormat::Contiguous);
    processes.allReduceSum(sum);
    return sum;
}

at::Tensor gatherRows(const at::Tensor& rows, Collective& processes) {
    return processes.size() == 1 ? rows : GatherRows::apply(rows, &processes);
}

NextStep agreeOnNextStep(NextStep mine, Collective& processes) {
    if (processes.size() == 1) return mine;
    // On the CPU, so that it travels by MPI and does not wait for the GPU's queue.
    at::Tensor votes = at::zeros({1}, at::kLong);
    *votes.mutable_data_ptr<std::int64_t>() = mine == NextStep::Stop ? 1 : 0;
    processes.allReduceSum(votes);
    return *votes.const_data_ptr<std::int64_t>() > 0 ? NextStep::Stop : NextStep::GoOn;
}

}  // namespace mcj
