#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include "media/io/frame_source.h"
#include "tests/media/odd_streams.h"
#include "tests/support/test_video.h"

using namespace mcj;
using namespace mcj::test;

namespace {

constexpr int kLuma = 90;
constexpr int kSecond = 160;
constexpr int kThird = 100;

VideoInfo infoOf(const QString& path) { return openSource(path.toStdString())->info(); }

bool warnsOf(const VideoInfo& info, const char* words) {
    return std::any_of(info.warnings.begin(), info.warnings.end(), [words](const auto& warning) {
        return warning.find(words) != std::string::npos;
    });
}

/// Scalers differ by some 5 levels on this picture; turned another way it is above 40.
/// Mean difference between frame 0 here and the one that ffmpeg decodes, turned as it turns it.
double differenceToFfmpeg(const QString& path) {
    const FramePtr frame = openSource(path.toStdString())->read(0);
    const QString raw = path + ".rgb";
    if (!runFfmpeg({"-i", path, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", raw})
             .isEmpty()) {
        return 1e9;
    }
    QFile file(raw);
    if (!file.open(QIODevice::ReadOnly)) return 1e9;
    const QByteArray theirs = file.readAll();
    if (!frame || static_cast<std::size_t>(theirs.size()) != frame->rgb.bytes()) return 1e9;
    double sum = 0.0;
    for (qsizetype i = 0; i < theirs.size(); ++i) {
        sum += std::abs(static_cast<quint8>(theirs[i]) - frame->rgb.data()[i]);
    }
    return sum / static_cast<double>(theirs.size());
}

/// What of a file a user has to know, and what is converted by it.
class TestVideoFacts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void orientationInTheFramesIsApplied_data();
    void orientationInTheFramesIsApplied();
    void orientationOfHevcIsApplied();
    void orientationOfMotionJpegIsApplied();
    void everyStatedMatrixIsConvertedOrNamed_data();
    void everyStatedMatrixIsConvertedOrNamed();
    void furtherStreamsAreSaid();
    void droppedTransparencyIsSaid_data();
    void droppedTransparencyIsSaid();
    void fieldsAreSaid_data();
    void fieldsAreSaid();
    void sharedCases();

private:
    [[nodiscard]] QString make(const QString& name, const QStringList& coding);
    [[nodiscard]] QString flat(const QString& name, const QString& format, int depth,
                               const QStringList& coding);
    QTemporaryDir folder_;
};

void TestVideoFacts::initTestCase() {
    if (!haveFfmpeg()) QSKIP("ffmpeg and ffprobe are not installed");
    QVERIFY(folder_.isValid());
}

QString TestVideoFacts::make(const QString& name, const QStringList& coding) {
    const QString path = folder_.filePath(name);
    const QString problem = runFfmpeg(kMoving + coding + QStringList{path});
    if (problem.isEmpty()) return path;
    QTest::qFail(qPrintable(problem), __FILE__, __LINE__);
    return {};
}

void TestVideoFacts::orientationInTheFramesIsApplied_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("orientation");
    QTest::addColumn<bool>("lying");
    QTest::newRow("raw, a quarter") << "quarter.h264" << "rotate=90" << true;
    QTest::newRow("Matroska, three quarters") << "three.mkv" << "rotate=270" << true;
    QTest::newRow("MP4, a half") << "half.mp4" << "rotate=180" << false;
    QTest::newRow("TS, a quarter") << "quarter.ts" << "rotate=90" << true;
    QTest::newRow("AVI, mirrored") << "mirrored.avi" << "rotate=0:flip=horizontal" << false;
}

void TestVideoFacts::orientationInTheFramesIsApplied() {
    QFETCH(QString, name);
    QFETCH(QString, orientation);
    QFETCH(bool, lying);
    if (!haveEncoder("libx264")) QSKIP("this ffmpeg lacks the encoder");
    const QString path = make(
        name,
        kX264 + QStringList{"-bsf:v", "h264_metadata=display_orientation=insert:" + orientation});
    QVERIFY(!path.isEmpty());
    const VideoInfo info = infoOf(path);
    QCOMPARE(info.size, (lying ? SizePx{120, 160} : SizePx{160, 120}));
    const double difference = differenceToFfmpeg(path);
    QVERIFY2(difference < 10.0, qPrintable(QString::number(difference)));
}

void TestVideoFacts::orientationOfHevcIsApplied() {
    if (!haveEncoder("libx265")) QSKIP("this ffmpeg lacks the encoder");
    const QString plain = make("plain.hevc", {"-c:v", "libx265", "-preset", "ultrafast",
                                              "-x265-params", "log-level=none"});
    QFile file(plain);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QByteArray stream = file.readAll();
    // A prefix SEI (NAL type 39) of payload 47 before the first picture (NAL types 16 to 21).
    qsizetype at = -1;
    for (qsizetype i = 0; i + 4 < stream.size() && at < 0; ++i) {
        const int type = (static_cast<quint8>(stream[i + 3]) >> 1) & 0x3F;
        if (stream.mid(i, 3) == QByteArray::fromHex("000001") && type >= 16 && type <= 21) at = i;
    }
    QVERIFY(at > 0);
    // The bits: cancel 0, hor_flip 0, ver_flip 0, rotation 0x4000 of 16 bits, persistence 1,
    // alignment.
    stream.insert(at, QByteArray::fromHex("0000014e012f0308001880"));
    const QString path = folder_.filePath("turned.hevc");
    QFile out(path);
    QVERIFY(out.open(QIODevice::WriteOnly));
    out.write(stream);
    out.close();
    QCOMPARE(infoOf(path).size, (SizePx{120, 160}));
    QVERIFY(differenceToFfmpeg(path) < 10.0);
}

void TestVideoFacts::orientationOfMotionJpegIsApplied() {
    const QString plain = make("plain.mjpeg", {"-c:v", "mjpeg", "-q:v", "3"});
    QFile file(plain);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QByteArray stream = file.readAll();
    const QByteArray exif = QByteArray::fromHex(
        "ffe10022457869660000"
        "4d4d002a00000008000101120003000000010006000000000000");
    stream.insert(2, exif);
    const QString path = folder_.filePath("turned.mjpeg");
    QFile out(path);
    QVERIFY(out.open(QIODevice::WriteOnly));
    out.write(stream);
    out.close();
    QCOMPARE(infoOf(path).size, (SizePx{120, 160}));
}

// A flat colour given as samples.
QString TestVideoFacts::flat(const QString& name, const QString& format, int depth,
                             const QStringList& coding) {
    constexpr int kWidth = 64;
    constexpr int kHeight = 48;
    QByteArray raw;
    const int chroma = format.startsWith("yuv420") ? kWidth * kHeight / 4 : kWidth * kHeight;
    const int values[3] = {kLuma, kSecond, kThird};
    for (int plane = 0; plane < 3; ++plane) {
        const int samples = plane == 0 ? kWidth * kHeight : chroma;
        const int value = values[plane] << (depth - 8);
        for (int i = 0; i < samples; ++i) {
            raw.append(static_cast<char>(value & 0xFF));
            if (depth > 8) raw.append(static_cast<char>(value >> 8));
        }
    }
    const QString path = folder_.filePath(name);
    const QString problem =
        runFfmpeg(QStringList{"-f", "rawvideo", "-pix_fmt", format, "-video_size", "64x48", "-i",
                              "-", "-c:v", "ffv1"} +
                      coding + QStringList{path},
                  raw);
    if (problem.isEmpty()) return path;
    QTest::qFail(qPrintable(problem), __FILE__, __LINE__);
    return {};
}

void TestVideoFacts::everyStatedMatrixIsConvertedOrNamed_data() {
    QTest::addColumn<QString>("matrix");
    QTest::addColumn<QString>("format");
    QTest::addColumn<QString>("range");
    QTest::addColumn<QString>("primaries");
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("named");
    const auto row = [](const char* name, const char* matrix, const char* format, const char* range,
                        const char* primaries, const char* text, bool named) {
        QTest::newRow(name) << matrix << format << range << primaries << text << named;
    };
    row("YCgCo", "ycgco", "yuv444p", "tv", "bt709", "ycgco limited", false);
    row("YCgCo, full", "ycgco", "yuv444p", "pc", "bt709", "ycgco full", false);
    row("YCgCo, 4:2:0", "ycgco", "yuv420p", "tv", "bt709", "ycgco limited", false);
    row("YCgCo, 10 bit", "ycgco", "yuv444p10le", "tv", "bt709", "ycgco limited", false);
    row("identity", "gbr", "yuv444p", "pc", "bt709", "gbr full", false);
    row("identity, subsampled", "gbr", "yuv420p", "tv", "bt709", "bt601 limited (instead of gbr)",
        true);
    row("ICtCp", "ictcp", "yuv444p10le", "tv", "bt2020", "bt2020 limited (instead of ictcp)", true);
    row("constant luminance", "bt2020c", "yuv420p10le", "tv", "bt2020",
        "bt2020 limited (instead of bt2020c)", true);
    row("YDzDx", "smpte2085", "yuv444p", "tv", "bt709", "bt601 limited (instead of smpte2085)",
        true);
    row("derived from primaries", "chroma-derived-nc", "yuv444p", "tv", "bt709", "bt709 limited",
        false);
    row("derived from others", "chroma-derived-nc", "yuv444p", "tv", "smpte431",
        "bt601 limited (instead of chroma-derived-nc)", true);
}

void TestVideoFacts::everyStatedMatrixIsConvertedOrNamed() {
    QFETCH(QString, matrix);
    QFETCH(QString, format);
    QFETCH(QString, range);
    QFETCH(QString, primaries);
    QFETCH(QString, text);
    QFETCH(bool, named);
    const int depth = format.contains("10") ? 10 : 8;
    const QString path = flat("matrix.mkv", format, depth,
                              {"-colorspace", matrix == "gbr" ? "rgb" : matrix, "-color_range",
                               range, "-color_primaries", primaries});
    QVERIFY(!path.isEmpty());
    const auto source = openSource(path.toStdString());
    QCOMPARE(QString::fromStdString(source->info().colorMatrix), text);
    QCOMPARE(warnsOf(source->info(), "is not supported"), named);
    if (named) QVERIFY(warnsOf(source->info(), qPrintable(matrix)));
    const bool full = range == "pc";
    const double luma = full ? kLuma : (kLuma - 16) * 255.0 / 219.0;
    const double gain = full ? 1.0 : 255.0 / 224.0;
    const double cg = (kSecond - 128) * gain;
    const double co = (kThird - 128) * gain;
    std::vector<double> wanted;
    if (text.startsWith("ycgco")) wanted = {luma - cg + co, luma + cg, luma - cg - co};
    if (text.startsWith("gbr")) wanted = {kThird, kLuma, kSecond};
    const FramePtr frame = source->read(0);
    QVERIFY(frame);
    for (std::size_t c = 0; c < wanted.size(); ++c) {
        const double expected = std::clamp(wanted[c], 0.0, 255.0);
        const int got = frame->rgb.at(20, 30, static_cast<int>(c));
        QVERIFY2(std::abs(got - expected) <= 1.6,
                 qPrintable(QString("channel %1: %2, not %3").arg(c).arg(got).arg(expected)));
    }
}

void TestVideoFacts::furtherStreamsAreSaid() {
    if (!haveEncoder("libx264")) QSKIP("this ffmpeg lacks the encoder");
    const QStringList second{"-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1"};
    for (const char* name : {"two.mp4", "two.mkv", "two.ts"}) {
        const QString path = make(name, second + QStringList{"-map", "0:v", "-map", "1:v"} + kX264);
        const VideoInfo info = infoOf(path);
        QVERIFY2(warnsOf(info, "2 video streams: number 1"), name);
        QCOMPARE(info.size, (SizePx{160, 120}));
    }
    // A cover is a picture, not a second video.
    const QString cover = folder_.filePath("cover.png");
    QCOMPARE(runFfmpeg({"-f", "lavfi", "-i", "color=red:size=32x32", "-frames:v", "1", cover}),
             QString());
    const QString covered =
        make("covered.mp4", QStringList{"-i", cover, "-map", "0:v", "-map", "1:v"} + kX264 +
                                QStringList{"-c:v:1", "png", "-disposition:v:1", "attached_pic"});
    QVERIFY(infoOf(covered).warnings.empty());
}

void TestVideoFacts::droppedTransparencyIsSaid_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("coding");
    QTest::addColumn<QString>("encoder");
    QTest::addColumn<bool>("said");
    const QStringList clear{"-vf", "format=rgba,colorchannelmixer=aa=0.5"};
    const auto row = [&](const char* name, const QStringList& coding, const char* encoder,
                         bool said) { QTest::newRow(name) << name << coding << encoder << said; };
    row("vp9.webm",
        clear + QStringList{"-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p", "-deadline", "realtime",
                            "-auto-alt-ref", "0"},
        "libvpx-vp9", true);
    row("vp8.webm",
        clear + QStringList{"-c:v", "libvpx", "-pix_fmt", "yuva420p", "-auto-alt-ref", "0"},
        "libvpx", true);
    row("prores.mov",
        clear + QStringList{"-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le"},
        "prores_ks", true);
    row("qtrle.mov", clear + QStringList{"-c:v", "qtrle", "-pix_fmt", "argb"}, "qtrle", true);
    row("opaque.gif", {"-r", "5"}, "gif", false);
    row("opaque.webm", {"-c:v", "libvpx-vp9", "-deadline", "realtime"}, "libvpx-vp9", false);
}

void TestVideoFacts::droppedTransparencyIsSaid() {
    QFETCH(QString, name);
    QFETCH(QStringList, coding);
    QFETCH(QString, encoder);
    QFETCH(bool, said);
    if (!haveEncoder(encoder)) QSKIP("this ffmpeg lacks the encoder");
    const QString path = make(name, coding);
    QVERIFY(!path.isEmpty());
    QCOMPARE(warnsOf(infoOf(path), "transparency"), said);
}

void TestVideoFacts::fieldsAreSaid_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("coding");
    QTest::addColumn<bool>("said");
    const QStringList mpeg2{"-c:v", "mpeg2video", "-g", "12", "-bf", "2"};
    QTest::newRow("H.264") << "fields.mp4" << (kX264 + QStringList{"-x264-params", "tff=1"})
                           << true;
    QTest::newRow("MPEG-2") << "fields.mpg" << (mpeg2 + QStringList{"-flags", "+ilme+ildct"})
                            << true;
    QTest::newRow("DV") << "fields.avi" << QStringList{"-s",       "720x576", "-c:v", "dvvideo",
                                                       "-pix_fmt", "yuv420p", "-t",   "0.4"}
                        << true;
    QTest::newRow("progressive MPEG-2") << "frames.mpg" << mpeg2 << false;
}

void TestVideoFacts::fieldsAreSaid() {
    QFETCH(QString, name);
    QFETCH(QStringList, coding);
    QFETCH(bool, said);
    const QString path = make(name, coding);
    QVERIFY(!path.isEmpty());
    const auto source = openSource(path.toStdString());
    scanToEnd(*source, nullptr);
    QCOMPARE(source->info().interlaced, said);
    const auto& warnings = source->info().warnings;
    QCOMPARE(std::count_if(warnings.begin(), warnings.end(),
                           [](const auto& text) { return text.find("interlaced") == 13; }),
             said ? 1 : 0);
}

void TestVideoFacts::sharedCases() {
    if (sharedCase("video").isEmpty()) QSKIP("the shared cases are not here");
    QCOMPARE(infoOf(sharedCase("video/sei_turned.h264")).size, (SizePx{120, 160}));
    QVERIFY(warnsOf(infoOf(sharedCase("video/fields.mp4")), "interlaced"));
    QVERIFY(warnsOf(infoOf(sharedCase("video/alpha.webm")), "transparency"));
    QVERIFY(warnsOf(infoOf(sharedCase("video/two_streams.mp4")), "2 video streams"));
    const VideoInfo info = infoOf(sharedCase("video/ycgco.mkv"));
    QVERIFY(info.colorMatrix.starts_with("ycgco"));
}

}  // namespace

QTEST_GUILESS_MAIN(TestVideoFacts)
#include "test_video_facts.moc"
