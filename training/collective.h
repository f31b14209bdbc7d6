#pragma once

#include <ATen/core/Tensor.h>

namespace mcj {

/// The processes that train together, each with its share of the global batch. What a loss counts
/// over the batch it counts over the batch of all, so that many processes train exactly as one
/// process with the same global batch would. Every process has to make the same calls in the same
/// order; one thread. Failures of a peer end the job with a message (`Error{Device}`).
class Collective {
public:
    virtual ~Collective() = default;
    [[nodiscard]] virtual int rank() const = 0;
    [[nodiscard]] virtual int size() const = 0;
    /// `tensor` becomes the sum over all processes; float, double or int64, contiguous.
    virtual void allReduceSum(at::Tensor& tensor) = 0;
    /// Rows [N, ...] of every process in the order of their ranks, [size * N, ...].
    [[nodiscard]] virtual at::Tensor allGather(const at::Tensor& rows) = 0;
    /// `tensor` becomes that of process 0.
    virtual void broadcast(at::Tensor& tensor) = 0;
};

/// One process alone: every call is the identity.
class SingleProcess final : public Collective {
public:
    [[nodiscard]] int rank() const override { return 0; }
    [[nodiscard]] int size() const override { return 1; }
    void allReduceSum(at::Tensor&) override {}
    [[nodiscard]] at::Tensor allGather(const at::Tensor& rows) override { return rows; }
    void broadcast(at::Tensor&) override {}
};

/// The sum over processes of a value that carries no gradient.
[[nodiscard]] at::Tensor sumOverProcesses(const at::Tensor& value, Collective& processes);

/// `rows` of all processes, through which gradients flow: the gradient that a process gets for its
/// rows is the sum over the losses of all processes (the gather of VICReg's official code), so that
/// the mean over processes, which the optimiser takes, is that of one process with the whole batch.
[[nodiscard]] at::Tensor gatherRows(const at::Tensor& rows, Collective& processes);

}  // namespace mcj
