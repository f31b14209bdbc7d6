#include "training/collective.h"

#include <torch/torch.h>

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
        auto* processes =
            reinterpret_cast<Collective*>(context->saved_data["processes"].toInt());
        at::Tensor sum = gradients[0].contiguous().clone();
        processes->allReduceSum(sum);
        const std::int64_t rows = sum.size(0) / processes->size();
        return {sum.narrow(0, processes->rank() * rows, rows), at::Tensor()};
    }
};

/// Gradients in one message of at most this many elements, unless one alone is longer: a message
/// costs the same wait whatever its length, and the copy costs memory.
constexpr std::int64_t kMostTogether = std::int64_t{1} << 25;

void averageTogether(const std::vector<at::Tensor>& gradients, Collective& processes) {
    std::vector<at::Tensor> flat;
    for (const at::Tensor& gradient : gradients) flat.push_back(gradient.reshape(-1));
    at::Tensor all = at::cat(flat);
    processes.allReduceSum(all);
    all.div_(processes.size());
    std::int64_t first = 0;
    for (const at::Tensor& gradient : gradients) {
        gradient.copy_(all.narrow(0, first, gradient.numel()).view(gradient.sizes()));
        first += gradient.numel();
    }
}

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

void averageGradients(const std::vector<at::Tensor>& parameters, Collective& processes) {
    if (processes.size() == 1) return;
    const torch::NoGradGuard noGrad;
    std::vector<at::Tensor> together;
    std::int64_t elements = 0;
    const auto send = [&] {
        if (!together.empty()) averageTogether(together, processes);
        together.clear();
        elements = 0;
    };
    for (const at::Tensor& parameter : parameters) {
        const at::Tensor gradient = parameter.grad();
        if (!gradient.defined()) continue;
        const bool sameKind = together.empty() ||
                              (together.back().scalar_type() == gradient.scalar_type() &&
                               together.back().device() == gradient.device());
        if (!sameKind || elements + gradient.numel() > kMostTogether) send();
        together.push_back(gradient);
        elements += gradient.numel();
    }
    send();
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
