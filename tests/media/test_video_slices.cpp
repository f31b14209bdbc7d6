// Reading in slices, pictures near a time, and files that cannot be read for a while.
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "media/base/error.h"
#include "media/io/frame_source.h"
#include "tests/media/odd_streams.h"
#include "tests/support/numbered_video.h"
#include "tests/support/test_video.h"

using namespace mcj;
using namespace mcj::test;

namespace {

constexpr int kFrames = 300;
constexpr int kGop = 50;
constexpr SizePx kSize{160, 96};

/// Over before it begins: each call does the least that it can.
ReadLimit noTime() { return ReadLimit::within(std::chrono::milliseconds(0)); }

class TestVideoSlices : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void aFrameFarAheadComesInSlices();
    void aFrameBehindComesInSlices();
    void aNewWishIsServedAtOnce();
    void theEndIsKnownInSlices();
    void aStopEndsReading();
    void aPictureNearATime_data();
    void aPictureNearATime();
    void pictureFoldersNeedNone();
    void aFileThatWasAwayIsReadAgain();

private:
    [[nodiscard]] std::unique_ptr<FrameSource> open() const {
        return openSource(path_.toStdString());
    }
    QTemporaryDir folder_;
    QString path_;
};

void TestVideoSlices::initTestCase() {
    if (!haveFfmpeg()) QSKIP("ffmpeg and ffprobe are not installed");
    path_ = folder_.filePath("numbered.mp4");
    QCOMPARE(writeNumbered(kFrames, kSize, fastX264(kGop), path_), QString());
}

void TestVideoSlices::aFrameFarAheadComesInSlices() {
    const auto source = open();
    int slices = 0;
    FrameRead read = source->read(250, noTime());
    for (; read.state == ReadState::NotYet; ++slices) read = source->read(250, noTime());
    QCOMPARE(read.state, ReadState::Frame);
    QCOMPARE(read.frame->index, FrameIndex(250));
    QCOMPARE(numberIn(read.frame->rgb), FrameIndex(250));
    QVERIFY2(slices > 200, qPrintable(QString::number(slices)));
    QVERIFY(read.frame->rgb == open()->read(250)->rgb);
}

void TestVideoSlices::aFrameBehindComesInSlices() {
    const auto source = open();
    scanToEnd(*source, nullptr);
    int slices = 0;
    FrameRead read = source->read(149, noTime());
    for (; read.state == ReadState::NotYet; ++slices) read = source->read(149, noTime());
    QCOMPARE(numberIn(read.frame->rgb), FrameIndex(149));
    // It lies at the end of its group of pictures.
    QVERIFY2(slices > kGop / 2, qPrintable(QString::number(slices)));
    QVERIFY(slices < 2 * kGop);
}

void TestVideoSlices::aNewWishIsServedAtOnce() {
    const auto source = open();
    scanToEnd(*source, nullptr);
    for (const FrameIndex wanted : {149, 20, 249, 100, 148, 0, 299}) {
        QCOMPARE(source->read(99, noTime()).state == ReadState::End, false);
        const FramePtr frame = source->read(wanted);
        QVERIFY(frame);
        QCOMPARE(numberIn(frame->rgb), wanted);
    }
    QCOMPARE(numberIn(source->read(99)->rgb), FrameIndex(99));
}

void TestVideoSlices::theEndIsKnownInSlices() {
    const auto source = open();
    FrameRead read = source->read(kFrames, noTime());
    QCOMPARE(read.state, ReadState::NotYet);
    while (read.state == ReadState::NotYet) read = source->read(kFrames, noTime());
    QCOMPARE(read.state, ReadState::End);
    QCOMPARE(source->info().frames, std::optional<FrameIndex>(kFrames));
    QCOMPARE(source->read(-1, noTime()).state, ReadState::End);
}

void TestVideoSlices::aStopEndsReading() {
    const auto source = open();
    const StopSource stop;
    stop.requestStop();
    try {
        (void)source->read(250, stop.token());
        QFAIL("the stop was not seen");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::Interrupted);
    }
    QCOMPARE(source->read(250, ReadLimit::within(std::chrono::hours(1), stop.token())).state,
             ReadState::NotYet);
    QVERIFY(!source->scan(ReadLimit::within(std::chrono::hours(1), stop.token())));
    QVERIFY(source->info().pts.size() < 10);
    QCOMPARE(numberIn(source->read(250)->rgb), FrameIndex(250));
}

void TestVideoSlices::aPictureNearATime_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("coding");
    const QStringList openGop =
        QStringList{"-c:v", "libx264", "-preset",      "veryfast",
                    "-bf",  "2",       "-x264-params", "open-gop=1:keyint=50:scenecut=0"};
    for (const char* container : {"mp4", "mkv", "ts", "avi"}) {
        QTest::addRow("%s", container) << QString("near.%1").arg(container) << fastX264(kGop);
    }
    QTest::newRow("open GOP") << "open.mp4" << openGop;
    QTest::newRow("open GOP as TS") << "open.ts" << openGop;
    QTest::newRow("variable rate")
        << "variable.mp4"
        << (fastX264(kGop) + QStringList{"-bsf:v", "setts=ts=TS*2+mod(N\\,3)*100"});
}

void TestVideoSlices::aPictureNearATime() {
    QFETCH(QString, name);
    QFETCH(QStringList, coding);
    const QString path = folder_.filePath(name);
    QCOMPARE(writeNumbered(kFrames, kSize, coding, path), QString());
    const auto exact = openSource(path.toStdString());
    scanToEnd(*exact, nullptr);
    const VideoInfo& info = exact->info();
    QCOMPARE(info.frames, std::optional<FrameIndex>(kFrames));
    const auto secsOf = [&](FrameIndex i) {
        const auto place = static_cast<std::size_t>(i);
        if (!info.pts[place]) return static_cast<double>(i) / 25.0;
        return static_cast<double>(*info.pts[place] - *info.pts[0]) * info.timeBase.value();
    };
    const auto source = openSource(path.toStdString());
    for (const FrameIndex wanted : {299, 120, 5, 250, 71, 299, 0}) {
        const auto near = source->pictureNear(secsOf(wanted), noTime());
        QVERIFY2(near, qPrintable(QString::number(wanted)));
        QCOMPARE(near->frame->index, FrameIndex(-1));
        const FrameIndex number = numberIn(near->frame->rgb);
        QVERIFY2(std::abs(number - wanted) <= kGop,
                 qPrintable(QString("%1 for %2").arg(number).arg(wanted)));
        // What is said of its time is true, and it is a whole picture.
        QVERIFY(std::abs(near->secs - secsOf(number)) < 1e-6);
        QVERIFY(near->frame->rgb == exact->read(number)->rgb);
        // With time to decode on, it is the very one.
        const auto nearest =
            source->pictureNear(secsOf(wanted), ReadLimit::within(std::chrono::minutes(1)));
        QVERIFY(nearest);
        QCOMPARE(numberIn(nearest->frame->rgb), wanted);
    }
    // Nothing of this counts as known.
    QCOMPARE(source->info().pts.size(), std::size_t{1});
    QCOMPARE(numberIn(source->read(3)->rgb), FrameIndex(3));
}

void TestVideoSlices::pictureFoldersNeedNone() {
    QCOMPARE(runFfmpeg({"-i", path_, "-frames:v", "3", folder_.filePath("picture%03d.png")}),
             QString());
    const auto source = openSource(folder_.filePath("picture*.png").toStdString());
    QVERIFY(!source->pictureNear(0.0, noTime()));
    QVERIFY(source->readsAtOnce());
    QVERIFY(!openSource(path_.toStdString())->readsAtOnce());
    QCOMPARE(source->read(2, noTime()).state, ReadState::Frame);
}

void TestVideoSlices::aFileThatWasAwayIsReadAgain() {
    const QString path = folder_.filePath("blinking.mp4");
    QVERIFY(QFile::copy(path_, path));
    const auto source = openSource(path.toStdString());
    scanToEnd(*source, nullptr);
    QVERIFY(QFile::rename(path, path + ".away"));
    for (int i = 0; i < 3; ++i) {
        try {
            (void)source->read(149);
            QFAIL("read from nowhere");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Input);
        }
    }
    QVERIFY(QFile::rename(path + ".away", path));
    QCOMPARE(numberIn(source->read(149)->rgb), FrameIndex(149));
}

}  // namespace

QTEST_GUILESS_MAIN(TestVideoSlices)
#include "test_video_slices.moc"
