#pragma once

#include <cstdint>

#include "training/collectives/mpi_table.h"

/// The interface of libmcj_nccl: NCCL with raw device pointers, without LibTorch's or NCCL's
/// headers. Opened if training runs on GPUs; processes find each other through MPI.
///
/// Every function that returns an int returns 0, or NCCL's error code, which `errorText` describes.
/// Work is queued on `stream`, a cudaStream_t of the communicator's device, which must be current;
/// the calls return at once.
namespace mcj::transport {

/// What process 0 makes and the others need to find it (an ncclUniqueId).
struct NcclId {
    char bytes[128] = {};
};

/// Increment with every change of the layout below.
constexpr int kNcclTableVersion = 1;

struct NcclTable {
    int version = kNcclTableVersion;
    /// NCCL's version as its decimal code: 22809 is 2.28.9.
    int (*libraryVersion)(int* version);
    int (*makeId)(NcclId* id);
    /// All processes must call this. The communicator belongs to the current device.
    int (*open)(const NcclId* id, int rank, int size, void** communicator);
    /// `data` becomes the sum over all processes.
    int (*sum)(void* communicator, void* data, std::int64_t count, Element element, void* stream);
    /// `all` becomes the `bytes` at `rows` of every process, in the order of the ranks.
    int (*gather)(void* communicator, const void* rows, std::int64_t bytes, void* all,
                  void* stream);
    /// `data` becomes that of process 0.
    int (*broadcast)(void* communicator, void* data, std::int64_t bytes, void* stream);
    /// 0 as long as no queued work has failed; does not wait.
    int (*failure)(void* communicator);
    /// NCCL's last error text; the communicator may be null.
    const char* (*errorText)(int code, void* communicator);
    void (*close)(void* communicator);
};

}  // namespace mcj::transport

using McjNcclTable = mcj::transport::NcclTable;

/// The only symbol that libmcj_nccl exports. The table lives as long as the library.
extern "C" const McjNcclTable* mcjNcclTable();
