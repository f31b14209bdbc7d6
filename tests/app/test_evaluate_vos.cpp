#include <QElapsedTimer>
#include <QFile>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <vector>

#include "media/io/image_file.h"
#include "segmentation/mask_formats/davis.h"
#include "tests/app/cli_run.h"

using namespace mcj;
using test::CliRun;
using test::runCli;
using test::runWithoutNetwork;

namespace {

namespace fs = std::filesystem;

constexpr SizePx kSize{64, 48};
constexpr int kFrames = 9;
/// ceil(0.008 * the diagonal of 80)
constexpr int kTolerancePx = 1;

/// A square of 12 px that moves right by `speed` px a frame, and one of 8 px that stands.
Mask truthAt(int frame, int speed) {
    Mask mask(kSize);
    for (int y = 10; y < 22; ++y) {
        for (int x = 0; x < 12; ++x) mask.labels.at(y, 8 + frame * speed + x) = 1;
    }
    for (int y = 30; y < 38; ++y) {
        for (int x = 40; x < 48; ++x) mask.labels.at(y, x) = 2;
    }
    return mask;
}

/// |A and B| / |A or B| by counting, 1 where both are empty.
double naiveJ(const Mask& result, const Mask& truth, int object) {
    int both = 0;
    int either = 0;
    for (int y = 0; y < kSize.height; ++y) {
        for (int x = 0; x < kSize.width; ++x) {
            const bool a = result.labels.at(y, x) == object;
            const bool b = truth.labels.at(y, x) == object;
            both += a && b ? 1 : 0;
            either += a || b ? 1 : 0;
        }
    }
    return either == 0 ? 1.0 : static_cast<double>(both) / either;
}

bool onBoundary(const Mask& mask, int object, int y, int x) {
    const auto in = [&](int row, int column) { return mask.labels.at(row, column) == object; };
    const int below = std::min(y + 1, kSize.height - 1);
    const int right = std::min(x + 1, kSize.width - 1);
    return in(y, x) != in(y, right) || in(y, x) != in(below, x) || in(y, x) != in(below, right);
}

/// Share of the boundary of `of` that has a boundary pixel of `other` within the tolerance.
double naiveShare(const Mask& of, const Mask& other, int object) {
    int all = 0;
    int hits = 0;
    for (int y = 0; y < kSize.height; ++y) {
        for (int x = 0; x < kSize.width; ++x) {
            if (!onBoundary(of, object, y, x)) continue;
            ++all;
            bool found = false;
            for (int dy = -kTolerancePx; dy <= kTolerancePx; ++dy) {
                for (int dx = -kTolerancePx; dx <= kTolerancePx; ++dx) {
                    if (dy * dy + dx * dx > kTolerancePx * kTolerancePx) continue;
                    const int row = y + dy;
                    const int column = x + dx;
                    if (row < 0 || column < 0 || row >= kSize.height || column >= kSize.width) {
                        continue;
                    }
                    found = found || onBoundary(other, object, row, column);
                }
            }
            hits += found ? 1 : 0;
        }
    }
    return all == 0 ? 1.0 : static_cast<double>(hits) / all;
}

double naiveF(const Mask& result, const Mask& truth, int object) {
    const double precision = naiveShare(result, truth, object);
    const double recall = naiveShare(truth, result, object);
    return precision + recall == 0.0 ? 0.0 : 2.0 * precision * recall / (precision + recall);
}

struct Statistics {
    double mean = 0.0;
    double recall = 0.0;
    double decay = 0.0;
};

/// Of the seven frames between the first and the last of nine. The official edges are 1, 2.5,
/// 4, 5.5 and 7, rounded up where they are halves, less one: 0, 2, 3, 5, 6, and bins hold both of
/// theirs.
Statistics naiveStatistics(const std::vector<double>& values) {
    Statistics statistics;
    for (const double value : values) {
        statistics.mean += value / static_cast<double>(values.size());
        statistics.recall += value > 0.5 ? 1.0 / static_cast<double>(values.size()) : 0.0;
    }
    const double first = (values[0] + values[1] + values[2]) / 3.0;
    const double last = (values[5] + values[6]) / 2.0;
    statistics.decay = first - last;
    return statistics;
}

bool near(const QJsonValue& value, double expected) {
    return value.isDouble() && std::abs(value.toDouble() - expected) < 1e-9;
}

}  // namespace

/// `mcjepa evaluate vos` on a small copy of DAVIS, where the first mask kept has figures that can
/// be counted.
class TestEvaluateVos : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        const fs::path root = davis();
        writeSequence(root / "JPEGImages/480p/slow", root / "Annotations/480p/slow", 1);
        writeSequence(root / "JPEGImages/480p/fast", root / "Annotations/480p/fast", 3);
        writeSequence(root / "JPEGImages/480p/train", root / "Annotations/480p/train", 2);
        // As in test-dev: nothing but the first mask is given.
        writeSequence(root / "JPEGImages/480p/dev", root / "Annotations/480p/dev", 2);
        for (int t = 1; t < kFrames; ++t) {
            fs::remove(root / "Annotations/480p/dev" / davisFileName(t));
        }
        writeList(root / "ImageSets/2017/val.txt", "slow\nfast\n");
        writeList(root / "ImageSets/2017/train.txt", "train\n");
        writeList(root / "ImageSets/2017/test-dev.txt", "dev\n");
        writeList(root / "ImageSets/2017/broken.txt", "slow\ngone\n");
        writeList(root / "mine.txt", "fast\n");
    }

    void theFirstMaskKeptScoresAsCounted() {
        const CliRun run =
            runWithoutNetwork({"evaluate", "vos", "--davis", text(davis()), "--method", "identity",
                               "-o", path("kept"), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        const auto results = run.events("result");
        QCOMPARE(results.size(), 4);  // two objects of two sequences: train is not in val.txt
        double jSum = 0.0;
        double fSum = 0.0;
        double jDecaySum = 0.0;
        double fRecallSum = 0.0;
        for (const QJsonObject& result : results) {
            const QString sequence = result["sequence"].toString();
            QVERIFY(sequence == "slow" || sequence == "fast");
            const int speed = sequence == "slow" ? 1 : 3;
            const int object = result["object"].toInt();
            std::vector<double> j;
            std::vector<double> f;
            for (int t = 1; t + 1 < kFrames; ++t) {
                j.push_back(naiveJ(truthAt(0, speed), truthAt(t, speed), object));
                f.push_back(naiveF(truthAt(0, speed), truthAt(t, speed), object));
            }
            const Statistics jStats = naiveStatistics(j);
            const Statistics fStats = naiveStatistics(f);
            QVERIFY(near(result["j_mean"], jStats.mean));
            QVERIFY(near(result["j_recall"], jStats.recall));
            QVERIFY2(
                near(result["j_decay"], jStats.decay),
                qPrintable(QString("%1 %2").arg(result["j_decay"].toDouble()).arg(jStats.decay)));
            QVERIFY(near(result["f_mean"], fStats.mean));
            QVERIFY(near(result["f_recall"], fStats.recall));
            QVERIFY(near(result["f_decay"], fStats.decay));
            jSum += jStats.mean;
            fSum += fStats.mean;
            jDecaySum += jStats.decay;
            fRecallSum += fStats.recall;
        }
        const QJsonObject summary = run.lines().back();
        QCOMPARE(summary["objects"].toInt(), 4);
        QVERIFY(near(summary["j_mean"], jSum / 4));
        QVERIFY(near(summary["f_mean"], fSum / 4));
        QVERIFY(near(summary["jf_mean"], (jSum + fSum) / 8));
        QVERIFY(near(summary["j_decay"], jDecaySum / 4));
        QVERIFY(near(summary["f_recall"], fRecallSum / 4));
        QVERIFY(summary["protocol"].isNull());
        // What was kept is the first mask, and scores the same when it is read back.
        const fs::path kept = path("kept/identity/fast").toStdString();
        for (int t = 0; t < kFrames; ++t) {
            QVERIFY(readDavisMask(kept / davisFileName(t)) == truthAt(0, 3));
        }
        const CliRun again =
            runWithoutNetwork({"evaluate", "masks", "--results", path("kept/identity"), "--truth",
                               text(davis()), "--json"});
        MCJ_VERIFY_EXIT(again, 0);
        QCOMPARE(again.lines().back()["jf_mean"].toDouble(), summary["jf_mean"].toDouble());
        // And is not written over without a word.
        MCJ_VERIFY_EXIT(runWithoutNetwork({"evaluate", "vos", "--davis", text(davis()), "--method",
                                           "identity", "-o", path("kept")}),
                        2);
    }

    void howFeaturesAreComparedIsSaid() {
        const QStringList arguments{"evaluate", "vos",   "--davis",  text(davis()),
                                    "--set",    "train", "--method", "features"};
        const CliRun run = runCli(arguments + QStringList{"--json"});
        if (run.exitCode == 3 && run.err.contains("model")) QSKIP("the model is not here");
        MCJ_VERIFY_EXIT(run, 0);
        const QJsonObject protocol = run.lines().back()["protocol"].toObject();
        QCOMPARE(protocol["level"].toInt(), 3);
        QCOMPARE(protocol["finer_level"].toInt(), 2);
        QCOMPARE(protocol["stride_px"].toInt(), 8);
        const CliRun said = runCli(arguments);
        MCJ_VERIFY_EXIT(said, 0);
        QVERIFY2(said.out.contains("levels 3 and 2"), qPrintable(said.out));
    }

    void setsAreChosen_data() {
        QTest::addColumn<QString>("set");
        QTest::addColumn<QString>("sequence");
        QTest::newRow("by name") << "train" << "train";
        QTest::newRow("by file") << text(davis() / "mine.txt") << "fast";
    }

    void setsAreChosen() {
        QFETCH(QString, set);
        QFETCH(QString, sequence);
        const CliRun run = runWithoutNetwork({"evaluate", "vos", "--davis", text(davis()), "--set",
                                              set, "--method", "identity", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.lines().back()["sequences"].toInt(), 1);
        for (const QJsonObject& result : run.events("result")) {
            QCOMPARE(result["sequence"].toString(), sequence);
        }
    }

    void withoutTruthMasksAreKeptAndNothingIsScored() {
        const QStringList arguments{"evaluate", "vos",      "--davis",  text(davis()),
                                    "--set",    "test-dev", "--method", "identity"};
        MCJ_VERIFY_EXIT(runWithoutNetwork(arguments), 3);
        const CliRun run = runWithoutNetwork(arguments + QStringList{"-o", path("dev"), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QVERIFY(run.events("result").isEmpty());
        QCOMPARE(run.lines().back()["event"].toString(), QString("summary"));
        QCOMPARE(run.lines().back()["sequences"].toInt(), 0);
        QVERIFY(fs::exists(path("dev/identity/dev/00008.png").toStdString()));
        QVERIFY(run.err.contains("not scored"));
    }

    void aStoppedRunSaysHowToBeginAnew() {
        // Large and long enough that the signal comes in the middle.
        const fs::path sequence = path("long/one").toStdString();
        fs::create_directories(sequence / "frames");
        fs::create_directories(sequence / "masks");
        Mask mask(SizePx{640, 480});
        mask.labels.at(200, 300) = 1;
        for (int t = 0; t < 60; ++t) {
            Raster<std::uint8_t> rgb(mask.size(), 3);
            for (int y = 0; y < 480; ++y) {
                for (int x = 0; x < 640; ++x) {
                    rgb.at(y, x, 0) = static_cast<std::uint8_t>(x * y + 3 * t);
                }
            }
            writeRgbPng(sequence / "frames" / davisFileName(t), rgb);
            writeDavisMask(sequence / "masks" / davisFileName(t), mask);
        }
        const QStringList arguments{"evaluate", "vos",      "--sequences", path("long"),
                                    "--method", "dis-flow", "--output",    path("stopped")};
        QProcess process;
        process.start(MCJ_BIN_DIR "/mcjepa", arguments);
        const fs::path written = path("stopped/dis-flow/one/00002.png").toStdString();
        QElapsedTimer waited;
        waited.start();
        while (!fs::exists(written) && waited.elapsed() < 60000 &&
               process.state() != QProcess::NotRunning) {
            process.waitForFinished(5);
        }
        QVERIFY(process.state() == QProcess::Running);
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(60000));
        QCOMPARE(process.exitCode(), 5);
        const QByteArray said = process.readAllStandardError();
        QVERIFY2(said.contains("--overwrite"), said.constData());
        MCJ_VERIFY_EXIT(runWithoutNetwork(arguments), 2);
        MCJ_VERIFY_EXIT(runWithoutNetwork(arguments + QStringList{"--overwrite"}), 0);
    }

    void whatIsMissingIsNamed_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("named");
        fs::create_directories(path("half/JPEGImages").toStdString());
        QTest::newRow("no pictures")
            << QStringList{"--davis", path("gone")} << 3 << path("gone/JPEGImages");
        QTest::newRow("no truth") << QStringList{"--davis", path("half")} << 3
                                  << path("half/Annotations");
        QTest::newRow("no such set") << QStringList{"--davis", text(davis()), "--set", "other"} << 3
                                     << text(davis() / "ImageSets/2017/other.txt");
        QTest::newRow("a sequence of the set")
            << QStringList{"--davis", text(davis()), "--set", "broken"} << 3 << "480p/gone";
        QTest::newRow("a set without DAVIS")
            << QStringList{"--sequences", path("half"), "--set", "val"} << 2 << "--set";
        QTest::newRow("nothing") << QStringList{} << 2 << "--davis";
        QTest::newRow("none left")
            << QStringList{"--davis", text(davis()), "--only", "x*"} << 2 << "--only";
    }

    void whatIsMissingIsNamed() {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        QFETCH(QString, named);
        const CliRun run =
            runWithoutNetwork(QStringList{"evaluate", "vos", "--method", "identity"} + arguments);
        MCJ_VERIFY_EXIT(run, code);
        QVERIFY2(run.err.contains(named), qPrintable(run.err));
    }

    void aDryRunPredicts() {
        const CliRun run =
            runWithoutNetwork({"evaluate", "vos", "--davis", text(davis()), "--method",
                               "identity,dis-flow", "-o", path("dry"), "--dry-run", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.lines().back()["frames"].toInt(), 2 * 2 * kFrames);
        QVERIFY(run.lines().back()["secs"].toDouble() > 0.0);
        QVERIFY(!fs::exists(path("dry").toStdString()));
    }

private:
    static QString text(const fs::path& file) { return QString::fromStdString(file.string()); }
    [[nodiscard]] fs::path davis() const { return path("davis").toStdString(); }
    [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }

    static void writeList(const fs::path& file, const std::string& names) {
        fs::create_directories(file.parent_path());
        std::ofstream(file) << names;
    }

    static void writeSequence(const fs::path& frames, const fs::path& masks, int speed) {
        fs::create_directories(frames);
        fs::create_directories(masks);
        for (int t = 0; t < kFrames; ++t) {
            const Mask mask = truthAt(t, speed);
            Raster<std::uint8_t> rgb(kSize, 3, 60);
            for (int y = 0; y < kSize.height; ++y) {
                for (int x = 0; x < kSize.width; ++x) {
                    rgb.at(y, x, 1) = static_cast<std::uint8_t>(60 + 80 * mask.labels.at(y, x));
                }
            }
            writeRgbPng(frames / davisFileName(t), rgb);
            writeDavisMask(masks / davisFileName(t), mask);
        }
    }

    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestEvaluateVos)
#include "test_evaluate_vos.moc"
