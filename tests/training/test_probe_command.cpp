// `mcjepa-train probe` from its words to its result.

#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

#include "inference/model/checkpoint.h"
#include "media/base/error.h"
#include "tests/support/test_program.h"
#include "tests/training/labelled_patches.h"
#include "training/commands/commands.h"

namespace fs = std::filesystem;

namespace {

using mcj::test::MadePicture;
using mcj::test::several;
using mcj::test::shaded;

/// Runs the command and returns the lines of its standard output.
std::vector<QJsonObject> runProbe(std::vector<std::string> words) {
    words.insert(words.begin(), "mcjepa-train");
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    mcj::Arguments arguments(static_cast<int>(pointers.size()), pointers.data());
    std::ostringstream out;
    std::streambuf* before = std::cout.rdbuf(out.rdbuf());
    try {
        mcj::probeCommand(arguments);
    } catch (...) {
        std::cout.rdbuf(before);
        throw;
    }
    std::cout.rdbuf(before);
    std::vector<QJsonObject> lines;
    for (const QString& line : QString::fromStdString(out.str()).split('\n', Qt::SkipEmptyParts)) {
        lines.push_back(QJsonDocument::fromJson(line.toUtf8()).object());
    }
    return lines;
}

}  // namespace

class TestProbeCommand : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void commandWritesWhatItPrints();
    void commandRefusesWhatMakesNoSense();

private:
    fs::path pack(const std::string& name, const std::vector<MadePicture>& pictures) {
        return mcj::test::packLabelled(fs::path(folder_.path().toStdString()) / name, pictures);
    }
    QTemporaryDir folder_;
};

void TestProbeCommand::commandWritesWhatItPrints() {
    const std::string shard = pack("command", several(4, shaded)).string();
    const std::string other =
        pack("other", several(2, [](auto i) { return shaded(i + 50); })).string();
    const fs::path output = fs::path(folder_.path().toStdString()) / "result.json";
    const auto lines =
        runProbe({"--model", "colour", "--shard", shard, "--folds", "2", "--steps", "50",
                  "--learning-rate", "0.05", "--device", "cpu", "-o", output.string()});
    QVERIFY(lines.size() > 4);
    QCOMPARE(lines.front()["event"].toString(), QString("progress"));
    QVERIFY(lines.front().contains("eta_secs"));
    const QJsonObject result = lines.back();
    QCOMPARE(result["event"].toString(), QString("result"));
    QCOMPARE(result["pixels"].toInt(), 4 * 100 * 70);
    QCOMPARE(result["iou"].toArray().size(), 2);
    QVERIFY(result["miou"].toDouble() > 0.8);
    QFile file(QString::fromStdString(output.string()));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(QJsonDocument::fromJson(file.readAll()).object(), result);
    // Two shards, quietly; an untrained encoder beside colour.
    const auto quiet =
        runProbe({"--model", "random:small", "--train", shard, "--test", other, "-q", "--steps",
                  "3", "--levels", "3,2", "--grid", "3", "--device", "cpu"});
    QCOMPARE(quiet.size(), std::size_t{1});
    QCOMPARE(quiet[0]["pixels"].toInt(), 2 * 100 * 70);
    QCOMPARE(quiet[0]["channels"].toInt(), 40 + 80);
    QCOMPARE(quiet[0]["levels"].toArray(), (QJsonArray{2, 3}));
    QCOMPARE(quiet[0]["grid_stride"].toInt(), 8);
    // Without --levels all that the mode trains: of the sixth of this file nothing is.
    auto config = mcj::presetConfig("small");
    config.mode = "m-jepa";
    config.expander.clear();
    config.encoder.widths = {4, 4, 4, 4, 4, 4};
    config.encoder.depths = {0, 0, 0, 0, 0, 0};
    const auto six = fs::path(folder_.path().toStdString()) / "six.safetensors";
    mcj::saveModel(six, mcj::McJepa(config), {}, mcj::WeightType::Float32);
    const auto trained = runProbe({"--model", six.string(), "--train", shard, "--test", other, "-q",
                                   "--steps", "1", "--device", "cpu"});
    QCOMPARE(trained[0]["channels"].toInt(), 5 * 4);
}

void TestProbeCommand::commandRefusesWhatMakesNoSense() {
    const std::string shard = pack("usage", several(2, shaded)).string();
    const auto refusal = [](std::vector<std::string> words) {
        try {
            runProbe(std::move(words));
        } catch (const mcj::Error& error) {
            return error.code() == mcj::ErrorCode::Usage ? std::string(error.what()) : "wrong code";
        }
        return std::string("nothing was refused");
    };
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{"--shard", shard}, "--model"},
        {{"--model", "colour"}, "--train"},
        {{"--model", "colour", "--train", shard}, "--test"},
        {{"--model", "colour", "--train", shard, "--test", shard}, "same file"},
        {{"--model", "colour", "--train", shard, "--test", shard, "--shard", shard}, "--shard"},
        {{"--model", "colour", "--shard", shard, "--folds", "2", "--levels", "2"}, "--levels"},
        {{"--model", "random", "--shard", shard, "--folds", "2", "--levels", "2,7"}, "--levels"},
        {{"--model", "random:tiny", "--shard", shard, "--folds", "2"}, "tiny"},
        {{"--model", "colour", "--shard", shard, "--folds", "3"}, "--folds"},
        {{"--model", "colour", "--train", shard, "--test", "b", "--folds", "2"}, "--folds"},
        {{"--model", "colour", "--shard", shard, "--steps", "0"}, "--steps"},
        {{"--model", "colour", "--shard", shard, "--what"}, "--what"}};
    for (const auto& [words, named] : cases) {
        const std::string said = refusal(words);
        QVERIFY2(said.find(named) != std::string::npos, said.c_str());
    }
}

MCJ_TEST(TestProbeCommand)
#include "test_probe_command.moc"
