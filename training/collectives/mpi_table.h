#pragma once

#include <cstdint>

/// The interface of libmcj_mpi: the parts of MPI that training needs, with raw host pointers and
/// without LibTorch's or MPI's headers. `mcjepa-train` depends only on LibTorch; this library,
/// which depends on MPI, is opened if several processes were started together
/// (training/distributed.h).
///
/// Every function that returns an int returns 0, or MPI's error code, which `errorText` describes.
/// Make one call at a time, from any thread; every process must make the same calls in the same
/// order.
namespace mcj::transport {

/// The element type of a sum.
enum class Element : int { Float32, Float64, Int64 };

/// The job as seen by this process.
struct MpiWorld {
    int rank = 0;
    int size = 1;
    int localRank = 0;  ///< among the processes on this machine
    int localSize = 1;
    int cores = 0;          ///< this process's share of the cores it may run on; 0: not known
    char library[64] = {};  ///< "Open MPI v4.1.4"
};

/// Increment with every change of the layout below.
constexpr int kMpiTableVersion = 1;

struct MpiTable {
    int version = kMpiTableVersion;
    /// Starts MPI. On failure most MPI libraries print the reason and end the process.
    int (*open)(MpiWorld* world);
    /// `data` becomes the sum over all processes, added in the order of the ranks, whatever their
    /// number and the timing; floats are added as doubles. All processes get the same bits.
    int (*sum)(void* data, std::int64_t count, Element element);
    /// `all` becomes the `bytes` at `rows` of every process, in the order of the ranks.
    int (*gather)(const void* rows, std::int64_t bytes, void* all);
    /// `data` becomes that of process 0.
    int (*broadcast)(void* data, std::int64_t bytes);
    /// The text lives until the next call.
    const char* (*errorText)(int code);
    /// Waits until all processes have called this, then ends MPI.
    void (*close)();
    /// 1 for the first process on its machine that calls this; 0 for all later ones. Does not wait.
    int (*isFirstToFail)();
    /// Ends all processes of the job with `exitCode`; does not return.
    void (*abort)(int exitCode);
};

}  // namespace mcj::transport

using McjMpiTable = mcj::transport::MpiTable;

/// The only symbol that libmcj_mpi exports. The table lives as long as the library.
extern "C" const McjMpiTable* mcjMpiTable();
