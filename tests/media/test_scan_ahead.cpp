// The scan from two places: what it finds is what a pass from the start finds.
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "media/io/frame_source.h"
#include "tests/media/odd_streams.h"
#include "tests/support/numbered_video.h"
#include "tests/support/test_video.h"

using namespace mcj;
using namespace mcj::test;

namespace {

constexpr int kFrames = 400;
constexpr int kGop = 40;
constexpr SizePx kSize{160, 96};

class TestScanAhead : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg and ffprobe are not installed");
    }

    void findsWhatAPassFromTheStartFinds_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QStringList>("coding");
        QTest::addColumn<bool>("quicker");  ///< whether two halves are scanned
        const QStringList x264{"-c:v", "libx264", "-preset", "veryfast", "-x264-params"};
        const QStringList x265{"-c:v", "libx265", "-preset", "ultrafast", "-x265-params"};
        const QString keys = QString("keyint=%1:min-keyint=%1:scenecut=0").arg(kGop);
        QTest::newRow("H.264") << "a.mp4" << fastX264(kGop) << true;
        QTest::newRow("H.264 with B-frames") << "b.mp4" << x264 + QStringList{keys} << true;
        QTest::newRow("Matroska") << "c.mkv" << x264 + QStringList{keys} << true;
        QTest::newRow("transport stream") << "d.ts" << x264 + QStringList{keys} << false;
        QTest::newRow("open GOP") << "e.mp4" << x264 + QStringList{keys + ":open-gop=1"} << false;
        QTest::newRow("periodic intra refresh")
            << "f.mp4" << x264 + QStringList{"intra-refresh=1:keyint=40"} << false;
        QTest::newRow("HEVC") << "g.mp4" << x265 + QStringList{keys + ":open-gop=0:log-level=none"}
                              << true;
        QTest::newRow("HEVC, open GOP")
            << "h.mp4" << x265 + QStringList{keys + ":open-gop=1:log-level=none"} << false;
        QTest::newRow("variable rate")
            << "i.mp4" << fastX264(kGop) + QStringList{"-bsf:v", "setts=ts=N*512+mod(N\\,3)*100"}
            << true;
        QTest::newRow("motion JPEG") << "j.avi" << QStringList{"-c:v", "mjpeg"} << true;
        QTest::newRow("MPEG-4") << "k.avi" << QStringList{"-c:v", "mpeg4", "-g", "40"} << false;
        QTest::newRow("one key frame") << "l.mp4" << fastX264(10'000) << false;
    }
    void findsWhatAPassFromTheStartFinds() {
        QFETCH(const QString, name);
        QFETCH(const QStringList, coding);
        QFETCH(const bool, quicker);
        const QString path = folder_.filePath(name);
        QCOMPARE(writeNumbered(kFrames, kSize, coding, path), QString());
        compare(path);
        // Each call takes one step, of both halves where there are two.
        const auto source = open(path, true);
        int steps = 1;
        while (!source->scan(std::chrono::milliseconds(0))) ++steps;
        QVERIFY2(quicker == (steps < kFrames * 3 / 4), qPrintable(QString::number(steps)));
    }

    void damageIsFoundInEitherHalf_data() {
        QTest::addColumn<double>("place");
        QTest::newRow("first half") << 0.25;
        QTest::newRow("second half") << 0.75;
    }
    void damageIsFoundInEitherHalf() {
        QFETCH(const double, place);
        const QString path = folder_.filePath("damaged.ts");
        QCOMPARE(writeNumbered(kFrames, kSize, fastX264(kGop), path), QString());
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadWrite));
        const auto at = static_cast<qint64>(place * static_cast<double>(file.size()));
        QVERIFY(file.seek(at));
        file.write(QByteArray(2000, '\x5a'));
        file.close();
        compare(path);
    }

    void aCutFileIsNamed() {
        const QString path = folder_.filePath("cut.mkv");
        QCOMPARE(writeNumbered(kFrames, kSize, fastX264(kGop), path), QString());
        QVERIFY(QFile::resize(path, QFileInfo(path).size() * 4 / 5));
        compare(path);
    }

    void framesOfBothHalvesCanBeRead() {
        const QString path = folder_.filePath("read.mp4");
        QCOMPARE(writeNumbered(kFrames, kSize, fastX264(kGop), path), QString());
        const auto source = open(path, true);
        // While the scan is under way, then after it.
        for (int i = 0; i < 50; ++i) QVERIFY(!source->scan(std::chrono::milliseconds(0)));
        QVERIFY(source->framesAhead() > 0);
        for (const FrameIndex wanted : {10, 120, 3, 300, 399, 201, 199}) {
            const FramePtr frame = source->read(wanted);
            QVERIFY(frame);
            QCOMPARE(numberIn(frame->rgb), wanted);
        }
        scanToEnd(*source, nullptr);
        QCOMPARE(source->framesAhead(), FrameIndex(0));
        for (const FrameIndex wanted : {0, 199, 200, 201, 240, 399}) {
            QCOMPARE(numberIn(source->read(wanted)->rgb), wanted);
        }
        QVERIFY(!source->read(kFrames));
    }

private:
    [[nodiscard]] static std::unique_ptr<FrameSource> open(const QString& path, bool twoPlaces) {
        SourceOptions options;
        options.threads = twoPlaces ? 2 : 1;
        options.scanAheadFrom = 100;
        return openSource(path.toStdString(), options);
    }

    void compare(const QString& path) {
        const auto expected = open(path, false);
        scanToEnd(*expected, nullptr);
        const auto got = open(path, true);
        scanToEnd(*got, nullptr);
        const VideoInfo& a = expected->info();
        const VideoInfo& b = got->info();
        QCOMPARE(b.frames, a.frames);
        QVERIFY(b.pts == a.pts);
        QCOMPARE(b.durationSecs, a.durationSecs);
        QCOMPARE(b.averageFps, a.averageFps);
        QCOMPARE(b.variableRate, a.variableRate);
        QCOMPARE(b.interlaced, a.interlaced);
        QCOMPARE(b.damaged.value_or("whole"), a.damaged.value_or("whole"));
        QVERIFY(b.warnings == a.warnings);
        for (FrameIndex i = 0; i < *a.frames; i += 13) {
            const FramePtr mine = got->read(i);
            const FramePtr its = expected->read(i);
            QVERIFY(mine && its);
            QVERIFY2(mine->rgb == its->rgb, qPrintable(QString::number(i)));
        }
    }

    QTemporaryDir folder_;
};

}  // namespace

QTEST_GUILESS_MAIN(TestScanAhead)
#include "test_scan_ahead.moc"
