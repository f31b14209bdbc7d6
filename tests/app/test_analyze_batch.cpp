#include <QElapsedTimer>
#include <QFile>
#include <QJsonObject>
#include <QProcess>
#include <QTest>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <string>

#include "media/io/flow_file.h"
#include "media/io/manifest.h"
#include "tests/app/cli_run.h"
#include "tests/support/disc_clip.h"
#include "tests/support/test_video.h"

using namespace mcj;
using test::CliRun;
using test::runWithoutNetwork;

namespace {

namespace fs = std::filesystem;

QByteArray bytesOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{};
}

QStringList linesOf(const QString& path) {
    return QString::fromUtf8(bytesOf(path)).split('\n', Qt::SkipEmptyParts);
}

/// The cell of a row in a column that the table's first line names; for cells without quotes.
QString cellOf(const QStringList& table, int row, const QString& column) {
    return table.value(row).split(',').value(table.value(0).split(',').indexOf(column));
}

}  // namespace

/// `mcjepa analyze` of several clips, by methods that need no network.
class TestAnalyzeBatch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        QString failed = clip_.write();
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        fs::create_directories(clip_.path("other").toStdString());
        // Another clip of the same name.
        const test::MovingScene scene({160, 120}, {1.0F, 0.0F}, {{{60, 60}, {3.0F, 1.0F}, 20}});
        failed = test::writeLossless(scene, 4, other());
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        QFile broken(clip_.path("broken.mkv"));
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.write("not a video");
    }

    void eachClipHasItsFolderAndARow() {
        const QString out = clip_.path("batch");
        const CliRun run =
            runWithoutNetwork({"analyze", clip_.video(), other(), "-o", out, "--method", "dis",
                               "--maps", "flow,warp-error", "--format", "png,flo", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        const QJsonObject last = run.lines().back();
        QCOMPARE(last["event"].toString(), QString("summary"));
        QCOMPARE(last["clips"].toInt(), 2);
        QCOMPARE(last["failed"].toInt(), 0);
        const QList<QJsonObject> clips = run.events("clip");
        QCOMPARE(clips.size(), 2);
        QCOMPARE(clips[1]["clip"].toString(), other());
        QCOMPARE(clips[1]["folder"].toString(), QString("scene-2"));
        QCOMPARE(clips[1]["pairs"].toInt(), 3);
        QCOMPARE(run.events("result").front()["clip"].toString(), clip_.video());

        // The last progress is that of the whole batch, and it never goes back.
        int done = 0;
        int total = 0;
        for (const QJsonObject& line : run.events("progress")) {
            if (!line["what"].toString().startsWith("analyzing clip")) continue;
            QVERIFY(line["done"].toInt() >= done);
            done = line["done"].toInt();
            total = line["total"].toInt();
        }
        // Each pair is measured and then written.
        QCOMPARE(total, 2 * (test::DiscClip::kFrames - 1 + 3));
        QCOMPARE(done, total);

        // The maps are those of a run of the clip alone.
        const QString alone = clip_.path("alone");
        MCJ_VERIFY_EXIT(runWithoutNetwork({"analyze", other(), "-o", alone, "--method", "dis",
                                           "--maps", "flow,warp-error", "--format", "png,flo"}),
                        0);
        QCOMPARE(bytesOf(out + "/scene-2/flow/000002.flo"), bytesOf(alone + "/flow/000002.flo"));
        QVERIFY(!fs::exists((alone + "/summary.csv").toStdString()));
        QVERIFY(!fs::exists((alone + "/pairs.csv").toStdString()));
        QVERIFY(readManifest((out + "/scene/manifest.json").toStdString()).complete);

        const QStringList table = linesOf(out + "/summary.csv");
        QCOMPARE(table.size(), 3);
        QCOMPARE(cellOf(table, 1, "folder"), QString("scene"));
        QCOMPARE(cellOf(table, 2, "state"), QString("done"));
        QCOMPARE(cellOf(table, 2, "frames"), QString("4"));
        double sum = 0.0;
        for (const QJsonObject& pair : run.events("result")) {
            if (pair["clip"].toString() == other()) sum += pair["mean_flow_px"].toDouble();
        }
        QVERIFY(std::abs(cellOf(table, 2, "mean_flow_px").toDouble() - sum / 3.0) < 1e-9);
        QVERIFY(!cellOf(table, 2, "mean_warp_error").isEmpty());

        // Once more: everything is kept, with the same table.
        const QByteArray before = bytesOf(out + "/summary.csv");
        const CliRun again =
            runWithoutNetwork({"analyze", clip_.video(), other(), "-o", out, "--method", "dis",
                               "--maps", "flow,warp-error", "--format", "png,flo", "--json"});
        MCJ_VERIFY_EXIT(again, 0);
        QCOMPARE(again.events("clip")[1]["kept"].toInt(), 3);
        QCOMPARE(bytesOf(out + "/summary.csv"), before);
    }

    void aFailingClipDoesNotStopTheOthers() {
        const QString out = clip_.path("failing");
        QFile list(clip_.path("clips.txt"));
        QVERIFY(list.open(QIODevice::WriteOnly));
        list.write(("# clips\n" + clip_.path("broken.mkv") + "\r\n\n" + other() + "\n").toUtf8());
        list.close();
        const CliRun run = runWithoutNetwork({"analyze", "--list", list.fileName(), "-o", out,
                                              "--method", "dis", "--format", "flo", "--json"});
        MCJ_VERIFY_EXIT(run, 3);
        QVERIFY2(run.err.contains("1 of 2 clips failed") && run.err.contains("broken.mkv"),
                 qPrintable(run.err));
        QCOMPARE(run.events("clip")[0]["state"].toString(), QString("failed"));
        QCOMPARE(run.events("clip")[0]["error"].toObject()["code"].toInt(), 3);
        QCOMPARE(run.lines().back()["event"].toString(), QString("error"));
        QVERIFY(fs::exists((out + "/scene/flow/000002.flo").toStdString()));
        const QStringList table = linesOf(out + "/summary.csv");
        QCOMPARE(cellOf(table, 1, "state"), QString("failed"));
        QVERIFY(!table[1].endsWith(','));
        QCOMPARE(cellOf(table, 2, "state"), QString("done"));

        // An error of the whole batch is found before a clip is touched.
        MCJ_VERIFY_EXIT(
            runWithoutNetwork({"analyze", "--list", list.fileName(), "-o", clip_.path("never"),
                               "--maps", "flow-error", "--method", "dis"}),
            2);
        // The network cannot be had.
        const CliRun model = runWithoutNetwork(
            {"analyze", "--list", list.fileName(), "-o", clip_.path("never"), "--json"});
        QVERIFY(model.exitCode != 0);
        QVERIFY(model.events("clip").isEmpty());
        MCJ_VERIFY_EXIT(runWithoutNetwork({"analyze", other(), other(), "-o", clip_.path("never"),
                                           "--method", "dis"}),
                        2);
        MCJ_VERIFY_EXIT(
            runWithoutNetwork({"analyze", "-o", clip_.path("never"), "--method", "dis"}), 2);
        MCJ_VERIFY_EXIT(runWithoutNetwork({"analyze", "--list", clip_.path("no-list"), "-o",
                                           clip_.path("never"), "--method", "dis"}),
                        3);
        QVERIFY(!fs::exists(clip_.path("never").toStdString()));
    }

    void anInterruptedBatchIsContinued() {
        // Long enough that the signal comes in the middle.
        const QString longer = clip_.path("longer.mkv");
        const test::MovingScene scene({320, 240}, {1.0F, 0.0F}, {{{150, 120}, {1.0F, 1.0F}, 40}});
        const QString failed = test::writeLossless(scene, 60, longer);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const auto arguments = [&](const QString& out) {
            return QStringList{"analyze", other(),     longer,        clip_.video(),  "-o",
                               out,       "--method",  "dis",         "--flow-scale", "5",
                               "--json",  "--overlay", out + "/films"};
        };
        const QString out = clip_.path("stopped");
        QProcess process;
        process.start(MCJ_BIN_DIR "/mcjepa", arguments(out));
        QElapsedTimer waited;
        waited.start();
        const fs::path third = (out + "/longer/flow/000002.flo").toStdString();
        while (!fs::exists(third) && waited.elapsed() < 60000 &&
               process.state() != QProcess::NotRunning) {
            process.waitForFinished(5);
        }
        QVERIFY(process.state() == QProcess::Running);
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(60000));
        QCOMPARE(process.exitCode(), 5);
        const QStringList stopped = linesOf(out + "/summary.csv");
        QCOMPARE(cellOf(stopped, 1, "state"), QString("done"));
        QCOMPARE(cellOf(stopped, 2, "state"), QString("stopped"));
        QCOMPARE(cellOf(stopped, 3, "state"), QString("waiting"));

        const CliRun resumed = runWithoutNetwork(arguments(out));
        MCJ_VERIFY_EXIT(resumed, 0);
        const QList<QJsonObject> clips = resumed.events("clip");
        QCOMPARE(clips.size(), 3);
        QCOMPARE(clips[0]["kept"].toInt(), 3);
        QVERIFY(clips[1]["kept"].toInt() >= 2 && clips[1]["kept"].toInt() < 59);
        QVERIFY(fs::exists((out + "/films/longer.mp4").toStdString()));
        // As if nothing had happened.
        const QString whole = clip_.path("whole");
        MCJ_VERIFY_EXIT(runWithoutNetwork(arguments(whole)), 0);
        QCOMPARE(bytesOf(out + "/summary.csv"), bytesOf(whole + "/summary.csv"));
        QCOMPARE(bytesOf(out + "/longer/pairs.csv"), bytesOf(whole + "/longer/pairs.csv"));
    }

    void everyClipHasItsTruth() {
        const QString truth = clip_.path("truth");
        fs::create_directories((truth + "/scene").toStdString());
        for (int t = 0; t < 2; ++t) {
            writeFlow((truth + "/scene/" + QString::number(t) + ".flo").toStdString(),
                      clip_.scene().flow(t), FlowFormat::Flo);
        }
        const QString out = clip_.path("with-truth");
        const CliRun run =
            runWithoutNetwork({"analyze", clip_.video(), other(), "-o", out, "--method", "zero",
                               "--truth", truth, "--format", "flo", "--json"});
        // The second has none.
        MCJ_VERIFY_EXIT(run, 3);
        QVERIFY2(run.err.contains("scene-2"), qPrintable(run.err));
        QVERIFY(run.events("clip")[0]["accuracy"].toObject()["epe"].toDouble() > 0.0);
        const QStringList table = linesOf(out + "/summary.csv");
        QVERIFY(cellOf(table, 1, "epe").toDouble() > 0.0);
        QVERIFY(cellOf(table, 2, "epe").isEmpty());
    }

    void aDryRunPredictsTheWhole() {
        const QString out = clip_.path("dry");
        const CliRun run =
            runWithoutNetwork({"analyze", clip_.video(), other(), "-o", out, "--method", "dis",
                               "--format", "flo", "--dry-run", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        const QJsonObject last = run.lines().back();
        QCOMPARE(last["clips"].toInt(), 2);
        QCOMPARE(last["pairs"].toInt(), test::DiscClip::kFrames - 1 + 3);
        QCOMPARE(last["frames"].toInt(), test::DiscClip::kFrames + 4);
        // 8 bytes per pixel and a header of 12.
        QCOMPARE(last["disk_bytes"].toInt(), (160 * 120 * 8 + 12) * last["pairs"].toInt());
        QVERIFY(!fs::exists(out.toStdString()));
        const CliRun broken = runWithoutNetwork({"analyze", clip_.path("broken.mkv"), other(), "-o",
                                                 out, "--method", "dis", "--dry-run"});
        MCJ_VERIFY_EXIT(broken, 3);
        QVERIFY(broken.err.contains("broken.mkv") && broken.out.contains("1 clip "));
    }

    // A VIDEO may follow --maps and --format, whose names are separated by commas.
    void namesThatFollowABlankAreNotClips() {
        const QString out = clip_.path("never");
        const QStringList line{"analyze", other(), "-o", out, "--method", "zero"};
        const CliRun maps =
            runWithoutNetwork(line + QStringList{"--maps", "flow", "warp-error", "--dry-run"});
        MCJ_VERIFY_EXIT(maps, 2);
        QVERIFY2(maps.err.contains("--maps flow,warp-error"), qPrintable(maps.err));
        const CliRun formats = runWithoutNetwork(line + QStringList{"--format", "png", "flo"});
        MCJ_VERIFY_EXIT(formats, 2);
        QVERIFY2(formats.err.contains("--format png,flo"), qPrintable(formats.err));
        QVERIFY(!fs::exists(out.toStdString()));
    }

    // A folder that holds something else is left alone.
    void otherFoldersAreRefused() {
        const QString single = clip_.path("single");
        MCJ_VERIFY_EXIT(runWithoutNetwork({"analyze", other(), "-o", single, "--method", "zero",
                                           "--format", "flo"}),
                        0);
        const CliRun into = runWithoutNetwork({"analyze", clip_.video(), other(), "-o", single,
                                               "--method", "zero", "--format", "flo"});
        MCJ_VERIFY_EXIT(into, 2);
        QVERIFY(!fs::exists((single + "/scene").toStdString()));
        const QString mine = clip_.path("mine");
        fs::create_directories(mine.toStdString());
        QFile file(mine + "/summary.csv");
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("my own table\n");
        file.close();
        MCJ_VERIFY_EXIT(runWithoutNetwork({"analyze", clip_.video(), other(), "-o", mine,
                                           "--method", "zero", "--format", "flo"}),
                        2);
        QCOMPARE(bytesOf(file.fileName()), QByteArray("my own table\n"));
    }

private:
    [[nodiscard]] QString other() const { return clip_.path("other/scene.mkv"); }

    test::DiscClip clip_;
};

QTEST_GUILESS_MAIN(TestAnalyzeBatch)
#include "test_analyze_batch.moc"
