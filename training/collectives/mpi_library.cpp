// libmcj_mpi: built if MPI is found, and the only code that includes its header.
#include <mpi.h>

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "training/collectives/mpi_table.h"

namespace mcj::transport {
namespace {

// MPI counts in int, and some libraries multiply counts by the number of processes in int too: what
// one call moves in all stays far below 2^31.
constexpr std::int64_t kMostBytesInAll = std::int64_t{1} << 26;
// A sum processes its data in pieces of this many bytes, which limits its buffers.
constexpr std::int64_t kSumPieceBytes = std::int64_t{1} << 24;
// Up to this size every process sums everything itself, which saves one message.
constexpr std::int64_t kSmallSumBytes = 4096;

/// The library's state between calls; static, because it has a C interface.
struct Job {
    MPI_Comm all = MPI_COMM_NULL;
    MPI_Comm local = MPI_COMM_NULL;  ///< the processes of this machine
    MPI_Win shared = MPI_WIN_NULL;   ///< their common memory: `failed`
    int* failed = nullptr;           ///< how many have failed; null: no common memory
    int size = 1;
    bool started = false;  ///< MPI_Init was called here, so MPI_Finalize is
    std::vector<char> send;
    std::vector<char> received;
    std::vector<char> mine;
    char error[MPI_MAX_ERROR_STRING] = {};
};

Job& job() {
    static Job theJob;
    return theJob;
}

/// A core that n processes of this machine may run on counts 1/n for each. This is correct if the
/// launcher gave every process separate cores, and if all may run everywhere.
int shareOfCores(MPI_Comm local, int localRank, int localSize) {
    cpu_set_t own;
    if (::sched_getaffinity(0, sizeof own, &own) != 0) CPU_ZERO(&own);
    std::vector<cpu_set_t> sets(localSize);
    constexpr int kBytes = static_cast<int>(sizeof(cpu_set_t));
    const int code = MPI_Allgather(&own, kBytes, MPI_BYTE, sets.data(), kBytes, MPI_BYTE, local);
    if (code != MPI_SUCCESS) return 0;
    double share = 0.0;
    for (int core = 0; core < CPU_SETSIZE; ++core) {
        if (!CPU_ISSET(core, &sets[localRank])) continue;
        const auto users = std::count_if(sets.begin(), sets.end(), [core](const cpu_set_t& set) {
            return CPU_ISSET(core, &set) != 0;
        });
        share += 1.0 / static_cast<double>(users);
    }
    constexpr double kRounding = 1e-9;
    return share > 0 ? std::max(1, static_cast<int>(share + kRounding)) : 0;
}

void nameLibrary(MpiWorld* world) {
    char version[MPI_MAX_LIBRARY_VERSION_STRING] = {};
    int length = 0;
    MPI_Get_library_version(version, &length);
    const std::size_t name = std::min(std::strcspn(version, ",\n"), sizeof world->library - 1);
    std::memcpy(world->library, version, name);
}

/// Shared memory in which a failing process sees whether another has failed before it, without a
/// message that the other would have to answer. Without it every failure is reported.
void shareFailures(int localRank) {
    Job& j = job();
    int* own = nullptr;
    const MPI_Aint bytes = localRank == 0 ? sizeof(int) : 0;
    if (MPI_Win_allocate_shared(bytes, sizeof(int), MPI_INFO_NULL, j.local, &own, &j.shared) !=
        MPI_SUCCESS) {
        j.shared = MPI_WIN_NULL;
        return;
    }
    MPI_Aint size = 0;
    int unit = 0;
    MPI_Win_shared_query(j.shared, 0, &size, &unit, &j.failed);
    if (localRank == 0) *j.failed = 0;
    MPI_Barrier(j.local);
}

int open(MpiWorld* world) {
    Job& j = job();
    int already = 0;
    MPI_Initialized(&already);
    if (already == 0) {
        // The backward pass of a GPU runs on another thread, while this one waits for it.
        int given = MPI_THREAD_SINGLE;
        const int code = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &given);
        if (code != MPI_SUCCESS) return code;
        j.started = true;
        if (given < MPI_THREAD_SERIALIZED) return MPI_ERR_UNSUPPORTED_OPERATION;
    }
    if (const int code = MPI_Comm_dup(MPI_COMM_WORLD, &j.all); code != MPI_SUCCESS) return code;
    MPI_Comm_set_errhandler(j.all, MPI_ERRORS_RETURN);
    MPI_Comm_rank(j.all, &world->rank);
    MPI_Comm_size(j.all, &world->size);
    j.size = world->size;
    const int code =
        MPI_Comm_split_type(j.all, MPI_COMM_TYPE_SHARED, world->rank, MPI_INFO_NULL, &j.local);
    if (code != MPI_SUCCESS) return code;
    MPI_Comm_rank(j.local, &world->localRank);
    MPI_Comm_size(j.local, &world->localSize);
    world->cores = shareOfCores(j.local, world->localRank, world->localSize);
    shareFailures(world->localRank);
    nameLibrary(world);
    return MPI_SUCCESS;
}

/// out[i] = the sum over processes p of parts[p * count + i], in the order of p.
template <typename Number, typename Sum>
void addInOrder(const char* parts, std::int64_t count, Number* out) {
    const auto* numbers = reinterpret_cast<const Number*>(parts);
    for (std::int64_t i = 0; i < count; ++i) {
        Sum sum = 0;
        for (int process = 0; process < job().size; ++process) sum += numbers[process * count + i];
        out[i] = static_cast<Number>(sum);
    }
}

/// The sum of one piece. MPI_Allreduce leaves its order to the library, which may choose by message
/// size and by the machine; here every process adds up its share of the elements in the order of
/// the ranks and hands the result to all: a ring's traffic, one order, the same bits for all.
template <typename Number, typename Sum>
int sumPiece(Number* data, std::int64_t count) {
    Job& j = job();
    const std::int64_t bytes = count * static_cast<std::int64_t>(sizeof(Number));
    if (bytes <= kSmallSumBytes) {
        j.received.resize(bytes * j.size);
        const int code = MPI_Allgather(data, static_cast<int>(bytes), MPI_BYTE, j.received.data(),
                                       static_cast<int>(bytes), MPI_BYTE, j.all);
        if (code == MPI_SUCCESS) addInOrder<Number, Sum>(j.received.data(), count, data);
        return code;
    }
    const std::int64_t share = (count + j.size - 1) / j.size;
    const int shareBytes = static_cast<int>(share * sizeof(Number));
    const std::size_t padded = static_cast<std::size_t>(shareBytes) * j.size;
    j.send.assign(padded, 0);
    j.received.resize(padded);
    j.mine.resize(shareBytes);
    std::memcpy(j.send.data(), data, bytes);
    int code = MPI_Alltoall(j.send.data(), shareBytes, MPI_BYTE, j.received.data(), shareBytes,
                            MPI_BYTE, j.all);
    if (code != MPI_SUCCESS) return code;
    addInOrder<Number, Sum>(j.received.data(), share, reinterpret_cast<Number*>(j.mine.data()));
    code = MPI_Allgather(j.mine.data(), shareBytes, MPI_BYTE, j.send.data(), shareBytes, MPI_BYTE,
                         j.all);
    if (code == MPI_SUCCESS) std::memcpy(data, j.send.data(), bytes);
    return code;
}

template <typename Number, typename Sum>
int sumAll(void* data, std::int64_t count) {
    constexpr std::int64_t kPiece = kSumPieceBytes / static_cast<std::int64_t>(sizeof(Number));
    auto* numbers = static_cast<Number*>(data);
    for (std::int64_t done = 0; done < count; done += kPiece) {
        const int code = sumPiece<Number, Sum>(numbers + done, std::min(kPiece, count - done));
        if (code != MPI_SUCCESS) return code;
    }
    return MPI_SUCCESS;
}

int sum(void* data, std::int64_t count, Element element) {
    switch (element) {
    case Element::Float32: return sumAll<float, double>(data, count);
    case Element::Float64: return sumAll<double, double>(data, count);
    case Element::Int64: return sumAll<std::int64_t, std::int64_t>(data, count);
    }
    return MPI_ERR_TYPE;
}

int gather(const void* rows, std::int64_t bytes, void* all) {
    Job& j = job();
    const auto* from = static_cast<const char*>(rows);
    auto* to = static_cast<char*>(all);
    const std::int64_t piece = std::max<std::int64_t>(1, kMostBytesInAll / j.size);
    if (bytes <= piece) {
        return MPI_Allgather(from, static_cast<int>(bytes), MPI_BYTE, to, static_cast<int>(bytes),
                             MPI_BYTE, j.all);
    }
    for (std::int64_t done = 0; done < bytes; done += piece) {
        const std::int64_t now = std::min(piece, bytes - done);
        j.received.resize(now * j.size);
        const int code = MPI_Allgather(from + done, static_cast<int>(now), MPI_BYTE,
                                       j.received.data(), static_cast<int>(now), MPI_BYTE, j.all);
        if (code != MPI_SUCCESS) return code;
        for (int process = 0; process < j.size; ++process) {
            std::memcpy(to + process * bytes + done, j.received.data() + process * now, now);
        }
    }
    return MPI_SUCCESS;
}

int broadcast(void* data, std::int64_t bytes) {
    auto* at = static_cast<char*>(data);
    for (std::int64_t done = 0; done < bytes; done += kMostBytesInAll) {
        const int now = static_cast<int>(std::min(kMostBytesInAll, bytes - done));
        const int code = MPI_Bcast(at + done, now, MPI_BYTE, 0, job().all);
        if (code != MPI_SUCCESS) return code;
    }
    return MPI_SUCCESS;
}

const char* errorText(int code) {
    int length = 0;
    if (MPI_Error_string(code, job().error, &length) != MPI_SUCCESS) return "an unknown error";
    return job().error;
}

void close() {
    Job& j = job();
    if (j.shared != MPI_WIN_NULL) MPI_Win_free(&j.shared);
    j.failed = nullptr;
    if (j.local != MPI_COMM_NULL) MPI_Comm_free(&j.local);
    if (j.all != MPI_COMM_NULL) MPI_Comm_free(&j.all);
    if (j.started) MPI_Finalize();
    j.started = false;
}

int isFirstToFail() {
    int* failed = job().failed;
    return failed == nullptr || __atomic_fetch_add(failed, 1, __ATOMIC_SEQ_CST) == 0 ? 1 : 0;
}

void abortAll(int exitCode) {
    MPI_Abort(MPI_COMM_WORLD, exitCode);
    std::_Exit(exitCode);
}

}  // namespace
}  // namespace mcj::transport

// Everything else is hidden.
extern "C" __attribute__((visibility("default"))) const McjMpiTable* mcjMpiTable() {
    using namespace mcj::transport;
    static const McjMpiTable table = {kMpiTableVersion, open,  sum,           gather,  broadcast,
                                      errorText,        close, isFirstToFail, abortAll};
    return &table;
}
