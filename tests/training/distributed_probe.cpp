// One process of several that check what they compute together against one process: run by
// run_distributed.py and test_distributed_failure.py under mpirun.
//
//   distributed_probe check            exits with 1 and says which check failed
//   distributed_probe steps [FAILING]  makes steps until SIGTERM; the ranks FAILING ("0,2") throw

#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "media/base/error.h"
#include "media/base/passive_threads.h"
#include "training/commands/commands.h"
#include "training/distributed.h"
#include "training/loss_terms.h"

namespace {

using mcj::Collective;

int failures = 0;

void expect(bool holds, const std::string& what, const Collective& processes) {
    if (holds) return;
    ++failures;
    std::cerr << "FAILED in process " << processes.rank() << ": " << what << "\n";
}

/// Numbers that every process can make for any rank.
at::Tensor numbersOf(int rank, at::IntArrayRef shape, at::ScalarType type) {
    auto generator = at::detail::createCPUGenerator(1000 + rank);
    if (type == at::kLong) return at::randint(-1000000, 1000000, shape, generator, at::kLong);
    return at::randn(shape, generator, type);
}

void checkSums(Collective& processes) {
    // Around the limits of the sum's ways: one message, a share each, several pieces.
    for (const std::int64_t count : {1, 7, 512, 1024, 1025, 100003, (1 << 22) + 5}) {
        for (const auto type : {at::kFloat, at::kDouble, at::kLong}) {
            at::Tensor sum = numbersOf(processes.rank(), {count}, type);
            processes.allReduceSum(sum);
            at::Tensor truth = at::zeros({count}, type == at::kLong ? at::kLong : at::kDouble);
            for (int rank = 0; rank < processes.size(); ++rank) {
                truth += numbersOf(rank, {count}, type).to(truth.scalar_type());
            }
            expect(at::equal(sum, truth.to(type)),
                   "the sum of " + std::to_string(count) + " " + at::toString(type), processes);
        }
    }
}

void checkGather(Collective& processes) {
    // The last one is longer than a message may be.
    const std::vector<std::vector<std::int64_t>> shapes = {{1}, {3, 5}, {2, 4500000}};
    for (const auto& shape : shapes) {
        const auto all = processes.allGather(numbersOf(processes.rank(), shape, at::kDouble));
        std::vector<at::Tensor> parts;
        for (int rank = 0; rank < processes.size(); ++rank) {
            parts.push_back(numbersOf(rank, shape, at::kDouble));
        }
        expect(at::equal(all, at::cat(parts)), "a gather of rows", processes);
    }
    const auto flags = processes.allGather(at::full({2}, processes.rank() == 0, at::kBool));
    expect(flags.size(0) == 2 * processes.size() && flags.sum().item<int>() == 2,
           "a gather of flags", processes);
}

void checkBroadcast(Collective& processes) {
    for (const std::int64_t count : {1, 1000, 9000001}) {
        at::Tensor tensor = numbersOf(processes.rank(), {count}, at::kDouble);
        processes.broadcast(tensor);
        expect(at::equal(tensor, numbersOf(0, {count}, at::kDouble)), "a broadcast", processes);
    }
}

/// The optimiser's share of a loss that counts over all processes.
at::Tensor meanGradient(const at::Tensor& parameter, Collective& processes) {
    return mcj::sumOverProcesses(parameter.grad(), processes) / processes.size();
}

/// The covariance and variance terms of VICReg: no sum over rows, so only the whole batch will do.
at::Tensor batchLoss(const at::Tensor& rows) {
    const auto centred = rows - rows.mean(0);
    const auto covariance = centred.t().mm(centred) / static_cast<double>(rows.size(0) - 1);
    const auto variance = covariance.diagonal();
    return covariance.square().sum() - variance.square().sum() +
           (1 - (variance + 1e-4).sqrt()).relu().mean();
}

/// A batch of 8 rows a process through a layer: loss and gradient of all as of one.
void checkGatheredGradients(Collective& processes) {
    constexpr std::int64_t kRows = 8;
    const auto everything = numbersOf(77, {kRows * processes.size(), 5}, at::kDouble);
    const auto start = 0.3 * numbersOf(78, {5, 4}, at::kDouble);

    const auto alone = start.clone().set_requires_grad(true);
    const auto truth = batchLoss(everything.mm(alone).tanh());
    truth.backward();

    const auto weight = start.clone().set_requires_grad(true);
    const auto own = everything.narrow(0, kRows * processes.rank(), kRows).mm(weight).tanh();
    const auto loss = batchLoss(mcj::gatherRows(own, processes));
    loss.backward();
    expect(at::allclose(loss, truth, 1e-12, 1e-12), "the loss over gathered rows", processes);
    expect(at::allclose(meanGradient(weight, processes), alone.grad(), 1e-10, 1e-12),
           "the gradient through gathered rows", processes);
}

/// Masks that count differently in every process, one of them nothing.
void checkMaskedMean(Collective& processes) {
    mcj::SingleProcess single;
    const auto values = numbersOf(5, {2 * processes.size(), 3, 4, 6}, at::kDouble);
    auto masks = numbersOf(6, {2 * processes.size(), 1, 4, 6}, at::kDouble).gt(0.3).to(at::kDouble);
    masks.narrow(0, 0, 2).zero_();

    const auto alone = at::ones({1}, at::kDouble).set_requires_grad(true);
    const auto truth = mcj::maskedMean(values * alone, masks, single);
    truth.backward();

    const auto factor = at::ones({1}, at::kDouble).set_requires_grad(true);
    const std::int64_t first = 2 * processes.rank();
    const auto own = values.narrow(0, first, 2) * factor;
    const auto loss = mcj::maskedMean(own, masks.narrow(0, first, 2), processes);
    loss.backward();
    const auto mean = mcj::sumOverProcesses(loss, processes) / processes.size();
    // The term that keeps an empty mask from dividing by zero shifts the mean by about this share.
    constexpr double kShift = 1e-9;
    expect(at::allclose(mean, truth, kShift, 0), "the mean under masks", processes);
    expect(at::allclose(meanGradient(factor, processes), alone.grad(), kShift, 0),
           "the gradient of the mean under masks", processes);
}

void checkVotes(Collective& processes) {
    using mcj::NextStep;
    const bool isLast = processes.rank() == processes.size() - 1;
    expect(mcj::agreeOnNextStep(NextStep::GoOn, processes) == NextStep::GoOn,
           "all go on where none stops", processes);
    expect(
        mcj::agreeOnNextStep(isLast ? NextStep::Stop : NextStep::GoOn, processes) == NextStep::Stop,
        "all stop where one stops", processes);
}

void checkPlace(Collective& processes) {
    const auto place = processes.place();
    expect(place.localRank == processes.rank() && place.localSize == processes.size(),
           "the place on the machine", processes);
    at::Tensor cores = at::full({1}, place.cores, at::kLong);
    processes.allReduceSum(cores);
    const auto there = static_cast<int>(std::thread::hardware_concurrency());
    expect(place.cores >= 1 && cores.item<int>() <= std::max(there, processes.size()),
           "the share of the cores", processes);
    expect(processes.transport().starts_with("MPI ("), processes.transport(), processes);
}

int check(Collective& processes) {
    checkPlace(processes);
    checkSums(processes);
    checkGather(processes);
    checkBroadcast(processes);
    checkGatheredGradients(processes);
    checkMaskedMean(processes);
    checkVotes(processes);
    at::Tensor all = at::full({1}, failures, at::kLong);
    processes.allReduceSum(all);
    if (processes.rank() == 0) {
        std::cout << mcj::describeProcess(processes) << ": " << all.item<int>() << " failures"
                  << std::endl;
    }
    return all.item<int>() == 0 ? 0 : 1;
}

bool isAmong(int rank, const std::string& ranks) {
    return ("," + ranks + ",").find("," + std::to_string(rank) + ",") != std::string::npos;
}

int makeSteps(Collective& processes, const std::string& failing) {
    constexpr int kFailingStep = 3;
    constexpr int kMostSteps = 3000;  // a minute: nobody waits for ever for a test that went wrong
    const auto& stop = mcj::stopOnSignals();
    for (int step = 1; step <= kMostSteps; ++step) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        if (step == kFailingStep && isAmong(processes.rank(), failing)) {
            throw mcj::Error(mcj::ErrorCode::Input, "a.shard: is damaged", "Pack it again.");
        }
        const auto mine = stop.load() ? mcj::NextStep::Stop : mcj::NextStep::GoOn;
        const auto next = mcj::agreeOnNextStep(mine, processes);
        if (step == 1 || next == mcj::NextStep::Stop) {
            std::cout << (step == 1 ? "started" : "stopped") << " rank " << processes.rank()
                      << " pid " << ::getpid() << " step " << step << std::endl;
        }
        if (next == mcj::NextStep::Stop) return static_cast<int>(mcj::ErrorCode::Interrupted);
    }
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    at::set_num_threads(1);
    const std::string mode = argc > 1 ? argv[1] : "check";
    try {
        mcj::DistributedOptions options;
        options.device = "cpu";
        const auto processes = mcj::openCollective(options);
        return mcj::runTogether(*processes, [&] {
            return mode == "steps" ? makeSteps(*processes, argc > 2 ? argv[2] : "")
                                   : check(*processes);
        });
    } catch (const mcj::Error& error) {
        std::cerr << "error: " << error.what() << "\n" << error.hint() << "\n";
        return static_cast<int>(error.code());
    }
}
