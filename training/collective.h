#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

namespace mcj {

/// The position of a process among those of the same job on the same machine.
struct ProcessPlace {
    int localRank = 0;
    int localSize = 1;
    int cores = 0;  ///< its share of the cores that it may run on; 0: not known, use all
};

/// The processes that train together, each with its share of the global batch. Losses use
/// statistics of the global batch, so that several processes train exactly as one process with that
/// batch would. Every process must make the same calls in the same order, one at a time; the thread
/// may change between calls (the backward pass of a GPU has its own). Failures of a peer end the
/// job with a message (`Error{Device}`).
class Collective {
public:
    virtual ~Collective() = default;
    [[nodiscard]] virtual int rank() const = 0;
    [[nodiscard]] virtual int size() const = 0;
    /// `tensor` becomes the sum over all processes; float, double or int64, contiguous. The order
    /// of the sum never depends on timing, and all processes get the same bits.
    virtual void allReduceSum(at::Tensor& tensor) = 0;
    /// Rows [N, ...] of every process in the order of their ranks, [size * N, ...]; N is the same
    /// everywhere, the type any.
    [[nodiscard]] virtual at::Tensor allGather(const at::Tensor& rows) = 0;
    /// `tensor` becomes that of process 0; contiguous, of any type.
    virtual void broadcast(at::Tensor& tensor) = 0;

    [[nodiscard]] virtual ProcessPlace place() const { return {}; }
    /// The transport library, for the run's record: "none", "MPI (Open MPI v4.1.4)".
    [[nodiscard]] virtual std::string transport() const { return "none"; }
    /// True for the first caller on its machine, which reports why the job ends.
    [[nodiscard]] virtual bool isFirstToFail() { return true; }
    /// Ends every process of the job at once with `exitCode`. Returns only for a single process.
    virtual void endJob(int exitCode) { static_cast<void>(exitCode); }
};

/// A single process: every call is the identity.
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

/// `rows` of all processes, with gradients: the gradient of a process's rows is the sum over the
/// losses of all processes (the gather of VICReg's official code), so that the mean over processes,
/// which the optimiser uses, equals that of one process with the whole batch.
[[nodiscard]] at::Tensor gatherRows(const at::Tensor& rows, Collective& processes);

/// What a process is to do after a step.
enum class NextStep { GoOn, Stop };

/// `Stop` for all if any process wants to stop: a signal reaches processes at different times, and
/// a process that continued alone would wait for the others forever. Costs one small message; no
/// process waits for its GPU.
[[nodiscard]] NextStep agreeOnNextStep(NextStep mine, Collective& processes);

}  // namespace mcj
