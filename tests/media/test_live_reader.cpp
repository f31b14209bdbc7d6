#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "media/base/error.h"
#include "media/io/frame_source.h"
#include "media/io/live_input.h"
#include "media/io/live_reader.h"
#include "media/io/live_recording.h"
#include "tests/support/test_video.h"

using namespace mcj;

namespace {

constexpr int kFrames = 12;

/// The code of the error that `work` throws; none where it throws none.
template <typename Work>
std::optional<ErrorCode> codeOf(Work&& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.code();
    }
    return std::nullopt;
}

}  // namespace

class TestLiveReader : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        if (!test::haveFfmpeg()) QSKIP("ffmpeg is not installed");
        const QString failed = test::writeLossless(scene_, kFrames, folder_.filePath("scene.mkv"));
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        QCOMPARE(::mkfifo(fifo().c_str(), 0600), 0);
    }

    void aFifoGivesTheFramesThatAreWrittenIntoIt() {
        QProcess writer;
        feed(writer, folder_.filePath("scene.mkv"));
        LiveOptions options;
        options.keptBytes = 3 * scene_.picture(0).bytes() + 1;
        LiveReader reader(fifo(), options, {});
        QCOMPARE(reader.info().size, scene_.size());
        QCOMPARE(reader.info().codec, std::string("ffv1"));
        FramePtr last;
        for (int t = 0; t < kFrames; ++t) {
            const FramePtr frame = reader.next();
            QVERIFY(frame);
            QCOMPARE(frame->index, FrameIndex{t});
            QVERIFY(frame->rgb == scene_.picture(t));
            QVERIFY(!last || (frame->pts && *frame->pts > *last->pts));
            QVERIFY(reader.kept().size() <= 3);
            QVERIFY(reader.kept().back() == frame);
            last = frame;
        }
        QVERIFY(!reader.next());
        QVERIFY(!reader.next());
        QCOMPARE(reader.kept().size(), std::size_t{3});
        QCOMPARE(reader.kept().front()->index, FrameIndex{kFrames - 3});
        QVERIFY(writer.waitForFinished(30000));
    }

    // A stream that is waiting shows that the reader is behind; one that has ended does not.
    void aSlowReaderIsBehind() {
        QProcess writer;
        const QString longer = folder_.filePath("longer.mkv");
        const QString failed = test::writeLossless(scene_, 200, longer);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        feed(writer, longer);
        LiveReader reader(fifo(), {}, {});
        QVERIFY(reader.next());
        QTRY_VERIFY(reader.isBehind());
        while (reader.next()) {
        }
        QVERIFY(!reader.isBehind());
        QVERIFY(writer.waitForFinished(30000));
    }

    void aStopEndsTheWait() {
        const StopSource stop;
        std::thread later([&stop] {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            stop.requestStop();
        });
        QElapsedTimer waited;
        waited.start();
        const auto code = codeOf([&] { LiveReader(fifo(), {}, stop.token()); });
        later.join();
        QVERIFY(code == ErrorCode::Interrupted);
        QVERIFY(waited.elapsed() < 10000);
    }

    void onlyLiveSourcesAreOpened_data() {
        QTest::addColumn<QString>("source");
        QTest::newRow("file") << folder_.filePath("scene.mkv");
        QTest::newRow("nothing") << folder_.filePath("nothing");
        QTest::newRow("another device") << "/dev/null";
        QTest::newRow("address") << "http://127.0.0.1/a.ts";
        QTest::newRow("udp") << "udp://127.0.0.1:1234";
        QTest::newRow("filter that opens files") << "lavfi:movie=" + folder_.filePath("scene.mkv");
        QTest::newRow("second filter") << "lavfi:testsrc2,movie=a.mkv";
        QTest::newRow("second chain") << "lavfi:testsrc2[a];movie=a.mkv[b]";
        QTest::newRow("no generator") << "lavfi:";
    }

    void onlyLiveSourcesAreOpened() {
        QFETCH(QString, source);
        QVERIFY(codeOf([&] { (void)liveKindOf(source.toStdString()); }) == ErrorCode::Input);
        QVERIFY(codeOf([&] { LiveReader(source.toStdString(), {}, {}); }) == ErrorCode::Input);
    }

    // Each refusal says what is wrong and what to do.
    void refusalsAreClear_data() {
        QTest::addColumn<QString>("source");
        QTest::addColumn<QString>("said");
        QTest::addColumn<QString>("hint");
        QTest::newRow("file") << folder_.filePath("scene.mkv") << "is not a live source"
                              << "Open a file as a video";
        QTest::newRow("nothing") << folder_.filePath("nothing") << "does not exist"
                                 << "Live sources are";
        QTest::newRow("address") << "http://127.0.0.1/a.ts" << "nothing is opened over a network"
                                 << "mkfifo";
        QTest::newRow("rtsp") << "rtsp://127.0.0.1/a" << "nothing is opened over a network"
                              << "mkfifo";
        QTest::newRow("no camera") << "/dev/video987" << "there is no such camera"
                                   << "plugged in";
    }

    void refusalsAreClear() {
        QFETCH(QString, source);
        QFETCH(QString, said);
        QFETCH(QString, hint);
        try {
            (void)liveKindOf(source.toStdString());
            QFAIL("it was not refused");
        } catch (const Error& error) {
            const QString text = QString::fromStdString(error.what());
            const QString advice = QString::fromStdString(error.hint());
            QVERIFY2(text.contains(said) && text.contains(source), qPrintable(text));
            QVERIFY2(advice.contains(hint), qPrintable(advice));
        }
    }

    void aFifoThatMayNotBeReadIsNamed() {
        if (::geteuid() == 0) QSKIP("the superuser may read everything");
        const std::string closed = folder_.filePath("closed").toStdString();
        QCOMPARE(::mkfifo(closed.c_str(), 0200), 0);
        try {
            LiveReader(closed, {}, {});
            QFAIL("it was opened");
        } catch (const Error& error) {
            QVERIFY(error.code() == ErrorCode::Input);
            QVERIFY2(error.hint().find("no permission to read") != std::string::npos,
                     error.hint().c_str());
        }
    }

    // A camera has no end; a FIFO ends with its writer.
    void aCameraThatGivesNoMorePicturesHasFailed() {
        const auto unplugged = failureAtEnd(LiveKind::Device, "/dev/video3", -ENODEV);
        QVERIFY(unplugged && unplugged->code() == ErrorCode::Input);
        QVERIFY(QString(unplugged->what()).contains("/dev/video3"));
        QVERIFY(QString::fromStdString(unplugged->hint()).contains("unplugged"));
        QVERIFY(!failureAtEnd(LiveKind::Pipe, fifo(), -EIO));
        QVERIFY(!failureAtEnd(LiveKind::Generated, "lavfi:testsrc2", -EIO));
    }

    void sizeAndRateAreForCameras() {
        LiveOptions options;
        options.camera.size = {320, 240};
        QVERIFY(codeOf([&] { LiveReader(fifo(), options, {}); }) == ErrorCode::Usage);
        options.camera = {{}, 30.0};
        QVERIFY(codeOf([&] { LiveReader("lavfi:testsrc2", options, {}); }) == ErrorCode::Usage);
        QCOMPARE(cameraSizeOf("640x480"), (SizePx{640, 480}));
        QVERIFY(cameraSizeOf("").empty());
        for (const char* wrong : {"640", "640x", "x480", "0x480", "640x480p", "640 x 480", "-1x2",
                                  "99999x2", "99999999999x2"}) {
            QVERIFY2(codeOf([&] { (void)cameraSizeOf(wrong); }) == ErrorCode::Usage, wrong);
        }
    }

    void aRecordingHasTheTimesOfItsFrames() {
        VideoInfo source;
        source.size = scene_.size();
        source.timeBase = {1, 100};
        source.averageFps = 25.0;
        const QString file = folder_.filePath("recorded.mp4");
        LiveRecording recording(file.toStdString(), source);
        // One repeats, one goes back, one has none.
        const std::vector<std::optional<std::int64_t>> times{50, 54, 54, 40, std::nullopt, 70};
        for (const auto& pts : times) {
            Frame frame;
            frame.pts = pts;
            frame.rgb = scene_.picture(static_cast<int>(recording.frames()));
            recording.add(frame);
        }
        QCOMPARE(recording.frames(), FrameIndex{6});
        recording.finish();
        const auto written = openSource(file.toStdString());
        scanToEnd(*written, {});
        const VideoInfo& info = written->info();
        QCOMPARE(info.frames.value_or(0), FrameIndex{6});
        const auto secs = [&info](std::size_t i) {
            return static_cast<double>(*info.pts[i] - *info.pts[0]) * info.timeBase.value();
        };
        const std::vector<double> expected{0.0, 0.04, 0.05, 0.06, 0.07, 0.2};
        for (std::size_t i = 0; i < expected.size(); ++i) {
            QVERIFY2(std::abs(secs(i) - expected[i]) < 0.002,
                     qPrintable(QString("frame %1 at %2 s").arg(i).arg(secs(i))));
        }
    }

    void twoRecordingsToOneFileDoNotMix() {
        VideoInfo source;
        source.size = scene_.size();
        source.timeBase = {1, 100};
        const std::string file = folder_.filePath("twice.mp4").toStdString();
        const auto add = [this](LiveRecording& recording, int frames) {
            for (int t = 0; t < frames; ++t) {
                Frame frame;
                frame.pts = 4 * t;
                frame.rgb = scene_.picture(t);
                recording.add(frame);
            }
        };
        LiveRecording longer(file, source);
        LiveRecording shorter(file, source);
        add(longer, 5);
        add(shorter, 2);
        shorter.finish();
        longer.finish();
        const auto written = openSource(file);
        scanToEnd(*written, {});
        QVERIFY(!written->info().damaged);
        QCOMPARE(written->info().frames.value_or(0), FrameIndex{5});
    }

    // It ends while the file can still be completed.
    void aRecordingLeavesRoomOnItsDisk() {
        VideoInfo source;
        source.size = scene_.size();
        source.timeBase = {1, 100};
        auto left = std::make_shared<std::uintmax_t>(1000);
        const RecordingRoom room{500, [left](const std::filesystem::path&) { return *left; }};
        const QString file = folder_.filePath("full.mp4");
        LiveRecording recording(file.toStdString(), source, room);
        for (int t = 0; t < 3; ++t) {
            QVERIFY(recording.hasRoom());
            Frame frame;
            frame.pts = 4 * t;
            frame.rgb = scene_.picture(t);
            recording.add(frame);
        }
        QCOMPARE(recording.progress().frames, FrameIndex{3});
        QVERIFY(std::abs(recording.progress().secs - 0.08) < 1e-9);
        QVERIFY(recording.progress().bytes > 0);
        *left = 499;
        QVERIFY(!recording.hasRoom());
        const Error why = recording.roomError();
        QVERIFY2(why.hint().find("the 3 frames") != std::string::npos, why.hint().c_str());
        recording.finish();
        const auto written = openSource(file.toStdString());
        scanToEnd(*written, {});
        QCOMPARE(written->info().frames.value_or(0), FrameIndex{3});
        // The next one is not begun, and leaves nothing.
        const QString other = folder_.filePath("other.mp4");
        QVERIFY(codeOf([&] { LiveRecording(other.toStdString(), source, room); }) ==
                ErrorCode::Input);
        QVERIFY(!QFile::exists(other));
        // Without a function of the test, it is the real disk.
        QVERIFY(freeBytesFor(file.toStdString()) > 0);
    }

    void kindsAreTold() {
        QVERIFY(liveKindOf(fifo()) == LiveKind::Pipe);
        QVERIFY(liveKindOf("lavfi:testsrc2=size=64x48:rate=50") == LiveKind::Generated);
        QVERIFY(liveKindOf("lavfi:smptebars") == LiveKind::Generated);
    }

    // What comes through the FIFO cannot make the program open something else.
    void playlistsAreRefused_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("concat") << QByteArray("ffconcat version 1.0\nfile scene.mkv\n");
        QTest::newRow("hls") << QByteArray(
            "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n"
            "#EXTINF:1,\nscene.mkv\n#EXT-X-ENDLIST\n");
        QTest::newRow("text") << QByteArray("not a video\n").repeated(100);
    }

    void playlistsAreRefused() {
        QFETCH(QByteArray, text);
        const QString file = folder_.filePath("list");
        QFile list(file);
        QVERIFY(list.open(QIODevice::WriteOnly));
        list.write(text);
        list.close();
        QProcess writer;
        feed(writer, file);
        QVERIFY(codeOf([&] { LiveReader(fifo(), {}, {}); }) == ErrorCode::Input);
        QVERIFY(writer.waitForFinished(30000));
    }

    void aGeneratedPictureComesAtItsRate() {
        QElapsedTimer taken;
        std::unique_ptr<LiveReader> reader;
        const auto code = codeOf([&] {
            reader = std::make_unique<LiveReader>("lavfi:testsrc2=size=64x48:rate=50",
                                                  LiveOptions{}, StopToken{});
        });
        if (code == ErrorCode::Device) QSKIP("libavdevice is not installed");
        QVERIFY(reader);
        QCOMPARE(reader->info().size, (SizePx{64, 48}));
        taken.start();
        FramePtr first;
        FramePtr last;
        for (int i = 0; i < 11; ++i) {
            last = reader->next();
            QVERIFY(last);
            if (!first) first = last;
        }
        // Of so small a picture neighbours may be equal.
        QVERIFY(first->rgb != last->rgb);
        // Ten steps of 20 ms from the first frame on, which came a little before.
        QVERIFY(taken.elapsed() >= 150);
    }

private:
    [[nodiscard]] std::string fifo() const { return folder_.filePath("fifo").toStdString(); }

    void feed(QProcess& writer, const QString& file) const {
        writer.start("sh",
                     {"-c", "cat \"$1\" > \"$2\"", "sh", file, QString::fromStdString(fifo())});
        QVERIFY(writer.waitForStarted());
    }

    QTemporaryDir folder_;
    test::MovingScene scene_{{96, 64}, {0.5F, 0.25F}, {{{40, 30}, {3.0F, 1.0F}, 12}}};
};

QTEST_GUILESS_MAIN(TestLiveReader)
#include "test_live_reader.moc"
