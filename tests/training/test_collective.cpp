// Several processes as far as one can see them: the launcher's words, GPUs and cores for each, one
// process alone. What processes compute together is tested under mpirun (run_distributed.py).

#include <map>
#include <stdexcept>

#include <QtTest>

#include <ATen/ATen.h>

#include "media/base/error.h"
#include "training/collective.h"
#include "training/distributed.h"
#include "training/distributed_plugin.h"

namespace {

using Variables = std::map<std::string, std::string>;

mcj::Launch launchOf(const Variables& variables) {
    return mcj::launchFrom([&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

template <typename Work>
mcj::Error errorOf(const Work& work) {
    try {
        work();
    } catch (const mcj::Error& error) {
        return error;
    }
    throw std::logic_error("no error was thrown");
}

bool says(const mcj::Error& error, const std::string& text) {
    return (error.what() + error.hint()).find(text) != std::string::npos;
}

constexpr mcj::ProcessPlace kThirdOfFour = {2, 4, 3};

}  // namespace

class TestCollective : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anUnlaunchedProcessIsAlone() {
        QCOMPARE(launchOf({}).size, 1);
        QVERIFY(launchOf({}).name.empty());
    }

    void launchersAreKnown() {
        QCOMPARE(launchOf({{"OMPI_COMM_WORLD_SIZE", "4"}}).size, 4);
        QCOMPARE(launchOf({{"PMI_SIZE", "2"}, {"PMI_RANK", "0"}}).size, 2);
        QCOMPARE(launchOf({{"MV2_COMM_WORLD_SIZE", "3"}}).size, 3);
        const auto step = launchOf({{"SLURM_PROCID", "7"}, {"SLURM_STEP_NUM_TASKS", "8"}});
        QCOMPARE(step.size, 8);
        QCOMPARE(step.name, std::string("srun"));
    }

    void aBatchScriptIsOneProcess() {
        QCOMPARE(launchOf({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}}).size, 1);
    }

    void mpirunInsideASlurmJobCountsItsOwnProcesses() {
        // Its daemons are a step of one task a machine.
        const auto launch = launchOf(
            {{"OMPI_COMM_WORLD_SIZE", "16"}, {"SLURM_PROCID", "1"}, {"SLURM_STEP_NUM_TASKS", "2"}});
        QCOMPARE(launch.size, 16);
        QCOMPARE(launch.name, std::string("mpirun"));
    }

    void everyProcessGetsAGpuOfItsOwn() {
        QCOMPARE(mcj::deviceOfProcess("cuda", kThirdOfFour, 4), std::string("cuda:2"));
        QCOMPARE(mcj::deviceOfProcess("auto", kThirdOfFour, 8), std::string("cuda:2"));
        // A launcher that shows each process only its own.
        QCOMPARE(mcj::deviceOfProcess("cuda", kThirdOfFour, 1), std::string("cuda:0"));
        QCOMPARE(mcj::deviceOfProcess("auto", kThirdOfFour, 0), std::string("auto"));
        QCOMPARE(mcj::deviceOfProcess("cpu", kThirdOfFour, 4), std::string("cpu"));
    }

    void oneProcessTakesTheDeviceAskedFor() {
        QCOMPARE(mcj::deviceOfProcess("cuda:3", {0, 1, 8}, 4), std::string("cuda:3"));
        QCOMPARE(mcj::deviceOfProcess("auto", {0, 1, 8}, 4), std::string("auto"));
    }

    void oneGpuForManyIsRefused() {
        const auto named = errorOf([] { return mcj::deviceOfProcess("cuda:1", kThirdOfFour, 4); });
        QCOMPARE(named.code(), mcj::ErrorCode::Usage);
        QVERIFY(says(named, "--device cuda:1"));
        const auto few = errorOf([] { return mcj::deviceOfProcess("cuda", kThirdOfFour, 2); });
        QCOMPARE(few.code(), mcj::ErrorCode::Device);
        QVERIFY(says(few, "4 processes on this machine share 2 GPUs"));
    }

    void threadsAreTheShareOfTheCoresUnlessAskedFor() {
        QCOMPARE(mcj::threadsOfProcess(0, kThirdOfFour), 3);
        QCOMPARE(mcj::threadsOfProcess(5, kThirdOfFour), 5);
        QCOMPARE(mcj::threadsOfProcess(0, mcj::SingleProcess().place()), 0);
    }

    void waysToExchangeDataHaveNames() {
        QCOMPARE(mcj::parseDistributedKind("auto"), mcj::DistributedKind::Auto);
        QCOMPARE(mcj::parseDistributedKind("nccl"), mcj::DistributedKind::Nccl);
        const auto error = errorOf([] { return mcj::parseDistributedKind("gloo"); });
        QCOMPARE(error.code(), mcj::ErrorCode::Usage);
        QVERIFY(says(error, "--distributed gloo"));
    }

    void noneIsOneProcessWhateverStartedIt() {
        qputenv("PMI_SIZE", "4");
        mcj::DistributedOptions options;
        options.kind = mcj::DistributedKind::None;
        const auto processes = mcj::openCollective(options);
        qunsetenv("PMI_SIZE");
        QCOMPARE(processes->size(), 1);
        QCOMPARE(mcj::describeProcess(*processes), std::string("one process"));
    }

    void aProcessAloneNeedsNoLibrary() {
        qputenv("MCJ_MPI_LIBRARY", "/nowhere/libmcj_mpi.so");
        const auto processes = mcj::openCollective({});
        QCOMPARE(processes->size(), 1);
        // Asked for, it has to be there.
        mcj::DistributedOptions options;
        options.kind = mcj::DistributedKind::Mpi;
        const auto error = errorOf([&] { return mcj::openCollective(options); });
        qunsetenv("MCJ_MPI_LIBRARY");
        QCOMPARE(error.code(), mcj::ErrorCode::Device);
        QVERIFY(says(error, "/nowhere/libmcj_mpi.so"));
        QVERIFY(says(error, "--distributed none"));
    }

    void aFileThatIsNoPluginIsRefused() {
        const mcj::Plugin plugin = {"libmcj_none.so", "MCJ_TEST_LIBRARY", "mcjNone", "Do this."};
        QVERIFY(mcj::findPlugin(plugin).empty());
        qputenv("MCJ_TEST_LIBRARY", MCJ_SOURCE_DIR "/LICENSE");
        const auto text = errorOf([&] { return mcj::openPlugin(plugin); });
        QCOMPARE(text.code(), mcj::ErrorCode::Device);
        QVERIFY(says(text, "LICENSE could not be loaded"));
        QVERIFY(says(text, "Do this."));
        // A library, but none of ours.
        qputenv("MCJ_TEST_LIBRARY", "/proc/self/exe");
        QVERIFY(says(errorOf([&] { return mcj::openPlugin(plugin); }), "/proc/self/exe"));
        qunsetenv("MCJ_TEST_LIBRARY");
    }

    void aloneEverythingIsTheIdentity() {
        mcj::SingleProcess alone;
        auto rows = at::randn({3, 4}, at::kDouble).set_requires_grad(true);
        QVERIFY(at::equal(alone.allGather(rows), rows));
        QVERIFY(at::equal(mcj::sumOverProcesses(rows, alone), rows));
        QVERIFY(!mcj::sumOverProcesses(rows, alone).requires_grad());
        mcj::gatherRows(rows, alone).square().sum().backward();
        QVERIFY(at::allclose(rows.grad(), 2 * rows));
        QCOMPARE(mcj::agreeOnNextStep(mcj::NextStep::Stop, alone), mcj::NextStep::Stop);
        QCOMPARE(mcj::agreeOnNextStep(mcj::NextStep::GoOn, alone), mcj::NextStep::GoOn);
    }

    void aloneAnErrorIsJustThrown() {
        mcj::SingleProcess alone;
        QCOMPARE(mcj::runTogether(alone, [] { return 5; }), 5);
        QVERIFY(says(errorOf([&] {
                         return mcj::runTogether(alone, []() -> int {
                             throw mcj::Error(mcj::ErrorCode::Input, "a.shard: is damaged");
                         });
                     }),
                     "a.shard"));
    }
};

QTEST_GUILESS_MAIN(TestCollective)
#include "test_collective.moc"
