#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>
#include <algorithm>

#include "media/base/error.h"
#include "media/io/frame_source.h"
#include "tests/media/odd_streams.h"
#include "tests/support/test_video.h"
#include "tests/support/video_check.h"

using namespace mcj;
using namespace mcj::test;

namespace {

constexpr int kReads = 30;

std::optional<Error> errorOf(const QString& path) {
    try {
        const auto source = openSource(path.toStdString());
        return std::nullopt;
    } catch (const Error& error) {
        return error;
    }
}

class TestVideoReader : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void randomReadsEqualReadsInOrder_data();
    void randomReadsEqualReadsInOrder();
    void pixelsAreThoseThatWereWritten();
    void framesBeforeTheDamageAreReadAndItIsNamed_data();
    void framesBeforeTheDamageAreReadAndItIsNamed();
    void rotationIsApplied_data();
    void rotationIsApplied();
    void whatIsOddIsSaid();
    void matrixFollowsTheFile_data();
    void matrixFollowsTheFile();
    void timingIsFoundByTheScan();
    void scanDoesNotDisturbReading();
    void cacheIsBoundedAndSharesFrames();
    void filesThatAreNoVideosAreRefused();
    void nothingElseIsOpened();
    void firstFrameOfAFullHdClipComesBeforeTheScan();

private:
    [[nodiscard]] QString make(const QString& name, const Make& maker);
    QTemporaryDir folder_;
};

void TestVideoReader::initTestCase() {
    if (!haveFfmpeg()) QSKIP("ffmpeg and ffprobe are not installed");
    QVERIFY(folder_.isValid());
}

QString TestVideoReader::make(const QString& name, const Make& maker) {
    const QString path = folder_.filePath(name);
    const QString problem = maker(path);
    if (!problem.isEmpty()) {
        QTest::qFail(qPrintable(problem), __FILE__, __LINE__);
        return {};
    }
    return path;
}

void TestVideoReader::randomReadsEqualReadsInOrder_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<Make>("maker");
    QTest::addColumn<QString>("encoder");
    addCommonStreams();
    addOddStreams();
}

void TestVideoReader::randomReadsEqualReadsInOrder() {
    QFETCH(QString, name);
    QFETCH(Make, maker);
    QFETCH(QString, encoder);
    if (!haveEncoder(encoder)) QSKIP("this ffmpeg lacks the encoder");
    const QString path = make(name, maker);
    QVERIFY(!path.isEmpty());
    ProbedVideo probed;
    QCOMPARE(probeVideo(path, probed), QString());
    QVERIFY(probed.pts.size() > 1);
    const auto source = openSource(path.toStdString());
    scanToEnd(*source, nullptr);
    QCOMPARE(compareWithProbe(source->info(), probed), QString());
    QCOMPARE(compareRandomReads(path, kReads, 17), QString());
}

void TestVideoReader::pixelsAreThoseThatWereWritten() {
    const MovingScene scene({67, 45}, {0.7F, -0.4F}, {{{20.0F, 20.0F}, {1.5F, 0.5F}, 9.0F}});
    const QString path = folder_.filePath("lossless.mkv");
    constexpr int kFrames = 20;
    QCOMPARE(writeLossless(scene, kFrames, path), QString());
    const auto source = openSource(path.toStdString());
    for (const int t : {0, 7, 3, 19, 0, 12}) {
        const FramePtr frame = source->read(t);
        QVERIFY(frame);
        QVERIFY2(frame->rgb == scene.picture(t), qPrintable(QString("frame %1").arg(t)));
    }
    QVERIFY(!source->read(kFrames));
    QVERIFY(!source->read(-1));
    QCOMPARE(source->info().frames, std::optional<FrameIndex>(kFrames));
}

void TestVideoReader::framesBeforeTheDamageAreReadAndItIsNamed_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("coding");
    QTest::newRow("MP4") << "cut.mp4" << (kX264 + QStringList{"-movflags", "+faststart"});
    QTest::newRow("open GOP") << "cutopen.mp4"
                              << (kOpenX264 + QStringList{"-movflags", "+faststart"});
}

void TestVideoReader::framesBeforeTheDamageAreReadAndItIsNamed() {
    QFETCH(QString, name);
    QFETCH(QStringList, coding);
    const QString whole = make("whole_" + name, encode(kMoving, coding));
    const QString cut = folder_.filePath(name);
    QCOMPARE(copyPart(whole, cut, 0.0, 0.6), QString());
    const auto wholeSource = openSource(whole.toStdString());
    const auto cutSource = openSource(cut.toStdString());
    scanToEnd(*cutSource, nullptr);
    const VideoInfo& info = cutSource->info();
    QVERIFY(info.frames);
    QVERIFY(*info.frames > 20 && *info.frames < 100);
    QVERIFY(info.damaged);
    QVERIFY2(info.damaged->find("cut off") != std::string::npos, info.damaged->c_str());
    ProbedVideo probed;
    QCOMPARE(probeVideo(cut, probed), QString());
    QCOMPARE(compareWithProbe(info, probed), QString());
    QCOMPARE(compareRandomReads(cut, kReads, 3), QString());
    // The last few pictures may lean on what is lost.
    for (FrameIndex i = 0; i < *info.frames - 4; ++i) {
        const FramePtr frame = cutSource->read(i);
        QVERIFY(frame);
        QCOMPARE(pixelHash(*frame), pixelHash(*wholeSource->read(i)));
    }
}

void TestVideoReader::rotationIsApplied_data() {
    QTest::addColumn<QList<int>>("matrix");  // a b c d: x' = a x + c y, y' = b x + d y
    QTest::addColumn<int>("clockwiseDeg");
    QTest::newRow("as stored") << QList<int>{1, 0, 0, 1} << 0;
    QTest::newRow("90") << QList<int>{0, 1, -1, 0} << 90;
    QTest::newRow("180") << QList<int>{-1, 0, 0, -1} << 180;
    QTest::newRow("270") << QList<int>{0, -1, 1, 0} << 270;
    QTest::newRow("left-right") << QList<int>{-1, 0, 0, 1} << 0;
    QTest::newRow("upside down") << QList<int>{1, 0, 0, -1} << 180;
    QTest::newRow("transposed") << QList<int>{0, 1, 1, 0} << 270;
    QTest::newRow("transposed the other way") << QList<int>{0, -1, -1, 0} << 90;
}

// The matrix in a QuickTime file's track header is replaced; its definition says what must come.
void TestVideoReader::rotationIsApplied() {
    QFETCH(QList<int>, matrix);
    QFETCH(int, clockwiseDeg);
    constexpr int kMatrixOffset = 4 + 40;  // after the box's type
    const MovingScene scene({48, 32}, {1.0F, 0.0F}, {{{10.0F, 10.0F}, {0.0F, 1.0F}, 6.0F}});
    const QString path = folder_.filePath(QString(QTest::currentDataTag()) + ".mov");
    const QString stored = folder_.filePath("stored.avi");
    QCOMPARE(writeLossless(scene, 3, stored), QString());
    QCOMPARE(runFfmpeg({"-i", stored, "-c:v", "png", "-pix_fmt", "rgb24", path}), QString());
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadWrite));
    const qsizetype header = file.readAll().indexOf("tkhd");
    QVERIFY(header > 0);
    constexpr int kPlaces[4] = {0, 4, 12, 16};
    for (int i = 0; i < 4; ++i) {
        const qint32 fixed = qToBigEndian(static_cast<qint32>(matrix[i] * 65536));
        QVERIFY(file.seek(header + kMatrixOffset + kPlaces[i]));
        file.write(reinterpret_cast<const char*>(&fixed), sizeof(fixed));
    }
    file.close();

    const auto source = openSource(path.toStdString());
    QCOMPARE(source->info().rotationDeg, clockwiseDeg);
    QVERIFY(source->info().warnings.empty());
    const FramePtr frame = source->read(1);
    QVERIFY(frame);
    const bool lying = matrix[0] == 0;
    QCOMPARE(frame->size(), (lying ? SizePx{32, 48} : SizePx{48, 32}));
    QCOMPARE(source->info().size, frame->size());
    const Raster<std::uint8_t> upright = scene.picture(1);
    const int left = (matrix[0] < 0 ? 47 : 0) + (matrix[2] < 0 ? 31 : 0);
    const int top = (matrix[1] < 0 ? 47 : 0) + (matrix[3] < 0 ? 31 : 0);
    for (int y = 0; y < 32; ++y) {
        for (int x = 0; x < 48; ++x) {
            const int toX = matrix[0] * x + matrix[2] * y + left;
            const int toY = matrix[1] * x + matrix[3] * y + top;
            for (int c = 0; c < 3; ++c) QCOMPARE(frame->rgb.at(toY, toX, c), upright.at(y, x, c));
        }
    }
}

void TestVideoReader::whatIsOddIsSaid() {
    const QString alpha =
        make("said.mkv", encode(kMoving, {"-c:v", "ffv1", "-pix_fmt", "yuva420p"}));
    const auto transparent = openSource(alpha.toStdString());
    QCOMPARE(transparent->info().warnings.size(), std::size_t{1});
    QVERIFY(transparent->info().warnings[0].find("transparency") != std::string::npos);
    QCOMPARE(transparent->info().pixelFormat, std::string("yuva420p"));
    QCOMPARE(transparent->info().codec, std::string("ffv1"));

    const QString wide =
        make("wide.mp4", encode(kMoving, QStringList{"-vf", "setsar=4/3"} + kX264));
    const auto anamorphic = openSource(wide.toStdString());
    QCOMPARE(anamorphic->info().sampleAspect, (Rational{4, 3}));
    QCOMPARE(anamorphic->info().size, (SizePx{160, 120}));
}

void TestVideoReader::matrixFollowsTheFile_data() {
    QTest::addColumn<QString>("matrix");
    QTest::addColumn<QString>("range");
    QTest::addColumn<QString>("size");
    QTest::addColumn<QString>("expected");
    QTest::newRow("named 709") << "bt709" << "tv" << "64x48" << "bt709 limited";
    QTest::newRow("named 601") << "smpte170m" << "tv" << "1280x720" << "bt601 limited";
    QTest::newRow("full") << "bt709" << "pc" << "64x48" << "bt709 full";
    QTest::newRow("2020") << "bt2020nc" << "tv" << "64x48" << "bt2020 limited";
    QTest::newRow("silent, small") << "" << "" << "64x48" << "bt601 limited (assumed)";
    QTest::newRow("silent, large") << "" << "" << "1280x720" << "bt709 limited (assumed)";
}

// One flat colour, written as samples, must come back as the colour that the formulas give.
void TestVideoReader::matrixFollowsTheFile() {
    QFETCH(QString, matrix);
    QFETCH(QString, range);
    QFETCH(QString, size);
    QFETCH(QString, expected);
    constexpr int kLuma = 90;
    constexpr int kBlue = 160;
    constexpr int kRed = 100;
    const QStringList parts = size.split('x');
    const int area = parts[0].toInt() * parts[1].toInt();
    QByteArray raw(area, static_cast<char>(kLuma));
    raw.append(QByteArray(area, static_cast<char>(kBlue)));
    raw.append(QByteArray(area, static_cast<char>(kRed)));
    QStringList arguments{"-f", "rawvideo", "-pix_fmt", "yuv444p", "-video_size",
                          size, "-i",       "-",        "-c:v",    "ffv1"};
    if (!matrix.isEmpty()) arguments << "-colorspace" << matrix << "-color_range" << range;
    const QString path = folder_.filePath("matrix.mkv");
    QCOMPARE(runFfmpeg(arguments + QStringList{path}, raw), QString());
    const auto source = openSource(path.toStdString());
    QCOMPARE(source->info().colorMatrix, expected.toStdString());
    const bool is709 = expected.startsWith("bt709");
    const bool is2020 = expected.startsWith("bt2020");
    const double kr = is709 ? 0.2126 : is2020 ? 0.2627 : 0.299;
    const double kb = is709 ? 0.0722 : is2020 ? 0.0593 : 0.114;
    const bool full = expected.contains("full");
    const double luma = full ? kLuma : (kLuma - 16) * 255.0 / 219.0;
    const double chroma = full ? 1.0 : 255.0 / 224.0;
    const double red = luma + 2.0 * (1.0 - kr) * (kRed - 128) * chroma;
    const double blue = luma + 2.0 * (1.0 - kb) * (kBlue - 128) * chroma;
    const double green = (luma - kr * red - kb * blue) / (1.0 - kr - kb);
    const FramePtr frame = source->read(0);
    QVERIFY(frame);
    const double wanted[3] = {red, green, blue};
    for (int c = 0; c < 3; ++c) {
        const int got = frame->rgb.at(20, 30, c);
        QVERIFY2(std::abs(got - wanted[c]) <= 1.5,
                 qPrintable(QString("channel %1: %2, not %3").arg(c).arg(got).arg(wanted[c])));
    }
}

void TestVideoReader::timingIsFoundByTheScan() {
    const QString steady = make("steady.mp4", encode(kMoving, kX264));
    const auto source = openSource(steady.toStdString());
    scanToEnd(*source, nullptr);
    QCOMPARE(source->info().averageFps, 25.0);
    QCOMPARE(source->info().durationSecs, 4.0);
    QVERIFY(!source->info().variableRate);
    QVERIFY(!source->info().damaged);
    QVERIFY(source->info().warnings.empty());
    const QString uneven = make(
        "uneven.mp4", encode(kMoving, QStringList{"-vf", "select='not(mod(n,3))+not(mod(n,7))'",
                                                  "-vsync", "vfr"} +
                                          kX264));
    const auto variable = openSource(uneven.toStdString());
    scanToEnd(*variable, nullptr);
    QVERIFY(variable->info().variableRate);
    bool stopped = false;
    const auto again = openSource(steady.toStdString());
    try {
        while (!again->scan(std::chrono::milliseconds(0))) {
            if (again->info().pts.size() > 10) break;
        }
        QVERIFY(!again->info().frames);
        scanToEnd(*again, [](std::int64_t, std::int64_t) { return false; });
    } catch (const Error& error) {
        stopped = error.code() == ErrorCode::Interrupted;
    }
    // A scan that ends within its first slice is never asked whether to stop.
    QVERIFY(stopped || again->info().frames.has_value());
}

void TestVideoReader::scanDoesNotDisturbReading() {
    const QString path = make("disturbed.ts", encode(kMoving, kOpenX264));
    const auto calm = openSource(path.toStdString());
    const auto disturbed = openSource(path.toStdString());
    for (FrameIndex i = 0; i < 100; ++i) {
        static_cast<void>(disturbed->scan(std::chrono::milliseconds(0)));
        static_cast<void>(disturbed->scan(std::chrono::milliseconds(0)));
        const FramePtr expected = calm->read(i);
        const FramePtr frame = disturbed->read(i);
        QVERIFY(expected && frame);
        QVERIFY(frame->rgb == expected->rgb);
        QCOMPARE(frame->pts, expected->pts);
    }
}

void TestVideoReader::cacheIsBoundedAndSharesFrames() {
    const QString path = make("cached.mp4", encode(kMoving, kX264));
    const auto source = openSource(path.toStdString());
    const FramePtr frame = source->read(40);
    QVERIFY(frame);
    QCOMPARE(source->read(40), frame);
    const auto other = openSource(path.toStdString());
    QVERIFY(other->read(40)->source != frame->source);
    SourceOptions small;
    small.cacheBytes = 2 * 4 * 160 * 120 * 3;
    const auto bounded = openSource(path.toStdString(), small);
    std::vector<std::weak_ptr<const Frame>> given;
    for (FrameIndex i = 0; i < 100; ++i) given.push_back(bounded->read(i));
    const auto alive =
        std::count_if(given.begin(), given.end(), [](const auto& one) { return !one.expired(); });
    QVERIFY2(alive >= 1 && alive <= 4, qPrintable(QString::number(alive)));
}

void TestVideoReader::filesThatAreNoVideosAreRefused() {
    const auto write = [&](const QString& name, const QByteArray& bytes) {
        QFile file(folder_.filePath(name));
        if (file.open(QIODevice::WriteOnly)) file.write(bytes);
        return file.fileName();
    };
    const QString sound = folder_.filePath("sound.wav");
    QCOMPARE(runFfmpeg({"-f", "lavfi", "-i", "sine=duration=0.2", sound}), QString());
    const QString whole = make("uncut.mp4", encode(kMoving, kX264));
    const QString headless = folder_.filePath("headless.mp4");
    QCOMPARE(copyPart(whole, headless, 0.0, 0.5), QString());
    const QList<QPair<QString, QString>> cases = {
        {folder_.filePath("missing.mp4"), "does not exist"},
        {write("empty.mp4", {}), "is empty"},
        {write("text.mp4", "This is not a video at all, just a line of text.\n"), "cannot be read"},
        // Long enough for FFmpeg to take it for art in letters.
        {write("notes.txt", QByteArray("A line of text, as there are many.\n").repeated(200)),
         "is text"},
        {write("noise.mp4", QByteArray(5000, '\x5a')), "cannot be read"},
        {sound, "no video stream"},
        {headless, "cannot be read"},
        {"http://127.0.0.1:9/clip.mp4", "not a local file"},
        {"rtsp://127.0.0.1/clip", "not a local file"},
        {folder_.filePath("*.nothing"), "contains no images"},
    };
    for (const auto& [path, words] : cases) {
        const auto error = errorOf(path);
        QVERIFY2(error, qPrintable(path + " was opened"));
        QCOMPARE(static_cast<int>(error->code()), static_cast<int>(ErrorCode::Input));
        const QString text = QString::fromStdString(error->what());
        QVERIFY2(text.contains(words), qPrintable(text));
        QVERIFY2(text.contains(path), qPrintable(text));
    }
}

void TestVideoReader::nothingElseIsOpened() {
    const QString clip = make("target.ts", encode(kMoving, kX264));
    const auto write = [&](const QString& name, const QString& text) {
        QFile file(folder_.filePath(name));
        if (file.open(QIODevice::WriteOnly)) file.write(text.toUtf8());
        return file.fileName();
    };
    const QStringList lists = {
        write("list.m3u8",
              "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:4.0,\n" + clip + "\n#EXT-X-ENDLIST\n"),
        write("remote.m3u8",
              "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:4.0,\n"
              "http://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"),
        write("list.ffconcat", "ffconcat version 1.0\nfile '" + clip + "'\n"),
        write("stream.sdp",
              "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
              "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"),
    };
    for (const QString& list : lists) {
        const auto error = errorOf(list);
        QVERIFY2(error, qPrintable(list + " was opened"));
        QCOMPARE(static_cast<int>(error->code()), static_cast<int>(ErrorCode::Input));
    }
}

void TestVideoReader::firstFrameOfAFullHdClipComesBeforeTheScan() {
    const QString path = make(
        "hd.mp4", encode({"-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=30:duration=4"},
                         {"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-crf", "20"}));
    const auto source = openSource(path.toStdString());
    QVERIFY(source->read(0));
    // Only a full scan would know the number of frames.
    QVERIFY(!source->info().frames);
}

}  // namespace

QTEST_GUILESS_MAIN(TestVideoReader)
#include "test_video_reader.moc"
