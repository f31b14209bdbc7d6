#pragma once

#include <memory>
#include <string>

#include <c10/core/Device.h>

#include "training/collective.h"
#include "training/collectives/nccl_table.h"

namespace mcj {

/// Whether libmcj_nccl was built with this program.
[[nodiscard]] bool ncclIsHere();

/// Sends tensors on this process's GPU over NCCL, on LibTorch's current stream and without waiting
/// for it; tensors on the CPU, and the setup, go through `host`. One GPU per process.
class NcclCollective final : public Collective {
public:
    /// Opens libmcj_nccl; every process must call this. `device` is a GPU that no other process of
    /// the job uses. Throws `Error{Device}` where the library is missing or NCCL fails to start.
    NcclCollective(std::shared_ptr<Collective> host, c10::Device device);
    ~NcclCollective() override;
    NcclCollective(const NcclCollective&) = delete;
    NcclCollective& operator=(const NcclCollective&) = delete;

    [[nodiscard]] int rank() const override { return host_->rank(); }
    [[nodiscard]] int size() const override { return host_->size(); }
    void allReduceSum(at::Tensor& tensor) override;
    [[nodiscard]] at::Tensor allGather(const at::Tensor& rows) override;
    void broadcast(at::Tensor& tensor) override;
    [[nodiscard]] ProcessPlace place() const override { return host_->place(); }
    [[nodiscard]] std::string transport() const override;
    [[nodiscard]] bool isFirstToFail() override { return host_->isFirstToFail(); }
    void endJob(int exitCode) override { host_->endJob(exitCode); }

private:
    /// LibTorch's current stream on this GPU, a cudaStream_t.
    [[nodiscard]] void* stream() const;
    void requireHere(const at::Tensor& tensor) const;
    void check(int code, const char* operation) const;

    std::shared_ptr<Collective> host_;
    c10::Device device_;
    const McjNcclTable& table_;
    void* communicator_ = nullptr;
    int exceptionsAtStart_ = 0;
};

}  // namespace mcj
