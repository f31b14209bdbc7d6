#include "tests/media/odd_streams.h"

#include <QFile>
#include <QTest>

#include "tests/support/test_video.h"

namespace mcj::test {

const QStringList kMoving = {"-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=4"};
const QStringList kX264 = {"-c:v", "libx264", "-preset", "veryfast", "-g", "12", "-bf", "3"};
const QStringList kOpenX264 = {
    "-c:v",     "libx264",      "-preset",
    "veryfast", "-x264-params", "open-gop=1:keyint=12:min-keyint=12:bframes=3:scenecut=0"};
namespace {

const QStringList kOpenX265 = {
    "-c:v",         "libx265",
    "-preset",      "ultrafast",
    "-x265-params", "open-gop=1:keyint=12:min-keyint=12:bframes=4:scenecut=0:log-level=none"};

QString appendFile(const QString& from, const QString& to) {
    QFile source(from);
    QFile target(to);
    if (!source.open(QIODevice::ReadOnly) || !target.open(QIODevice::Append)) return "no file";
    target.write(source.readAll());
    return {};
}

/// Copies a file with a few bytes changed at many places behind its first tenth.
QString copyWithHoles(const QString& from, const QString& to) {
    QFile source(from);
    QFile target(to);
    if (!source.open(QIODevice::ReadOnly) || !target.open(QIODevice::WriteOnly)) return "no file";
    QByteArray bytes = source.readAll();
    constexpr qsizetype kStep = 7001;
    for (qsizetype at = bytes.size() / 10; at + 8 < bytes.size(); at += kStep) {
        for (qsizetype i = 0; i < 8; ++i) bytes[at + i] = static_cast<char>(bytes[at + i] ^ 0x5a);
    }
    target.write(bytes);
    return {};
}

/// Makes `whole` first and then something of it.
Make derive(Make whole, const QString& suffix,
            std::function<QString(const QString& whole, const QString& path)> step) {
    return [=](const QString& path) {
        const QString first = path + suffix;
        const QString problem = whole(first);
        return problem.isEmpty() ? step(first, path) : problem;
    };
}

}  // namespace

Make encode(QStringList input, QStringList coding) {
    return [=](const QString& path) { return runFfmpeg(input + coding + QStringList{path}); };
}

QString copyPart(const QString& from, const QString& to, double start, double end) {
    QFile source(from);
    QFile target(to);
    if (!source.open(QIODevice::ReadOnly) || !target.open(QIODevice::WriteOnly)) return "no file";
    const QByteArray bytes = source.readAll();
    const auto size = static_cast<double>(bytes.size());
    target.write(bytes.mid(static_cast<qsizetype>(size * start),
                           static_cast<qsizetype>(size * (end - start))));
    return {};
}

void addCommonStreams() {
    const Make mp4 = encode(kMoving, kX264);
    QTest::newRow("H.264 in MP4") << "plain.mp4" << mp4 << "libx264";
    QTest::newRow("H.264 in Matroska") << "plain.mkv" << mp4 << "libx264";
    QTest::newRow("H.264 in FLV") << "plain.flv" << mp4 << "libx264";
    QTest::newRow("fragmented MP4")
        << "fragments.mp4"
        << encode(kMoving, kX264 + QStringList{"-movflags", "frag_keyframe+empty_moov"})
        << "libx264";
    QTest::newRow("transport stream") << "plain.ts" << mp4 << "libx264";
    QTest::newRow("program stream")
        << "plain.mpg" << encode(kMoving, {"-c:v", "mpeg2video", "-g", "12", "-bf", "2"})
        << "mpeg2video";
    QTest::newRow("MPEG-2 in TS") << "mpeg2.ts"
                                  << encode(kMoving, {"-c:v", "mpeg2video", "-g", "12", "-bf", "2"})
                                  << "mpeg2video";
    QTest::newRow("interlaced MPEG-2")
        << "fields.mpg"
        << encode(kMoving, {"-c:v", "mpeg2video", "-g", "12", "-bf", "2", "-flags", "+ilme+ildct"})
        << "mpeg2video";
    QTest::newRow("AVI with B-frames")
        << "plain.avi" << encode(kMoving, {"-c:v", "mpeg4", "-g", "12", "-bf", "2"}) << "mpeg4";
    QTest::newRow("H.264 in AVI") << "h264.avi" << mp4 << "libx264";
    QTest::newRow("motion JPEG") << "mjpeg.avi" << encode(kMoving, {"-c:v", "mjpeg"}) << "mjpeg";
    QTest::newRow("VP9 with hidden frames")
        << "hidden.webm"
        << encode(kMoving, {"-c:v", "libvpx-vp9", "-g", "25", "-auto-alt-ref", "1",
                            "-lag-in-frames", "12", "-b:v", "200k", "-deadline", "realtime"})
        << "libvpx-vp9";
    QTest::newRow("GIF") << "plain.gif" << encode(kMoving, {"-vf", "fps=10"}) << "gif";
    QTest::newRow("Windows Media")
        << "plain.wmv" << encode(kMoving, {"-c:v", "wmv2", "-g", "12"}) << "wmv2";
}

namespace {

void addOpenAndRawStreams() {
    for (const char* name : {"open.mp4", "open.ts", "open.mkv", "open.h264"}) {
        QTest::newRow(qPrintable(QString("open GOP H.264, ") + name))
            << name << encode(kMoving, kOpenX264) << "libx264";
    }
    for (const char* name : {"open265.mp4", "open265.ts", "open265.mkv", "open.hevc"}) {
        QTest::newRow(qPrintable(QString("open GOP HEVC, ") + name))
            << name << encode(kMoving, kOpenX265) << "libx265";
    }
    QTest::newRow("raw H.264") << "raw.h264" << encode(kMoving, kX264) << "libx264";
    QTest::newRow("raw MPEG-4") << "raw.m4v"
                                << encode(kMoving, {"-c:v", "mpeg4", "-g", "12", "-bf", "2"})
                                << "mpeg4";
    QTest::newRow("raw MPEG-2") << "raw.m2v"
                                << encode(kMoving, {"-c:v", "mpeg2video", "-g", "12", "-bf", "2"})
                                << "mpeg2video";
    QTest::newRow("intra refresh, no key frames")
        << "refresh.ts"
        << encode(kMoving, {"-c:v", "libx264", "-x264-params", "intra-refresh=1:keyint=20"})
        << "libx264";
}

/// Edit lists, late starts, and streams that were cut, damaged or joined.
void addEditedStreams() {
    QTest::newRow("edit list") << "edited.mp4"
                               << derive(encode(kMoving, kX264), ".whole.mp4",
                                         [](const QString& whole, const QString& path) {
                                             return runFfmpeg(
                                                 {"-ss", "1.1", "-i", whole, "-c", "copy", path});
                                         })
                               << "libx264";
    QTest::newRow("late start") << "late.ts"
                                << encode(kMoving, kX264 + QStringList{"-output_ts_offset", "37.5"})
                                << "libx264";
    QTest::newRow("late start in MP4")
        << "late.mp4"
        << encode(kMoving, kX264 + QStringList{"-output_ts_offset", "3.3", "-movflags",
                                               "frag_keyframe+empty_moov"})
        << "libx264";
    QTest::newRow("begins in the middle of a GOP")
        << "middle.ts"
        << derive(encode(kMoving, kX264), ".whole.ts",
                  [](const QString& whole, const QString& path) {
                      return copyPart(whole, path, 0.37, 1.0);
                  })
        << "libx264";
    for (const char* name : {"cutoff.ts", "cutoff.h264", "cutoff.mkv"}) {
        QTest::newRow(qPrintable(QString("ends within a picture, ") + name))
            << name
            << derive(encode(kMoving, kX264), QString(".whole.") + QString(name).section('.', 1),
                      [](const QString& whole, const QString& path) {
                          return copyPart(whole, path, 0.0, 0.7313);
                      })
            << "libx264";
    }
    QTest::newRow("bytes overwritten") << "holes.ts"
                                       << derive(encode(kMoving, kX264), ".whole.ts",
                                                 [](const QString& whole, const QString& path) {
                                                     return copyWithHoles(whole, path);
                                                 })
                                       << "libx264";
    QTest::newRow("joined, times jump back")
        << "joined.ts"
        << derive(encode(kMoving, kX264), ".part.ts",
                  [](const QString& part, const QString& path) {
                      const QString problem = appendFile(part, path);
                      return problem.isEmpty() ? appendFile(part, path) : problem;
                  })
        << "libx264";
}

/// Pictures that repeat: nothing but its place tells a frame from its neighbours.
void addStillStreams() {
    const QStringList still{"-f", "lavfi", "-i", "color=c=teal:size=96x64:rate=25:duration=3"};
    QTest::newRow("still picture, raw") << "still.h264" << encode(still, kX264) << "libx264";
    QTest::newRow("still picture, AVI")
        << "still.avi" << encode(still, {"-c:v", "mpeg4", "-g", "12"}) << "mpeg4";
    QTest::newRow("scenes that repeat, raw")
        << "repeat.h264"
        << encode({"-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=1"},
                  QStringList{"-vf", "loop=loop=4:size=20"} + kOpenX264)
        << "libx264";
}

/// Unusual rates, sizes and pixel formats.
void addPixelFormats() {
    QTest::newRow("variable rate")
        << "vfr.mp4"
        << encode(
               kMoving,
               QStringList{"-vf", "select='not(mod(n,3))+not(mod(n,7))'", "-vsync", "vfr"} + kX264)
        << "libx264";
    QTest::newRow("odd size") << "odd.mp4"
                              << encode({"-f", "lavfi", "-i",
                                         "testsrc2=size=161x121:rate=25:duration=2"},
                                        kX264 + QStringList{"-pix_fmt", "yuv444p"})
                              << "libx264";
    QTest::newRow("odd size, 4:2:0")
        << "odd420.mkv"
        << encode({"-f", "lavfi", "-i", "testsrc2=size=161x121:rate=25:duration=2"},
                  {"-c:v", "ffv1", "-pix_fmt", "yuv420p"})
        << "ffv1";
    QTest::newRow("10 bit") << "ten.mp4"
                            << encode(kMoving, kX264 + QStringList{"-pix_fmt", "yuv420p10le"})
                            << "libx264";
    QTest::newRow("transparency") << "alpha.mkv"
                                  << encode(kMoving, {"-c:v", "ffv1", "-pix_fmt", "yuva420p"})
                                  << "ffv1";
    QTest::newRow("grey") << "grey.mkv" << encode(kMoving, {"-c:v", "ffv1", "-pix_fmt", "gray"})
                          << "ffv1";
    QTest::newRow("palette") << "palette.avi"
                             << encode(kMoving, {"-c:v", "msvideo1", "-pix_fmt", "rgb555"})
                             << "msvideo1";
    QTest::newRow("size changes") << "sizes.ts"
                                  << derive(encode(kMoving, kX264), ".part.ts",
                                            [](const QString& part, const QString& path) {
                                                const QString other = path + ".other.ts";
                                                QString problem = runFfmpeg(
                                                    kMoving + QStringList{"-vf", "scale=96:64"} +
                                                    kX264 + QStringList{other});
                                                if (problem.isEmpty())
                                                    problem = appendFile(part, path);
                                                return problem.isEmpty() ? appendFile(other, path)
                                                                         : problem;
                                            })
                                  << "libx264";
}

}  // namespace

void addOddStreams() {
    addOpenAndRawStreams();
    addEditedStreams();
    addStillStreams();
    addPixelFormats();
}

}  // namespace mcj::test
