#include <QDir>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <cstdlib>

#include "media/base/error.h"
#include "media/base/frame_time.h"
#include "media/io/atomic_file.h"
#include "media/io/frame_source.h"
#include "media/io/gif_writer.h"
#include "media/io/video_writer.h"
#include "tests/support/test_video.h"
#include "tests/support/video_check.h"

using namespace mcj;
using namespace mcj::test;

namespace {

double lumaAt(const Raster<std::uint8_t>& rgb, int y, int x) {
    return 0.2126 * rgb.at(y, x, 0) + 0.7152 * rgb.at(y, x, 1) + 0.0722 * rgb.at(y, x, 2);
}

/// Mean over the pixels of `expected`; colour is stored at half the resolution, lightness is not.
double lumaDifference(const Raster<std::uint8_t>& got, const Raster<std::uint8_t>& expected) {
    double sum = 0.0;
    for (int y = 0; y < expected.height(); ++y) {
        for (int x = 0; x < expected.width(); ++x) {
            sum += std::abs(lumaAt(got, y, x) - lumaAt(expected, y, x));
        }
    }
    return sum / static_cast<double>(expected.size().area());
}

class TestVideoWriter : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void whatIsWrittenIsReadBack_data();
    void whatIsWrittenIsReadBack();
    void alphaIsKept_data();
    void alphaIsKept();
    void nothingIsLeftWithoutFinish();
    void anOldFileStaysUntilFinish();
    void misuseIsRefused();
    void aGifIsReadBackInItsColours();
    void nothingIsLeftOfAnUnfinishedGif();

private:
    [[nodiscard]] std::string path(const QString& name) const {
        return folder_->filePath(name).toStdString();
    }
    std::unique_ptr<QTemporaryDir> folder_;
};

void TestVideoWriter::init() {
    folder_ = std::make_unique<QTemporaryDir>();
    QVERIFY(folder_->isValid());
}

void TestVideoWriter::whatIsWrittenIsReadBack_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("height");
    QTest::addColumn<qint64>("num");
    QTest::addColumn<qint64>("den");
    QTest::addColumn<QList<qint64>>("pts");
    QList<qint64> steady;
    QList<qint64> uneven;
    for (int i = 0; i < 30; ++i) {
        steady << i;
        uneven << i * 3 + (i % 4 == 0 ? 1 : 0);
    }
    QTest::newRow("steady") << 64 << 48 << qint64(1) << qint64(25) << steady;
    QTest::newRow("odd sides") << 65 << 47 << qint64(1001) << qint64(30000) << steady;
    QTest::newRow("uneven times") << 64 << 48 << qint64(1) << qint64(90) << uneven;
    QTest::newRow("one frame") << 32 << 32 << qint64(1) << qint64(10) << QList<qint64>{0};
    QTest::newRow("begins late") << 64 << 48 << qint64(1) << qint64(12800)
                                 << QList<qint64>{1536, 2048, 2560, 3072, 3584};
}

void TestVideoWriter::whatIsWrittenIsReadBack() {
    QFETCH(int, width);
    QFETCH(int, height);
    QFETCH(qint64, num);
    QFETCH(qint64, den);
    QFETCH(QList<qint64>, pts);
    const SizePx size{width, height};
    const MovingScene scene(size, {0.5F, 0.25F}, {{{20.0F, 20.0F}, {1.0F, 0.5F}, 8.0F}});
    VideoWriter writer(path("out.mp4"), size, {num, den});
    for (int i = 0; i < pts.size(); ++i) writer.add(scene.picture(i), pts[i]);
    writer.finish();
    QCOMPARE(QDir(folder_->path()).entryList(QDir::Files | QDir::Hidden), QStringList{"out.mp4"});

    const auto source = openSource(path("out.mp4"));
    scanToEnd(*source, nullptr);
    const VideoInfo& info = source->info();
    QCOMPARE(info.frames, std::optional<FrameIndex>(pts.size()));
    QCOMPARE(info.size, (SizePx{width + width % 2, height + height % 2}));
    QVERIFY(info.colorMatrix == "bt709 limited");
    QVERIFY(!info.damaged);
    const double unit = double(num) / double(den);
    for (int i = 0; i < pts.size(); ++i) {
        const FramePtr frame = source->read(i);
        QVERIFY(frame && frame->pts);
        const double secs = double(*frame->pts) * info.timeBase.value();
        const double wanted = double(pts[i]) * unit;
        QVERIFY2(std::abs(secs - wanted) < 1e-9,
                 qPrintable(QString("frame %1 at %2 s, not %3").arg(i).arg(secs).arg(wanted)));
        const double difference = lumaDifference(frame->rgb, scene.picture(i));
        QVERIFY2(difference < 3.0,
                 qPrintable(QString("frame %1 is %2 off").arg(i).arg(difference)));
    }
}

void TestVideoWriter::alphaIsKept_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("format");
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("tolerance");
    QTest::newRow("ProRes") << "out.mov" << int(VideoFormat::ProRes4444) << 64 << 2;
    QTest::newRow("FFV1") << "out.mkv" << int(VideoFormat::Ffv1Alpha) << 64 << 0;
    QTest::newRow("FFV1, odd sides") << "odd.mkv" << int(VideoFormat::Ffv1Alpha) << 65 << 0;
}

void TestVideoWriter::alphaIsKept() {
    if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    QFETCH(QString, name);
    QFETCH(int, format);
    QFETCH(int, width);
    QFETCH(int, tolerance);
    const SizePx size{width, 48};
    constexpr int kFrames = 3;
    // Smooth colours, which a lossy codec keeps; alpha has a border.
    QByteArray given;
    VideoWriter writer(path(name), size, {1, 25}, {1, 1}, static_cast<VideoFormat>(format));
    for (int frame = 0; frame < kFrames; ++frame) {
        Raster<std::uint8_t> picture(size, 4);
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
                picture.at(y, x, 0) = static_cast<std::uint8_t>(40 + 2 * x);
                picture.at(y, x, 1) = static_cast<std::uint8_t>(60 + 2 * y);
                picture.at(y, x, 2) = static_cast<std::uint8_t>(100 + 20 * frame);
                picture.at(y, x, 3) = x > 10 + frame && y > 8 ? 255 : 0;
            }
        }
        given.append(reinterpret_cast<const char*>(picture.values().data()),
                     static_cast<qsizetype>(picture.values().size()));
        writer.add(picture, frame);
    }
    writer.finish();
    QVERIFY_EXCEPTION_THROWN(writer.add(Raster<std::uint8_t>(size, 3), 9), Error);

    QProcess ffmpeg;
    ffmpeg.start("ffmpeg", {"-v", "error", "-i", QString::fromStdString(path(name)), "-vf",
                            // Its own choice is that of SD video, whatever the file says.
                            "scale=in_color_matrix=bt709", "-fps_mode", "passthrough", "-f",
                            "rawvideo", "-pix_fmt", "rgba", "-"});
    QVERIFY(ffmpeg.waitForFinished(60'000));
    const QByteArray read = ffmpeg.readAllStandardOutput();
    QCOMPARE(read.size(), given.size());
    int worst = 0;
    for (qsizetype i = 0; i < given.size(); ++i) {
        const int difference = std::abs(int(static_cast<std::uint8_t>(given[i])) -
                                        int(static_cast<std::uint8_t>(read[i])));
        // Alpha is lossless in both.
        if (i % 4 == 3) QCOMPARE(difference, 0);
        worst = std::max(worst, difference);
    }
    QVERIFY2(worst <= tolerance, qPrintable(QString::number(worst)));
}

void TestVideoWriter::nothingIsLeftWithoutFinish() {
    {
        VideoWriter writer(path("dropped.mp4"), {32, 32}, {1, 25});
        for (int i = 0; i < 5; ++i) writer.add(Raster<std::uint8_t>({32, 32}, 3), i);
    }
    QVERIFY(QDir(folder_->path()).entryList(QDir::Files | QDir::Hidden).isEmpty());
}

void TestVideoWriter::anOldFileStaysUntilFinish() {
    QFile old(folder_->filePath("kept.mp4"));
    QVERIFY(old.open(QIODevice::WriteOnly));
    old.write("old");
    old.close();
    VideoWriter writer(path("kept.mp4"), {32, 32}, {1, 25});
    writer.add(Raster<std::uint8_t>({32, 32}, 3), 0);
    QCOMPARE(old.size(), 3);
    writer.finish();
    QVERIFY(QFileInfo(old.fileName()).size() > 3);
    writer.finish();
}

void TestVideoWriter::misuseIsRefused() {
    QVERIFY_EXCEPTION_THROWN(VideoWriter(path("no/such/folder.mp4"), {32, 32}, {1, 25}), Error);
    QVERIFY_EXCEPTION_THROWN(VideoWriter(path("a.mp4"), {0, 32}, {1, 25}), Error);
    QVERIFY_EXCEPTION_THROWN(VideoWriter(path("a.mp4"), {32, 32}, {0, 1}), Error);
    // Not only once everything is encoded.
    QVERIFY(QDir(folder_->path()).mkdir("folder"));
    QVERIFY_EXCEPTION_THROWN(VideoWriter(path("folder"), {32, 32}, {1, 25}), Error);
    QVERIFY_EXCEPTION_THROWN(GifWriter(path("folder"), {32, 32}), Error);
    VideoWriter writer(path("b.mp4"), {32, 32}, {1, 25});
    QVERIFY_EXCEPTION_THROWN(writer.add(Raster<std::uint8_t>({16, 32}, 3), 0), Error);
    QVERIFY_EXCEPTION_THROWN(writer.finish(), Error);
    writer.add(Raster<std::uint8_t>({32, 32}, 3), 7);
    QVERIFY_EXCEPTION_THROWN(writer.add(Raster<std::uint8_t>({32, 32}, 3), 7), Error);
}

void TestVideoWriter::aGifIsReadBackInItsColours() {
    const SizePx size{64, 48};
    // A ramp of grey beside plain colours, and its mirror image.
    Raster<std::uint8_t> first(size, 3);
    Raster<std::uint8_t> second(size, 3);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            for (int c = 0; c < 3; ++c) {
                const int value = y < 24 ? x * 4 : (c == 1 ? 200 : 40);
                first.at(y, x, c) = static_cast<std::uint8_t>(value);
                second.at(y, size.width - 1 - x, c) = static_cast<std::uint8_t>(value);
            }
        }
    }
    {
        GifWriter writer(path("a.gif"), size);
        writer.add(first, 150);
        writer.add(second, 150);
        writer.finish();
    }
    const auto source = openSource(path("a.gif"));
    scanToEnd(*source, nullptr);
    QCOMPARE(*source->info().frames, FrameIndex{2});
    QVERIFY(std::abs(frameTimeSecs(source->info(), 1) - 1.5) < 0.01);
    // The graphic control extension of every picture has its delay.
    const std::vector<std::uint8_t> bytes = readFileBytes(path("a.gif"));
    std::vector<int> delays;
    for (std::size_t i = 0; i + 6 < bytes.size(); ++i) {
        if (bytes[i] != 0x21 || bytes[i + 1] != 0xF9 || bytes[i + 2] != 4) continue;
        delays.push_back(bytes[i + 4] + 256 * bytes[i + 5]);
    }
    QCOMPARE(delays, (std::vector<int>{150, 150}));
    for (FrameIndex index = 0; index < 2; ++index) {
        const FramePtr read = source->read(index);
        QVERIFY(read);
        const Raster<std::uint8_t>& expected = index == 0 ? first : second;
        // The mean of a square of the matrix is the colour.
        for (int top = 0; top < size.height; top += 8) {
            for (int left = 0; left < size.width; left += 8) {
                for (int c = 0; c < 3; ++c) {
                    double sum = 0.0;
                    for (int i = 0; i < 64; ++i) {
                        sum += read->rgb.at(top + i / 8, left + i % 8, c);
                        sum -= expected.at(top + i / 8, left + i % 8, c);
                    }
                    QVERIFY2(std::abs(sum / 64.0) < 6.0, qPrintable(QString::number(sum / 64.0)));
                }
            }
        }
    }
}

void TestVideoWriter::nothingIsLeftOfAnUnfinishedGif() {
    const Raster<std::uint8_t> picture({16, 16}, 3, 90);
    {
        GifWriter writer(path("b.gif"), picture.size());
        writer.add(picture, 10);
        QVERIFY_EXCEPTION_THROWN(writer.add(picture, 0), Error);
        QVERIFY_EXCEPTION_THROWN(writer.add(Raster<std::uint8_t>({8, 8}, 3), 10), Error);
    }
    QVERIFY(QDir(folder_->path()).isEmpty());
    QVERIFY_EXCEPTION_THROWN(GifWriter(path("b.gif"), {0, 4}), Error);
    QVERIFY_EXCEPTION_THROWN(GifWriter(path("nowhere/b.gif"), {16, 16}), Error);
    GifWriter alone(path("c.gif"), picture.size());
    alone.add(picture, 200);
    alone.finish();
    QCOMPARE(QDir(folder_->path()).entryList(QDir::Files), QStringList{"c.gif"});
}

}  // namespace

QTEST_GUILESS_MAIN(TestVideoWriter)
#include "test_video_writer.moc"
