#pragma once

#include <functional>
#include <memory>
#include <string>

#include "training/collective.h"

namespace mcj {

/// How the processes of a job exchange data.
enum class DistributedKind {
    Auto,  ///< one process, or those that a launcher started: NCCL on GPUs if built, else MPI
    None,  ///< one process, whatever started it
    Mpi,   ///< MPI, also for GPUs (through the host's memory)
    Nccl,  ///< NCCL, or an error
};

/// "auto", "none", "mpi" or "nccl", the values of --distributed. Throws `Error{Usage}`.
[[nodiscard]] DistributedKind parseDistributedKind(const std::string& word);

struct DistributedOptions {
    DistributedKind kind = DistributedKind::Auto;
    std::string device = "auto";  ///< as given by the user: decides between MPI and NCCL
};

/// The value of an environment variable, or null: std::getenv.
using Environment = std::function<const char*(const char*)>;

/// The launcher's view of the job: `mpirun` (Open MPI, MPICH, Intel MPI and similar) or `srun`.
struct Launch {
    int size = 1;      ///< processes in all
    std::string name;  ///< "mpirun" or "srun"; empty without a launcher
};
[[nodiscard]] Launch launchFrom(const Environment& environment);

/// The processes of this job; call it once, before anything else. Opens libmcj_mpi only if the
/// options or the launcher require it. Throws `Error{Device}` where a library is missing, where MPI
/// sees other processes than the launcher started, and where only some processes have a GPU.
[[nodiscard]] std::shared_ptr<Collective> openCollective(const DistributedOptions& options);

/// The device of this process for chooseDevice(): several processes on one machine get separate
/// GPUs, cuda:N for local rank N, or cuda:0 if the launcher shows each process only its own.
/// `asked` is the value of --device. Throws `Error{Usage}` where one GPU is named for several
/// processes, `Error{Device}` where there are fewer GPUs than processes.
[[nodiscard]] std::string deviceOfProcess(const std::string& asked, const ProcessPlace& place);
/// The same, with the number of `gpus` that this process sees.
[[nodiscard]] std::string deviceOfProcess(const std::string& asked, const ProcessPlace& place,
                                          int gpus);

/// Threads for this process: `asked` (--threads) if above 0, else its share of the cores; 0
/// (LibTorch's default) for a single process.
[[nodiscard]] int threadsOfProcess(int asked, const ProcessPlace& place);

/// "process 2 of 8 (2 of 4 on its machine), NCCL 2.28.9, ...", for the log and the run's record.
[[nodiscard]] std::string describeProcess(const Collective& processes);

/// Runs a command's work, `job`, in each of the processes, and returns its exit code. If it throws
/// in one, that process reports the error and ends all others with the error's code, because they
/// would wait for it forever. If it throws in several, only the first of each machine reports. A
/// single process just throws.
int runTogether(Collective& processes, const std::function<int()>& job);

}  // namespace mcj
