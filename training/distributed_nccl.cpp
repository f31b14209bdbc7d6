#include "training/distributed_nccl.h"

#include <cstring>
#include <exception>

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "media/base/error.h"
#include "training/distributed_mpi.h"
#include "training/distributed_plugin.h"

// Built without CUDA's headers and libraries, as inference/ops/cuda_ops.cpp: devices and streams
// are used through LibTorch's device-neutral interface.
namespace mcj {
namespace {

const Plugin& ncclPlugin() {
    static const Plugin plugin = {
        "libmcj_nccl.so", "MCJ_NCCL_LIBRARY", "mcjNcclTable",
        "Build on this machine with CUDA and NCCL installed by ./start build, or let GPUs exchange "
        "data through MPI with --distributed mpi."};
    return plugin;
}

std::string versionText(int code) {
    return std::to_string(code / 10000) + "." + std::to_string(code / 100 % 100) + "." +
           std::to_string(code % 100);
}

}  // namespace

bool ncclIsHere() { return !findPlugin(ncclPlugin()).empty(); }

NcclCollective::NcclCollective(std::shared_ptr<Collective> host, c10::Device device)
    : host_(std::move(host)), device_(device),
      table_(openPluginTable<McjNcclTable>(ncclPlugin(), transport::kNcclTableVersion)),
      exceptionsAtStart_(std::uncaught_exceptions()) {
    transport::NcclId id;
    at::Tensor bytes = at::zeros({static_cast<std::int64_t>(sizeof id.bytes)}, at::kChar);
    if (rank() == 0) {
        check(table_.makeId(&id), "starting NCCL");
        std::memcpy(bytes.data_ptr(), id.bytes, sizeof id.bytes);
    }
    host_->broadcast(bytes);
    std::memcpy(id.bytes, bytes.const_data_ptr(), sizeof id.bytes);
    const c10::DeviceGuard guard(device_);
    check(table_.open(&id, rank(), size(), &communicator_), "starting NCCL");
}

NcclCollective::~NcclCollective() {
    // Closing waits for the stream's work, which never ends if a peer is gone.
    if (std::uncaught_exceptions() != exceptionsAtStart_) return;
    const c10::DeviceGuard guard(device_);
    table_.close(communicator_);
}

void* NcclCollective::stream() const {
    return c10::impl::VirtualGuardImpl(device_.type()).getStream(device_).native_handle();
}

void NcclCollective::requireHere(const at::Tensor& tensor) const {
    if (tensor.device() == device_) return;
    throw Error(ErrorCode::Internal, "a tensor on " + tensor.device().str() +
                                         " cannot be sent from this process's " + device_.str());
}

void NcclCollective::check(int code, const char* operation) const {
    // Work queued earlier may have failed since.
    if (code == 0 && communicator_ != nullptr) code = table_.failure(communicator_);
    if (code == 0) return;
    throw Error(ErrorCode::Device,
                std::string(operation) + " failed in process " + std::to_string(rank()) + " of " +
                    std::to_string(size()) + ": " + table_.errorText(code, communicator_),
                "Start one process per GPU; set NCCL_DEBUG=WARN to get more messages from NCCL.");
}

void NcclCollective::allReduceSum(at::Tensor& tensor) {
    if (tensor.is_cpu()) return host_->allReduceSum(tensor);
    requireHere(tensor);
    const c10::DeviceGuard guard(device_);
    check(table_.sum(communicator_, tensor.data_ptr(), tensor.numel(), summable(tensor), stream()),
          "a sum over GPUs");
}

at::Tensor NcclCollective::allGather(const at::Tensor& rows) {
    if (rows.is_cpu()) return host_->allGather(rows);
    requireHere(rows);
    const c10::DeviceGuard guard(device_);
    const at::Tensor own = rows.detach().contiguous();
    auto shape = own.sizes().vec();
    shape.at(0) *= size();
    at::Tensor all = at::empty(shape, own.options());
    check(table_.gather(communicator_, own.const_data_ptr(),
                        static_cast<std::int64_t>(own.nbytes()), all.data_ptr(), stream()),
          "a gather over GPUs");
    return all;
}

void NcclCollective::broadcast(at::Tensor& tensor) {
    if (tensor.is_cpu()) return host_->broadcast(tensor);
    requireHere(tensor);
    if (!tensor.is_contiguous()) {
        throw Error(ErrorCode::Internal, "only contiguous tensors can be sent between processes");
    }
    const c10::DeviceGuard guard(device_);
    check(table_.broadcast(communicator_, tensor.data_ptr(),
                           static_cast<std::int64_t>(tensor.nbytes()), stream()),
          "a broadcast to GPUs");
}

std::string NcclCollective::transport() const {
    int version = 0;
    check(table_.libraryVersion(&version), "asking for NCCL's version");
    return "NCCL " + versionText(version) + ", started by " + host_->transport();
}

}  // namespace mcj
