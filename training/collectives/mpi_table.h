#pragma once

#include <cstdint>

/// The door of libmcj_mpi: what training needs of MPI, behind raw host pointers, free of LibTorch
/// and of MPI's header. `mcjepa-train` depends on LibTorch alone; this library, which depends on
/// MPI, is opened where several processes were started together (training/distributed.h).
///
/// Every function that returns an int returns 0, or MPI's error code, which `errorText` puts into
/// words. Calls come one at a time, from any thread; every process makes the same ones in the same
/// order.
namespace mcj::transport {

/// What a sum adds up.
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

/// Raised with every change of the layout below.
constexpr int kMpiTableVersion = 1;

struct MpiTable {
    int version = kMpiTableVersion;
    /// Starts MPI. Where it cannot, most MPI libraries print why and end the process.
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
    /// Waits for all processes to come here, then ends MPI.
    void (*close)();
    /// 1 for the process that asks first of all on its machine, ever; 0 for those after it. Waits
    /// for nobody.
    int (*isFirstToFail)();
    /// Ends all processes of the job with `exitCode`; does not return.
    void (*abort)(int exitCode);
};

}  // namespace mcj::transport

using McjMpiTable = mcj::transport::MpiTable;

/// The one symbol that libmcj_mpi exports. The table lives as long as the library.
extern "C" const McjMpiTable* mcjMpiTable();
