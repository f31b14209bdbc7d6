// mcjepa-train killed with SIGKILL at ten random moments and run again each time: its losses are
// those of the run that nobody disturbed, bit for bit, and no checkpoint is ever unreadable.

#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

#include <QElapsedTimer>
#include <QProcess>
#include <QRandomGenerator>
#include <QtTest>

#include <nlohmann/json.hpp>

#include "inference/model/checkpoint.h"
#include "tests/support/test_program.h"
#include "tests/training/shard_folder.h"
#include "tests/training/tiny_training.h"

namespace fs = std::filesystem;

namespace {

constexpr int kKills = 10;
constexpr int kSteps = 120;
constexpr int kWaitMs = 300000;  // generous: a loaded machine takes its time

/// The losses and gradient norms of every step, as they stand in the file; fails on a step that
/// stands there twice.
std::map<int, nlohmann::json> stepsOf(const fs::path& metrics) {
    std::map<int, nlohmann::json> steps;
    std::ifstream file(metrics);
    for (std::string line; std::getline(file, line);) {
        const auto event = nlohmann::json::parse(line);
        if (event.at("event") != "step") continue;
        nlohmann::json values;
        for (const auto& [key, value] : event.items()) {
            if (key.starts_with("loss") || key.starts_with("gradient_norm") ||
                key.starts_with("validation")) {
                values[key] = value;
            }
        }
        const int step = event.at("step").get<int>();
        if (!steps.emplace(step, values).second) throw std::runtime_error("a step stands twice");
    }
    return steps;
}

}  // namespace

class TestKillAndResume : public QObject, private tiny::ShardFolder {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void killedRunEqualsTheUndisturbedOne();
    void terminationIsClean();

private:
    void start(QProcess& process, const std::string& run) const {
        process.start(QString(MCJ_BIN_DIR) + "/mcjepa-train",
                      {"fit", "--recipe", at("recipe.json").c_str(), "--run", at(run).c_str(),
                       "--pictures", at("pictures.shard").c_str(), "--clips",
                       at("film.shard").c_str(), "--device", "cpu", "--threads", "2"});
        QVERIFY(process.waitForStarted(kWaitMs));
    }
    void finish(const std::string& run) const {
        QProcess process;
        start(process, run);
        QVERIFY(process.waitForFinished(kWaitMs));
        QVERIFY2(process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0,
                 process.readAllStandardError().constData());
    }
    /// Returns after `lines` steps were reported, or when the program ends.
    static void waitForSteps(QProcess& process, int lines) {
        QElapsedTimer timer;
        timer.start();
        QByteArray seen;
        while (seen.count('\n') < lines && timer.elapsed() < kWaitMs) {
            process.waitForReadyRead(20);
            seen += process.readAllStandardOutput();
            if (process.state() == QProcess::NotRunning) return;
        }
    }
};

void TestKillAndResume::initTestCase() {
    writeShards();
    auto recipe = tiny::recipe("mc-jepa");
    recipe.steps = kSteps;
    // Every loss, and schedules that start and rise while the run is being killed.
    recipe.flowStart = 3;
    recipe.occlusionStart = 6;
    recipe.vcWarmup = 16;
    recipe.selfSupervisionStart = 8;
    recipe.selfSupervisionRamp = 20;
    recipe.matching.weight = 0.5;
    recipe.flowLoss.census = 1.0;
    recipe.flowLoss.vc = {{0.01, 0.04}, {0.01, 0.04}, {0.01, 0.001}};
    recipe.flowLoss.selfSupervision = 0.3;
    recipe.flowLoss.augmentation = 0.02;
    recipe.content.loss.pooled = {0.01, 0.04};
    recipe.content.size = 96;
    recipe.checkpointEvery = 2;
    recipe.validateEvery = 40;
    std::ofstream(at("recipe.json")) << mcj::toJson(recipe);
}

void TestKillAndResume::killedRunEqualsTheUndisturbedOne() {
    finish("whole");
    QRandomGenerator random(20230724);
    int kills = 0;
    int checkpoints = 0;
    for (int i = 0; i < kKills; ++i) {
        QProcess process;
        start(process, "killed");
        // A few lines later and up to 60 ms on: in a step, between steps, while a file is written.
        waitForSteps(process, random.bounded(0, 4));
        QTest::qSleep(random.bounded(1, 60));
        if (process.state() == QProcess::Running) {
            process.kill();
            ++kills;
        }
        QVERIFY(process.waitForFinished(kWaitMs));
        const fs::path last = at("killed/last.safetensors");
        if (!fs::exists(last)) continue;
        ++checkpoints;
        QVERIFY(mcj::readTensors(last).metadata.contains("step"));
    }
    QCOMPARE(kills, kKills);
    QVERIFY(checkpoints > 0);
    finish("killed");
    const auto whole = stepsOf(at("whole/metrics.jsonl"));
    const auto killed = stepsOf(at("killed/metrics.jsonl"));
    QCOMPARE(whole.size(), std::size_t{kSteps});
    QCOMPARE(killed.size(), whole.size());
    // The last step has real pairs, so that every loss took part.
    for (const char* loss : {"match.3", "real.census", "real.vc.1", "real.self_supervision",
                             "real.augmentation", "content.pooled_vc"}) {
        QVERIFY2(whole.at(kSteps - 1).contains(std::string("loss.") + loss), loss);
    }
    for (const auto& [step, values] : whole) {
        QVERIFY2(killed.at(step) == values,
                 qPrintable(QString::fromStdString("step " + std::to_string(step) + ": " +
                                                   killed.at(step).dump() + " instead of " +
                                                   values.dump())));
    }
    const auto a = mcj::readTensors(at("whole/last.safetensors"));
    const auto b = mcj::readTensors(at("killed/last.safetensors"));
    QCOMPARE(b.tensors.size(), a.tensors.size());
    for (const auto& [name, tensor] : a.tensors) {
        QVERIFY2(at::equal(tensor, b.tensors.at(name)), name.c_str());
    }
}

void TestKillAndResume::terminationIsClean() {
    QProcess process;
    start(process, "terminated");
    waitForSteps(process, 1);
    process.terminate();
    QVERIFY(process.waitForFinished(kWaitMs));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 5);
    // Nothing is lost: the checkpoint has every step that was reported.
    const auto steps = stepsOf(at("terminated/metrics.jsonl"));
    const auto last = mcj::readTensors(at("terminated/last.safetensors"));
    QCOMPARE(std::stoi(last.metadata.at("step")), static_cast<int>(steps.size()));
}

MCJ_TEST(TestKillAndResume)
#include "test_kill_and_resume.moc"
