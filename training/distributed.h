#pragma once

#include <functional>
#include <memory>
#include <string>

#include "training/collective.h"

namespace mcj {

/// How the processes of a job exchange data.
enum class DistributedKind {
    Auto,  ///< one process, or those that a launcher started: NCCL on GPUs where built, else MPI
    None,  ///< one process, whatever started it
    Mpi,   ///< MPI, also for GPUs (through the host's memory)
    Nccl,  ///< NCCL, or an error
};

/// "auto", "none", "mpi" or "nccl", the values of --distributed. Throws `Error{Usage}`.
[[nodiscard]] DistributedKind parseDistributedKind(const std::string& word);

struct DistributedOptions {
    DistributedKind kind = DistributedKind::Auto;
    std::string device = "auto";  ///< as the user asked for it: decides between MPI and NCCL
};

/// The value of an environment variable, or null: std::getenv.
using Environment = std::function<const char*(const char*)>;

/// What a launcher says of the job: `mpirun` (Open MPI, MPICH, Intel MPI and kin) or `srun`.
struct Launch {
    int size = 1;      ///< processes in all
    std::string name;  ///< "mpirun" or "srun"; empty where nothing launched this process
};
[[nodiscard]] Launch launchFrom(const Environment& environment);

/// The processes of this job, the one door to them; call it once, first of all. Opens libmcj_mpi
/// only where the options or the launcher call for it. Throws `Error{Device}` where a library is
/// missing, where MPI sees other processes than the launcher started, and where only some processes
/// have a GPU.
[[nodiscard]] std::shared_ptr<Collective> openCollective(const DistributedOptions& options);

/// The device of this process for chooseDevice(): of several processes on one machine, each gets a
/// GPU of its own, cuda:N for local rank N, or cuda:0 where the launcher shows each only its own.
/// `asked` is --device. Throws `Error{Usage}` for one GPU asked for by name for several processes,
/// `Error{Device}` where there are fewer GPUs than processes.
[[nodiscard]] std::string deviceOfProcess(const std::string& asked, const ProcessPlace& place);
/// The same, for a machine of `gpus` that this process sees.
[[nodiscard]] std::string deviceOfProcess(const std::string& asked, const ProcessPlace& place,
                                          int gpus);

/// Threads for this process: `asked` (--threads) where it is above 0, else its share of the cores;
/// 0 is LibTorch's own choice, for a process alone.
[[nodiscard]] int threadsOfProcess(int asked, const ProcessPlace& place);

/// "process 2 of 8 (2 of 4 on its machine), NCCL 2.28.9, ...", for the log and the run's record.
[[nodiscard]] std::string describeProcess(const Collective& processes);

/// Runs a command's work, `job`, in each of the processes, and returns its exit code. Where it
/// throws in one, that process says why and ends all the others with the error's code: they would
/// wait for it for ever. Where it throws in several, only the first of each machine speaks. A
/// process alone just throws.
int runTogether(Collective& processes, const std::function<int()>& job);

}  // namespace mcj
