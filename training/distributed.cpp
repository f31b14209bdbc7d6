#include "training/distributed.h"

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

#include <ATen/ATen.h>

#include "inference/ops/device.h"
#include "media/base/error.h"
#include "training/distributed_mpi.h"
#include "training/distributed_nccl.h"

namespace mcj {
namespace {

int numberIn(const Environment& environment, const char* name) {
    const char* text = environment(name);
    return text == nullptr ? 0 : std::atoi(text);
}

/// Refuses independent processes that would all write the same run, which is what `srun` starts
/// without an MPI plugin.
void requireWhole(const Launch& launch, const Collective& processes) {
    if (launch.size == 1 || launch.size == processes.size()) return;
    throw Error(
        ErrorCode::Device,
        launch.name + " started " + std::to_string(launch.size) + " processes, but MPI sees " +
            std::to_string(processes.size()),
        launch.name == "srun"
            ? "Start with srun --mpi=pmix (srun --mpi=list shows the plugins of this cluster)."
            : "Start with the mpirun of the MPI that libmcj_mpi.so was built with.");
}

void requireSameKind(c10::Device device, Collective& processes) {
    at::Tensor withGpu = at::zeros({1}, at::kLong);
    *withGpu.mutable_data_ptr<std::int64_t>() = device.is_cuda() ? 1 : 0;
    processes.allReduceSum(withGpu);
    const auto count = *withGpu.const_data_ptr<std::int64_t>();
    if (count == 0 || count == processes.size()) return;
    throw Error(ErrorCode::Device,
                "only " + std::to_string(count) + " of " + std::to_string(processes.size()) +
                    " processes have a GPU",
                "Start on machines of the same kind, or use --device cpu.");
}

[[noreturn]] void failTogether(Collective& processes, const Error& error) {
    const int code = static_cast<int>(error.code());
    if (processes.isFirstToFail()) {
        std::string text = "error: process " + std::to_string(processes.rank()) + " of " +
                           std::to_string(processes.size()) + ": " + error.what() + "\n";
        if (!error.hint().empty()) text += error.hint() + "\n";
        std::cerr << text << std::flush;
        std::cout << std::flush;
    } else {
        // Another process of this machine has reported why and is ending the whole job.
        constexpr std::chrono::seconds kPatience(10);
        std::this_thread::sleep_for(kPatience);
    }
    processes.endJob(code);
    std::_Exit(code);
}

}  // namespace

DistributedKind parseDistributedKind(const std::string& word) {
    if (word == "auto") return DistributedKind::Auto;
    if (word == "none") return DistributedKind::None;
    if (word == "mpi") return DistributedKind::Mpi;
    if (word == "nccl") return DistributedKind::Nccl;
    throw Error(ErrorCode::Usage, "--distributed " + word + ": is not a way to exchange data",
                "Use auto, none, mpi or nccl.");
}

Launch launchFrom(const Environment& environment) {
    // Open MPI's mpirun; MPICH's and Intel's; MVAPICH's. Checked first, because inside a Slurm job
    // mpirun starts one daemon per machine by srun, whose variables these processes inherit.
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE"}) {
        if (const int size = numberIn(environment, name); size > 0) return {size, "mpirun"};
    }
    // A batch script has SLURM_NTASKS too, although it is one process: only a step's tasks count.
    if (environment("SLURM_PROCID") != nullptr) {
        if (const int size = numberIn(environment, "SLURM_STEP_NUM_TASKS"); size > 0) {
            return {size, "srun"};
        }
    }
    return {};
}

std::shared_ptr<Collective> openCollective(const DistributedOptions& options) {
    const Launch launch = launchFrom([](const char* name) { return std::getenv(name); });
    if (options.kind == DistributedKind::None ||
        (options.kind == DistributedKind::Auto && launch.size == 1)) {
        return std::make_shared<SingleProcess>();
    }
    auto mpi = std::make_shared<MpiCollective>();
    requireWhole(launch, *mpi);
    if (options.kind == DistributedKind::Mpi) return mpi;
    std::shared_ptr<Collective> opened = mpi;
    runTogether(*mpi, [&] {
        const c10::Device device = chooseDevice(deviceOfProcess(options.device, mpi->place()));
        requireSameKind(device, *mpi);
        if (options.kind == DistributedKind::Nccl && !device.is_cuda()) {
            throw Error(
                ErrorCode::Usage,
                "--distributed nccl needs GPUs, but --device " + options.device + " selects none",
                "Use --device cuda, or --distributed mpi.");
        }
        if (device.is_cuda() && (options.kind == DistributedKind::Nccl || ncclIsHere())) {
            opened = std::make_shared<NcclCollective>(mpi, device);
        }
        return 0;
    });
    return opened;
}

std::string deviceOfProcess(const std::string& asked, const ProcessPlace& place) {
    // Do not query CUDA where the answer does not matter: it costs half a second.
    return deviceOfProcess(asked, place, asked == "cpu" ? 0 : findGpus().count);
}

std::string deviceOfProcess(const std::string& asked, const ProcessPlace& place, int gpus) {
    if (asked == "cpu" || place.localSize == 1) return asked;
    if (asked.starts_with("cuda:")) {
        throw Error(ErrorCode::Usage,
                    "--device " + asked + " is one GPU for " + std::to_string(place.localSize) +
                        " processes on this machine",
                    "Use --device cuda, with which every process uses a separate GPU.");
    }
    if (gpus == 0 || (asked != "auto" && asked != "cuda")) return asked;
    if (gpus == 1) return "cuda:0";
    if (gpus < place.localSize) {
        throw Error(ErrorCode::Device,
                    std::to_string(place.localSize) + " processes on this machine share " +
                        std::to_string(gpus) + " GPUs",
                    "Start one process per GPU, or use --device cpu.");
    }
    return "cuda:" + std::to_string(place.localRank);
}

int threadsOfProcess(int asked, const ProcessPlace& place) {
    return asked > 0 ? asked : place.cores;
}

std::string describeProcess(const Collective& processes) {
    if (processes.size() == 1) return "one process";
    const ProcessPlace place = processes.place();
    return "process " + std::to_string(processes.rank()) + " of " +
           std::to_string(processes.size()) + " (" + std::to_string(place.localRank) + " of " +
           std::to_string(place.localSize) + " on its machine), " + processes.transport();
}

int runTogether(Collective& processes, const std::function<int()>& job) {
    if (processes.size() == 1) return job();
    try {
        return job();
    } catch (const Error& error) {
        failTogether(processes, error);
    } catch (const std::exception& error) {
        failTogether(processes, Error(ErrorCode::Internal, error.what()));
    }
}

}  // namespace mcj
