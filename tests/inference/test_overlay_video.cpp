#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "inference/analysis/overlay_video.h"
#include "media/io/frame_source.h"
#include "tests/support/test_video.h"
#include "tests/support/video_check.h"

using namespace mcj;
using namespace mcj::test;

namespace {

const QStringList kX264 = {"-c:v", "libx264", "-preset", "veryfast", "-g", "12", "-bf", "2"};

QStringList moving(const QString& secs, const QString& filter = "null") {
    return {"-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=" + secs, "-vf", filter};
}

/// A video written from another begins at 0 and keeps its frames, whatever the other's clock does.
class TestOverlayVideo : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void writtenVideosBeginAtZeroAndKeepTheirFrames_data();
    void writtenVideosBeginAtZeroAndKeepTheirFrames();
    void spacingIsKept();
    void sampleAspectIsKept_data();
    void sampleAspectIsKept();
    void sharedCases_data();
    void sharedCases();

private:
    /// Every `step`th frame from `first` on, written and read back.
    [[nodiscard]] VideoInfo rewritten(const QString& path, FrameIndex first, FrameIndex step);
    QTemporaryDir folder_;
};

void TestOverlayVideo::initTestCase() {
    if (!haveFfmpeg()) QSKIP("ffmpeg and ffprobe are not installed");
    if (!haveEncoder("libx264")) QSKIP("this ffmpeg lacks the encoder");
    QVERIFY(folder_.isValid());
}

VideoInfo TestOverlayVideo::rewritten(const QString& path, FrameIndex first, FrameIndex step) {
    const auto source = openSource(path.toStdString());
    scanToEnd(*source, nullptr);
    const QString out = folder_.filePath("overlay.mp4");
    OverlayVideo video(out.toStdString(), source->info(), step);
    for (FrameIndex i = first; i < *source->info().frames; i += step) {
        const FramePtr frame = source->read(i);
        video.add(*frame, frame->rgb);
    }
    video.finish();
    const auto written = openSource(out.toStdString());
    scanToEnd(*written, nullptr);
    return written->info();
}

void TestOverlayVideo::writtenVideosBeginAtZeroAndKeepTheirFrames_data() {
    QTest::addColumn<QStringList>("first");
    QTest::addColumn<QStringList>("second");  // appended to the first, byte by byte
    QTest::addColumn<QString>("ending");
    const QStringList none;
    const auto late = [](const char* secs) { return QStringList{"-output_ts_offset", secs}; };
    QTest::newRow("late Matroska") << moving("1") + kX264 + late("1.2") << none << ".mkv";
    QTest::newRow("far Matroska") << moving("1") + kX264 + late("3000000") << none << ".mkv";
    QTest::newRow("far TS") << moving("1") + kX264 + late("90000") << none << ".ts";
    QTest::newRow("below zero") << moving("1") + kX264 + late("-2.0") << none << ".ts";
    QTest::newRow("wraps") << moving("1") + kX264 + late("95442.7") << none << ".ts";
    QTest::newRow("jump ahead") << moving("1") + kX264 << moving("1") + kX264 + late("36000")
                                << ".ts";
    QTest::newRow("jump back") << moving("1") + kX264 + late("36000") << moving("1") + kX264
                               << ".ts";
    QTest::newRow("jump in Matroska") << moving("2", "setpts='if(gte(N,25),PTS+1000/TB,PTS)'") +
                                             kX264 + QStringList{"-vsync", "passthrough"}
                                      << none << ".mkv";
    QTest::newRow("jump in MP4") << moving("2", "setpts='if(gte(N,25),PTS+40000/TB,PTS)'") + kX264 +
                                        QStringList{"-bf", "0", "-vsync", "passthrough"}
                                 << none << ".mp4";
    QTest::newRow("jump in MPEG program stream")
        << moving("1") + QStringList{"-c:v", "mpeg2video"}
        << moving("1") + QStringList{"-c:v", "mpeg2video"} + late("5000") << ".mpg";
    QTest::newRow("no timestamps") << moving("1") + kX264 << none << ".h264";
    QTest::newRow("FLV, late") << moving("1") + kX264 + late("7.5") << none << ".flv";
}

void TestOverlayVideo::writtenVideosBeginAtZeroAndKeepTheirFrames() {
    QFETCH(QStringList, first);
    QFETCH(QStringList, second);
    QFETCH(QString, ending);
    const QString path = folder_.filePath("source" + ending);
    QCOMPARE(runFfmpeg(first + QStringList{path}), QString());
    if (!second.isEmpty()) {
        const QString more = folder_.filePath("more" + ending);
        QCOMPARE(runFfmpeg(second + QStringList{more}), QString());
        QFile from(more);
        QFile to(path);
        QVERIFY(from.open(QIODevice::ReadOnly) && to.open(QIODevice::Append));
        to.write(from.readAll());
    }
    const auto source = openSource(path.toStdString());
    scanToEnd(*source, nullptr);
    const VideoInfo& info = source->info();
    const FrameIndex frames = *info.frames;
    QVERIFY(frames == 25 || frames == 50);
    QVERIFY2(std::abs(info.averageFps - 25.0) < 0.3, qPrintable(QString::number(info.averageFps)));
    QVERIFY(std::abs(info.durationSecs - static_cast<double>(frames) / 25.0) < 0.05);
    QVERIFY(!info.damaged);

    for (const FrameIndex step : {1, 3}) {
        const FrameIndex begin = 5;
        const VideoInfo written = rewritten(path, begin, step);
        const FrameIndex expected = (frames - begin + step - 1) / step;
        QCOMPARE(written.frames, std::optional<FrameIndex>(expected));
        QCOMPARE(written.pts.front(), std::optional<std::int64_t>(0));
        for (std::size_t i = 1; i < written.pts.size(); ++i) {
            const double secs =
                double(*written.pts[i] - *written.pts[i - 1]) * written.timeBase.value();
            const double wanted = 0.04 * double(step);
            QVERIFY2(secs > 0.5 * wanted && secs < 1.5 * wanted, qPrintable(QString::number(secs)));
        }
        ProbedVideo probed;
        QCOMPARE(probeVideo(folder_.filePath("overlay.mp4"), probed), QString());
        QCOMPARE(static_cast<FrameIndex>(probed.pts.size()), expected);
    }
}

void TestOverlayVideo::spacingIsKept() {
    const QString path = folder_.filePath("uneven.mkv");
    QCOMPARE(runFfmpeg(moving("2", "select='not(mod(n,3))+not(mod(n,7))',setpts=PTS+9/TB") + kX264 +
                       QStringList{"-vsync", "passthrough", path}),
             QString());
    const auto source = openSource(path.toStdString());
    scanToEnd(*source, nullptr);
    const VideoInfo& info = source->info();
    const VideoInfo written = rewritten(path, 0, 1);
    QCOMPARE(written.frames, info.frames);
    for (std::size_t i = 0; i < info.pts.size(); ++i) {
        const double wanted = double(*info.pts[i] - *info.pts[0]) * info.timeBase.value();
        QVERIFY(std::abs(double(*written.pts[i]) * written.timeBase.value() - wanted) < 1e-6);
    }
}

void TestOverlayVideo::sampleAspectIsKept_data() {
    QTest::addColumn<QStringList>("coding");
    QTest::addColumn<QString>("name");
    QTest::newRow("DV") << QStringList{"-s",       "720x576", "-c:v",    "dvvideo",
                                       "-pix_fmt", "yuv420p", "-aspect", "4:3"}
                        << "dv.avi";
    QTest::newRow("MP4") << QStringList{"-vf", "setsar=4/3"} + kX264 << "wide.mp4";
    QTest::newRow("Matroska") << QStringList{"-vf", "setsar=12/11"} + kX264 << "narrow.mkv";
    QTest::newRow("MPEG-2") << QStringList{"-c:v", "mpeg2video", "-aspect", "16:9"} << "wide.mpg";
    QTest::newRow("square") << kX264 << "square.mp4";
}

void TestOverlayVideo::sampleAspectIsKept() {
    QFETCH(QStringList, coding);
    QFETCH(QString, name);
    const QString path = folder_.filePath(name);
    QCOMPARE(
        runFfmpeg(QStringList{"-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=0.4"} +
                  coding + QStringList{path}),
        QString());
    const Rational aspect = openSource(path.toStdString())->info().sampleAspect;
    QCOMPARE(aspect == (Rational{1, 1}), name.startsWith("square"));
    QCOMPARE(rewritten(path, 0, 1).sampleAspect, aspect);
}

void TestOverlayVideo::sharedCases_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("frames");
    QTest::newRow("live") << "video/live.mkv" << 50;
    QTest::newRow("far") << "video/far.mkv" << 25;
    QTest::newRow("wraps in the middle") << "video/wrapmid.ts" << 25;
    QTest::newRow("jump") << "video/jump.ts" << 50;
}

void TestOverlayVideo::sharedCases() {
    QFETCH(QString, name);
    QFETCH(int, frames);
    const QString path = sharedCase(name);
    if (path.isEmpty()) QSKIP("the shared cases are not here");
    const VideoInfo written = rewritten(path, 0, 1);
    QCOMPARE(written.frames, std::optional<FrameIndex>(frames));
    QCOMPARE(written.pts.front(), std::optional<std::int64_t>(0));
    QVERIFY(std::abs(written.durationSecs - frames * 0.04) < 0.01);
    QVERIFY(!written.variableRate);
}

}  // namespace

QTEST_GUILESS_MAIN(TestOverlayVideo)
#include "test_overlay_video.moc"
