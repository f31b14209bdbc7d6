#pragma once

#include <string>

#include "training/collective.h"
#include "training/collectives/mpi_table.h"

namespace mcj {

/// Processes that `mpirun` or `srun` started together, over MPI. Tensors on a GPU are copied
/// through the host's memory, and the call waits for the GPU. One object per process: it starts
/// MPI, and its destructor ends MPI together with all other processes. After an exception MPI is
/// left running, so that the launcher treats the process's end as a failure.
class MpiCollective final : public Collective {
public:
    /// Opens libmcj_mpi. Throws `Error{Device}` where it is missing or MPI fails to start.
    MpiCollective();
    ~MpiCollective() override;
    MpiCollective(const MpiCollective&) = delete;
    MpiCollective& operator=(const MpiCollective&) = delete;

    [[nodiscard]] int rank() const override { return world_.rank; }
    [[nodiscard]] int size() const override { return world_.size; }
    void allReduceSum(at::Tensor& tensor) override;
    [[nodiscard]] at::Tensor allGather(const at::Tensor& rows) override;
    void broadcast(at::Tensor& tensor) override;
    [[nodiscard]] ProcessPlace place() const override;
    [[nodiscard]] std::string transport() const override;
    [[nodiscard]] bool isFirstToFail() override;
    void endJob(int exitCode) override;

private:
    void check(int code, const char* operation) const;

    const McjMpiTable& table_;
    transport::MpiWorld world_;
    int exceptionsAtStart_ = 0;
};

/// The type of `tensor`'s elements for a sum. Throws `Error{Internal}` for unsupported types and
/// for a tensor that is not contiguous.
[[nodiscard]] transport::Element summable(const at::Tensor& tensor);

}  // namespace mcj
