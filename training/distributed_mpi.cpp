#include "training/distributed_mpi.h"

#include <exception>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "media/base/error.h"
#include "training/distributed_plugin.h"

namespace mcj {
namespace {

const Plugin& mpiPlugin() {
    static const Plugin plugin = {
        "libmcj_mpi.so", "MCJ_MPI_LIBRARY", "mcjMpiTable",
        "Build on this machine with MPI installed (libopenmpi-dev, or the cluster's module) by "
        "./start build, or train in one process with --distributed none."};
    return plugin;
}

std::int64_t bytesOf(const at::Tensor& tensor) {
    return static_cast<std::int64_t>(tensor.nbytes());
}

void requireContiguous(const at::Tensor& tensor) {
    if (tensor.is_contiguous()) return;
    throw Error(ErrorCode::Internal, "only contiguous tensors can be sent between processes");
}

}  // namespace

transport::Element summable(const at::Tensor& tensor) {
    requireContiguous(tensor);
    switch (tensor.scalar_type()) {
    case at::kFloat: return transport::Element::Float32;
    case at::kDouble: return transport::Element::Float64;
    case at::kLong: return transport::Element::Int64;
    default:
        throw Error(ErrorCode::Internal, std::string("sums over processes support float, double "
                                                     "and int64, not ") +
                                             at::toString(tensor.scalar_type()));
    }
}

MpiCollective::MpiCollective()
    : table_(openPluginTable<McjMpiTable>(mpiPlugin(), transport::kMpiTableVersion)),
      exceptionsAtStart_(std::uncaught_exceptions()) {
    check(table_.open(&world_), "starting MPI");
}

MpiCollective::~MpiCollective() {
    // Ending MPI waits for all processes; after an exception this one would wait for processes that
    // wait for it.
    if (std::uncaught_exceptions() == exceptionsAtStart_) table_.close();
}

void MpiCollective::check(int code, const char* operation) const {
    if (code == 0) return;
    throw Error(ErrorCode::Device,
                std::string(operation) + " failed in process " + std::to_string(world_.rank) +
                    " of " + std::to_string(world_.size) + ": " + table_.errorText(code),
                "Another process has ended or cannot be reached; see its message for the reason.");
}

void MpiCollective::allReduceSum(at::Tensor& tensor) {
    const auto element = summable(tensor);
    const at::NoGradGuard noGrad;
    at::Tensor host = tensor.is_cpu() ? tensor : tensor.cpu();
    check(table_.sum(host.data_ptr(), host.numel(), element), "a sum over processes");
    if (!tensor.is_cpu()) tensor.copy_(host);
}

at::Tensor MpiCollective::allGather(const at::Tensor& rows) {
    const at::Tensor host = rows.detach().cpu().contiguous();
    auto shape = host.sizes().vec();
    shape.at(0) *= world_.size;
    const at::Tensor all = at::empty(shape, host.options());
    check(table_.gather(host.const_data_ptr(), bytesOf(host), all.data_ptr()),
          "a gather over processes");
    return all.to(rows.device());
}

void MpiCollective::broadcast(at::Tensor& tensor) {
    requireContiguous(tensor);
    const at::NoGradGuard noGrad;
    at::Tensor host = tensor.is_cpu() ? tensor : tensor.cpu();
    check(table_.broadcast(host.data_ptr(), bytesOf(host)), "a broadcast to processes");
    if (!tensor.is_cpu()) tensor.copy_(host);
}

ProcessPlace MpiCollective::place() const {
    return {world_.localRank, world_.localSize, world_.cores};
}

std::string MpiCollective::transport() const { return "MPI (" + std::string(world_.library) + ")"; }

bool MpiCollective::isFirstToFail() { return table_.isFirstToFail() != 0; }

void MpiCollective::endJob(int exitCode) { table_.abort(exitCode); }

}  // namespace mcj
