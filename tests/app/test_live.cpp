#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QJsonObject>
#include <QProcess>
#include <QTest>

#include <cmath>
#include <csignal>
#include <string>

#include <sys/stat.h>

#include "media/base/flow_color.h"
#include "media/io/frame_source.h"
#include "tests/app/cli_run.h"
#include "tests/support/disc_clip.h"

using namespace mcj;
using test::CliRun;
using test::runWithoutNetwork;

/// `mcjepa live` on a FIFO.
class TestLive : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        const QString failed = clip_.write();
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        QCOMPARE(::mkfifo(fifo().toLocal8Bit().constData(), 0600), 0);
    }

    void aStreamIsRecordedAndMeasured() {
        const QString file = clip_.path("live.mp4");
        QProcess writer;
        feed(writer, End::WithTheClip);
        const CliRun run =
            runWithoutNetwork({"live", fifo(), "-o", file, "--every-pair", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QVERIFY(writer.waitForFinished(30000));
        const QJsonObject last = run.lines().back();
        QCOMPARE(last["event"].toString(), QString("summary"));
        QCOMPARE(last["frames"].toInt(), test::DiscClip::kFrames);
        QCOMPARE(last["pairs"].toInt(), test::DiscClip::kFrames - 1);
        QCOMPARE(last["left_out"].toInt(), 0);
        QCOMPARE(framesOf(file), FrameIndex{test::DiscClip::kFrames});

        // The numbers are those of the clip as a file.
        const QString table = clip_.path("curves.csv");
        MCJ_VERIFY_EXIT(
            runWithoutNetwork({"curves", clip_.video(), "-o", table, "--method", "dis"}), 0);
        QFile curves(table);
        QVERIFY(curves.open(QIODevice::ReadOnly));
        const QStringList rows = QString::fromUtf8(curves.readAll()).trimmed().split('\n');
        const QList<QJsonObject> pairs = run.events("result");
        QCOMPARE(pairs.size(), rows.size() - 1);
        for (qsizetype i = 0; i < pairs.size(); ++i) {
            const QStringList cells = rows[i + 1].split(',');
            QCOMPARE(pairs[i]["frame"].toInt(), cells[0].toInt());
            QVERIFY(qAbs(pairs[i]["seconds"].toDouble() - cells[1].toDouble()) < 0.002);
            QVERIFY(pairs[i]["warp_error"].toDouble() == cells[2].toDouble());
            QVERIFY(pairs[i]["motion_px"].toDouble() == cells[4].toDouble());
        }
        // An existing recording is not replaced without being asked.
        MCJ_VERIFY_EXIT(runWithoutNetwork({"live", fifo(), "-o", file}), 2);
    }

    void whatIsSeenIsRecorded() {
        const QString file = clip_.path("seen.mp4");
        QProcess writer;
        feed(writer, End::WithTheClip);
        const CliRun run = runWithoutNetwork(
            {"live", fifo(), "--seen", file, "--every-pair", "--flow-scale", "10", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QVERIFY(writer.waitForFinished(30000));
        QCOMPARE(run.lines().back()["seen"].toString(), file);
        QVERIFY(run.lines().back()["file"].isNull());
        const auto source = openSource(file.toStdString());
        scanToEnd(*source, {});
        QCOMPARE(source->info().frames.value_or(0), FrameIndex{test::DiscClip::kFrames});
        QCOMPARE(source->info().size, clip_.scene().size());
        // Nothing has moved before the first frame. Later the disc, which moves by about (5, 1),
        // has the colour of its direction over its own.
        const FramePtr first = source->read(0);
        const FramePtr later = source->read(4);
        const auto hue = flowColor({5.0F / 10.0F, 1.0F / 10.0F}, FlowWheel::Middlebury);
        const auto before = clip_.scene().picture(0);
        const auto plain = clip_.scene().picture(4);
        double errorFirst = 0.0;
        double errorLater = 0.0;
        int values = 0;
        for (int y = -4; y <= 4; ++y) {
            for (int x = -4; x <= 4; ++x) {
                for (int c = 0; c < 3; ++c) {
                    const PointPx now{60 + 4 * 5 + x, 60 + 4 + y};
                    const double over =
                        0.3 * plain.at(now.y, now.x, c) + 0.7 * hue[static_cast<std::size_t>(c)];
                    errorFirst +=
                        std::abs(first->rgb.at(60 + y, 60 + x, c) - before.at(60 + y, 60 + x, c));
                    errorLater += std::abs(later->rgb.at(now.y, now.x, c) - over);
                    ++values;
                }
            }
        }
        QVERIFY2(errorFirst / values < 20.0, qPrintable(QString::number(errorFirst / values)));
        QVERIFY2(errorLater / values < 20.0, qPrintable(QString::number(errorLater / values)));
        MCJ_VERIFY_EXIT(runWithoutNetwork({"live", fifo(), "--seen", file}), 2);
        MCJ_VERIFY_EXIT(
            runWithoutNetwork({"live", fifo(), "--seen", file, "-o", file, "--overwrite"}), 2);
        const QString detour = QFileInfo(file).path() + "/./" + QFileInfo(file).fileName();
        MCJ_VERIFY_EXIT(
            runWithoutNetwork({"live", fifo(), "--seen", file, "-o", detour, "--overwrite"}), 2);
        MCJ_VERIFY_EXIT(runWithoutNetwork({"live", fifo(), "--point", "3,3"}), 2);
    }

    // A disk that is too full is said before anything is begun.
    void aNearlyFullDiskIsNotRecordedTo() {
        const QString file = clip_.path("full.mp4");
        QProcess writer;
        feed(writer, End::WithTheClip);
        // A TiB.
        const CliRun run = runWithoutNetwork(
            {"live", fifo(), "-o", file, "--keep-free", QString::number(1 << 20)});
        if (run.exitCode == 0) QSKIP("more than a TiB of this disk is free");
        MCJ_VERIFY_EXIT(run, 3);
        QVERIFY2(run.err.contains("1048576 MiB"), qPrintable(run.err));
        QVERIFY(!QFile::exists(file));
        writer.kill();
        writer.waitForFinished(30000);
    }

    void theEndCanBeChosen() {
        const QString file = clip_.path("three.mp4");
        QProcess writer;
        feed(writer, End::WithTheClip);
        const CliRun run = runWithoutNetwork(
            {"live", fifo(), "-o", file, "--frames", "3", "--last-mib", "1", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.lines().back()["frames"].toInt(), 3);
        QCOMPARE(framesOf(file), FrameIndex{3});
        QVERIFY(writer.waitForFinished(30000));
        QProcess again;
        feed(again, End::WithTheClip);
        // 25 frames/s: the frames at 0, 0.04 and 0.08 s.
        const CliRun secs = runWithoutNetwork({"live", fifo(), "--seconds", "0.1", "--json"});
        MCJ_VERIFY_EXIT(secs, 0);
        QCOMPARE(secs.lines().back()["frames"].toInt(), 3);
        QVERIFY(secs.lines().back()["file"].isNull());
        QVERIFY(again.waitForFinished(30000));
    }

    // Ctrl+C is how a recording without an end is ended: it is complete.
    void aSignalEndsTheRecording() {
        const QString file = clip_.path("stopped.mp4");
        QProcess writer;
        feed(writer, End::Never);
        QProcess process;
        process.start(MCJ_BIN_DIR "/mcjepa",
                      {"live", fifo(), "-o", file, "--every-pair", "--json"});
        QByteArray out;
        QElapsedTimer waited;
        waited.start();
        while (!out.contains("result") && waited.elapsed() < 60000 &&
               process.state() != QProcess::NotRunning) {
            process.waitForReadyRead(20);
            out += process.readAllStandardOutput();
        }
        QVERIFY2(out.contains("result"), out.constData());
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(60000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 0);
        QVERIFY(framesOf(file) >= 2);
        writer.closeWriteChannel();
        writer.waitForFinished(30000);
    }

    // What was recorded before an error is kept and named; without a frame, nothing is replaced.
    void aFailedRecordingIsNamedOrReplacesNothing() {
        const QString file = clip_.path("kept.mp4");
        const QByteArray older = "an older recording";
        QVERIFY(write(file, older));
        const QStringList line{"live", fifo(), "-o", file, "--overwrite"};
        QProcess text;
        feedBytes(text, QByteArray("not a video\n").repeated(100));
        MCJ_VERIFY_EXIT(runWithoutNetwork(line), 3);
        QVERIFY(text.waitForFinished(30000));
        QCOMPARE(read(file), older);

        // No file of this process can grow: a full disk.
        QProcess writer;
        feed(writer, End::WithTheClip);
        const QStringList limited{"-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh",
                                  MCJ_BIN_DIR "/mcjepa"};
        QProcess full;
        full.start("sh", limited + line + QStringList{"--method", "zero"});
        QVERIFY(full.waitForFinished(60000));
        const QByteArray said = full.readAllStandardError();
        QVERIFY2(full.exitCode() == 3 && said.contains("kept.mp4"), said.constData());
        QVERIFY(writer.waitForFinished(30000));
        QCOMPARE(read(file), older);

        QProcess again;
        feed(again, End::WithTheClip);
        const CliRun failed =
            runWithoutNetwork(line + QStringList{"--every-pair", "--flow-command",
                                                 "sh -c 'exit 4' {first} {second} {out}"});
        MCJ_VERIFY_EXIT(failed, 3);
        QVERIFY2(failed.err.contains("kept.mp4 contains the 2 frames"), qPrintable(failed.err));
        QVERIFY(again.waitForFinished(30000));
        QCOMPARE(framesOf(file), FrameIndex{2});
        // Nothing is left beside the files.
        for (const QString& name : QDir(clip_.path("")).entryList(QDir::Files | QDir::Hidden)) {
            QVERIFY2(!name.contains(".part"), qPrintable(name));
        }
        MCJ_VERIFY_EXIT(runWithoutNetwork({"live", fifo(), "-o", clip_.path(""), "--overwrite"}),
                        2);
    }

    void whatIsNoLiveSourceIsRefused() {
        const CliRun file = runWithoutNetwork({"live", clip_.video()});
        MCJ_VERIFY_EXIT(file, 3);
        QVERIFY(file.err.contains("not a live source"));
        const CliRun address = runWithoutNetwork({"live", "http://127.0.0.1/a.ts"});
        MCJ_VERIFY_EXIT(address, 3);
        QVERIFY2(address.err.contains("nothing is opened over a network"), qPrintable(address.err));
        MCJ_VERIFY_EXIT(runWithoutNetwork({"live", "lavfi:movie=a.mkv"}), 3);
        const CliRun second = runWithoutNetwork({"live", "lavfi:testsrc2=size=64x48,negate"});
        MCJ_VERIFY_EXIT(second, 3);
        QVERIFY2(second.err.contains("other filters"), qPrintable(second.err));
        const CliRun options = runWithoutNetwork({"live", "lavfi:testsrc2=sise=64x48"});
        // Without libavdevice it is a device error.
        if (options.exitCode != 4) {
            MCJ_VERIFY_EXIT(options, 3);
            QVERIFY2(options.err.contains("names and values of its options"),
                     qPrintable(options.err));
        }
        MCJ_VERIFY_EXIT(runWithoutNetwork({"live", fifo(), "--last-mib", "3"}), 2);
        MCJ_VERIFY_EXIT(runWithoutNetwork({"live", fifo(), "--dry-run"}), 2);
        // Size and rate are for cameras.
        MCJ_VERIFY_EXIT(runWithoutNetwork({"live", fifo(), "--size", "640x480"}), 2);
        MCJ_VERIFY_EXIT(runWithoutNetwork({"live", fifo(), "--size", "640"}), 2);
        MCJ_VERIFY_EXIT(runWithoutNetwork({"live", fifo(), "--rate", "0"}), 2);
    }

private:
    enum class End { WithTheClip, Never };

    [[nodiscard]] QString fifo() const { return clip_.path("fifo"); }

    static FrameIndex framesOf(const QString& file) {
        const auto source = openSource(file.toStdString());
        scanToEnd(*source, {});
        return source->info().frames.value_or(0);
    }

    static bool write(const QString& path, const QByteArray& bytes) {
        QFile file(path);
        return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
    }

    static QByteArray read(const QString& path) {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{};
    }

    void feedBytes(QProcess& writer, const QByteArray& bytes) const {
        const QString file = clip_.path("bytes");
        QVERIFY(write(file, bytes));
        writer.start("sh", {"-c", "cat \"$1\" > \"$2\"", "sh", file, fifo()});
        QVERIFY(writer.waitForStarted());
    }

    /// Writes the clip into the FIFO, which stays open with `End::Never` until the channel is
    /// closed.
    void feed(QProcess& writer, End end) const {
        const QString script = end == End::Never ? "cat \"$1\" - > \"$2\"" : "cat \"$1\" > \"$2\"";
        writer.start("sh", {"-c", script, "sh", clip_.video(), fifo()});
        QVERIFY(writer.waitForStarted());
    }

    test::DiscClip clip_;
};

QTEST_GUILESS_MAIN(TestLive)
#include "test_live.moc"
