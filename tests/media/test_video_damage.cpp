#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "media/base/error.h"
#include "media/io/frame_source.h"
#include "tests/media/odd_streams.h"
#include "tests/support/test_video.h"
#include "tests/support/video_check.h"

using namespace mcj;
using namespace mcj::test;

namespace {

constexpr int kTsPacket = 188;

const QStringList kNoise{"-vf", "noise=alls=12:allf=t"};
const QStringList kX265{"-c:v",      "libx265",      "-preset",
                        "ultrafast", "-x265-params", "keyint=12:bframes=3:log-level=none"};

QByteArray bytesOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void writeBytes(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    if (file.open(QIODevice::WriteOnly)) file.write(bytes);
}

/// The transport stream packets of `pid`; 256 is the video of ffmpeg's muxer.
QList<qsizetype> packetsOf(const QByteArray& stream, int pid) {
    QList<qsizetype> places;
    for (qsizetype at = 0; at + kTsPacket <= stream.size(); at += kTsPacket) {
        const int id =
            (static_cast<quint8>(stream[at + 1]) & 0x1F) << 8 | static_cast<quint8>(stream[at + 2]);
        if (id == pid) places << at;
    }
    return places;
}

/// Damage is named where there is damage, in every container, and nowhere else.
class TestVideoDamage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cutFilesAreNamedInEveryContainer_data();
    void cutFilesAreNamedInEveryContainer();
    void cutsInsidePicturesAreNamed_data();
    void cutsInsidePicturesAreNamed();
    void cutsBetweenPicturesAreNamedWherePicturesAreMissing();
    void wholeHevcIsWhole_data();
    void wholeHevcIsWhole();
    void joinedSegmentsAreWhole();
    void lostPacketsAreDamageWherePicturesSuffer();
    void lostPacketsOfHevcAreSaid();
    void sharedCasesAreJudgedRight_data();
    void sharedCasesAreJudgedRight();
    void damageIsOneSentence();

private:
    [[nodiscard]] QString make(const QString& name, const Make& maker);
    [[nodiscard]] static VideoInfo scanned(const QString& path);
    QTemporaryDir folder_;
};

void TestVideoDamage::initTestCase() {
    if (!haveFfmpeg()) QSKIP("ffmpeg and ffprobe are not installed");
    QVERIFY(folder_.isValid());
}

QString TestVideoDamage::make(const QString& name, const Make& maker) {
    const QString path = folder_.filePath(name);
    const QString problem = maker(path);
    if (problem.isEmpty()) return path;
    QTest::qFail(qPrintable(problem), __FILE__, __LINE__);
    return {};
}

VideoInfo TestVideoDamage::scanned(const QString& path) {
    const auto source = openSource(path.toStdString());
    scanToEnd(*source, nullptr);
    return source->info();
}

void TestVideoDamage::cutFilesAreNamedInEveryContainer_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("coding");
    QTest::addColumn<QString>("encoder");
    const auto row = [&](const QString& name, const QStringList& coding, const QString& encoder) {
        QTest::newRow(qPrintable(name)) << name << (kNoise + coding) << encoder;
    };
    const QStringList mpeg2{"-c:v", "mpeg2video", "-g", "12", "-b:v", "800k"};
    const QStringList vp9{"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"};
    for (const char* name : {"a.mkv", "a.ts", "a.m2ts", "a.flv", "a.avi", "a.h264"}) {
        row(name, kX264, "libx264");
    }
    for (const char* name : {"b.h265", "b.hevc", "b.ts"}) row(name, kX265, "libx265");
    row("front.mp4", kX264 + QStringList{"-movflags", "+faststart"}, "libx264");
    row("front.3gp", kX264 + QStringList{"-movflags", "+faststart"}, "libx264");
    row("front.mov", kX264 + QStringList{"-movflags", "+faststart"}, "libx264");
    row("fragments.mp4", kX264 + QStringList{"-movflags", "frag_keyframe+empty_moov"}, "libx264");
    row("live.mkv", kX264 + QStringList{"-live", "1", "-f", "matroska"}, "libx264");
    row("a.webm", vp9, "libvpx-vp9");
    row("a.ivf", vp9, "libvpx-vp9");
    row("a.mpg", mpeg2, "mpeg2video");
    row("a.vob", mpeg2, "mpeg2video");
    row("a.mxf", mpeg2, "mpeg2video");
    row("a.m2v", mpeg2, "mpeg2video");
    row("mpeg4.avi", {"-c:v", "mpeg4", "-g", "12"}, "mpeg4");
    row("a.wmv", {"-c:v", "wmv2", "-g", "12"}, "wmv2");
    row("a.nut", {"-c:v", "mpeg4"}, "mpeg4");
    row("a.ogv", {"-c:v", "libtheora", "-q:v", "6"}, "libtheora");
    row("a.gif", {"-r", "5"}, "gif");
    row("a.mjpeg", {"-c:v", "mjpeg"}, "mjpeg");
    row("a.apng", {"-r", "5", "-c:v", "apng", "-f", "apng"}, "apng");
    row("a.y4m", {"-pix_fmt", "yuv420p"}, "rawvideo");
    row("a.dv", {"-s", "720x576", "-pix_fmt", "yuv420p", "-t", "1"}, "dvvideo");
}

void TestVideoDamage::cutFilesAreNamedInEveryContainer() {
    QFETCH(QString, name);
    QFETCH(QStringList, coding);
    QFETCH(QString, encoder);
    if (!haveEncoder(encoder)) QSKIP("this ffmpeg lacks the encoder");
    const QString whole = make(name, encode(kMoving, coding));
    QVERIFY(!whole.isEmpty());
    const VideoInfo good = scanned(whole);
    QVERIFY2(!good.damaged, good.damaged.value_or("").c_str());
    for (const double share : {0.61, 0.4137, 0.8519}) {
        const QString cut = folder_.filePath("cut_" + name);
        QCOMPARE(copyPart(whole, cut, 0.0, share), QString());
        const VideoInfo info = scanned(cut);
        QVERIFY2(info.damaged, qPrintable(QString("cut at %1").arg(share)));
        QVERIFY(info.frames && *info.frames > 0 && *info.frames < *good.frames);
        qInfo("%s at %.4f: %s", qPrintable(name), share, info.damaged->c_str());
    }
}

void TestVideoDamage::cutsInsidePicturesAreNamed_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("coding");
    QTest::addColumn<QString>("encoder");
    QTest::newRow("H.264 in TS") << "inside264.ts" << kX264 << "libx264";
    QTest::newRow("HEVC in TS") << "inside265.ts" << kX265 << "libx265";
    QTest::newRow("HEVC") << "inside.h265" << kX265 << "libx265";
    QTest::newRow("HEVC, closed groups")
        << "closed.h265"
        << QStringList{"-c:v",      "libx265",      "-preset",
                       "ultrafast", "-x265-params", "keyint=12:open-gop=0:wpp=0:log-level=none"}
        << "libx265";
}

void TestVideoDamage::cutsInsidePicturesAreNamed() {
    QFETCH(QString, name);
    QFETCH(QStringList, coding);
    QFETCH(QString, encoder);
    if (!haveEncoder(encoder)) QSKIP("this ffmpeg lacks the encoder");
    const QByteArray stream = bytesOf(make(name, encode(kMoving, kNoise + coding)));
    QVERIFY(!stream.isEmpty());
    const bool isTransportStream = name.endsWith(".ts");
    // Where a transport stream's packets end, their number tells nothing: cut there.
    QList<qsizetype> places;
    if (isTransportStream) {
        const QList<qsizetype> video = packetsOf(stream, 256);
        for (qsizetype i = video.size() / 3; i < video.size(); i += 41) {
            const bool beginsPicture = (static_cast<quint8>(stream[video[i] + 1]) & 0x40) != 0;
            if (!beginsPicture) places << video[i];
        }
    } else {
        for (qsizetype at = stream.size() / 3; at < stream.size(); at += 4999) places << at;
    }
    QVERIFY(places.size() > 4);
    const QString cut = folder_.filePath("inside_" + name);
    for (const qsizetype at : places) {
        writeBytes(cut, stream.left(at));
        QVERIFY2(scanned(cut).damaged, qPrintable(QString("cut at byte %1").arg(at)));
    }
}

void TestVideoDamage::cutsBetweenPicturesAreNamedWherePicturesAreMissing() {
    const QString whole = make("between.ts", encode(kMoving, kNoise + kX264));
    const QByteArray stream = bytesOf(whole);
    int named = 0;
    int unnamed = 0;
    const QString cut = folder_.filePath("between_cut.ts");
    int pictures = 0;
    for (const qsizetype at : packetsOf(stream, 256)) {
        const bool beginsPicture = (static_cast<quint8>(stream[at + 1]) & 0x40) != 0;
        if (!beginsPicture || ++pictures < 41 || pictures > 48) continue;
        writeBytes(cut, stream.left(at));
        const VideoInfo info = scanned(cut);
        const std::size_t frames = info.pts.size();
        QVERIFY(frames > 20);
        // All pictures up to the last one are there, or some are missing before it.
        const std::int64_t step = *info.pts[1] - *info.pts[0];
        const std::int64_t span = *info.pts[frames - 1] - *info.pts[0];
        const bool missing = span != step * static_cast<std::int64_t>(frames - 1);
        QCOMPARE(info.damaged.has_value(), missing);
        ++(missing ? named : unnamed);
    }
    QVERIFY(named > 0 && unnamed > 0);
}

void TestVideoDamage::wholeHevcIsWhole_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("options");
    QTest::newRow("slices") << "slices.h265" << "slices=2:keyint=12";
    QTest::newRow("delimiters") << "aud.h265" << "aud=1:repeat-headers=1:keyint=12";
    QTest::newRow("hashes") << "hash.ts" << "hash=1:keyint=12";
    QTest::newRow("lossless") << "lossless.ts" << "lossless=1:keyint=12";
    QTest::newRow("one group") << "one.h265" << "keyint=1000:no-scenecut=1";
    QTest::newRow("closed groups") << "shut.ts" << "open-gop=0:keyint=12";
}

void TestVideoDamage::wholeHevcIsWhole() {
    QFETCH(QString, name);
    QFETCH(QString, options);
    if (!haveEncoder("libx265")) QSKIP("this ffmpeg lacks the encoder");
    const QStringList coding{"-c:v",      "libx265",      "-preset",
                             "ultrafast", "-x265-params", options + ":log-level=none"};
    const VideoInfo info = scanned(make(name, encode(kMoving, kNoise + coding)));
    QCOMPARE(info.frames, std::optional<FrameIndex>(100));
    QVERIFY2(!info.damaged, info.damaged.value_or("").c_str());
}

void TestVideoDamage::joinedSegmentsAreWhole() {
    // Recorders cut a stream into files; put together again nothing is missing.
    for (const char* pattern : {"part%d.ts", "other%d.ts"}) {
        const QString segments = folder_.filePath(pattern);
        const bool reset = QString(pattern).startsWith("other");
        QCOMPARE(runFfmpeg(kMoving + kX264 +
                           QStringList{"-f", "segment", "-segment_time", "1", "-reset_timestamps",
                                       reset ? "1" : "0", segments}),
                 QString());
        QByteArray joined;
        for (int i = 0; QFile::exists(QString(segments).replace("%d", QString::number(i))); ++i) {
            joined += bytesOf(QString(segments).replace("%d", QString::number(i)));
        }
        const QString path = folder_.filePath("joined.ts");
        writeBytes(path, joined);
        const VideoInfo info = scanned(path);
        QCOMPARE(info.frames, std::optional<FrameIndex>(100));
        QVERIFY2(!info.damaged, info.damaged.value_or("").c_str());
        QCOMPARE(info.averageFps, 25.0);
        QVERIFY(std::abs(info.durationSecs - 4.0) < 1e-6);
        QVERIFY(!info.variableRate);
    }
    // Two recordings of different programmes.
    const QString mpeg2 = make("second.ts", encode(kMoving, {"-c:v", "mpeg2video", "-g", "12"}));
    writeBytes(folder_.filePath("twice.ts"), bytesOf(mpeg2) + bytesOf(mpeg2));
    const VideoInfo twice = scanned(folder_.filePath("twice.ts"));
    QCOMPARE(twice.frames, std::optional<FrameIndex>(200));
    QVERIFY2(!twice.damaged, twice.damaged.value_or("").c_str());
}

void TestVideoDamage::lostPacketsAreDamageWherePicturesSuffer() {
    const QString whole = make("lossy.ts", encode(kMoving, kX264));
    const QByteArray stream = bytesOf(whole);
    const QList<qsizetype> video = packetsOf(stream, 256);
    const QList<qsizetype> tables = packetsOf(stream, 0);
    QVERIFY(video.size() > 100 && tables.size() > 2);
    const auto without = [&](qsizetype place) {
        QByteArray rest = stream;
        rest.remove(place, kTsPacket);
        writeBytes(folder_.filePath("lost.ts"), rest);
        return scanned(folder_.filePath("lost.ts"));
    };
    // A table is repeated soon: no picture depends on one copy.
    const VideoInfo table = without(tables[tables.size() / 2]);
    QCOMPARE(table.frames, std::optional<FrameIndex>(100));
    QVERIFY2(!table.damaged, table.damaged.value_or("").c_str());
    // Packets inside pictures: nothing is lost in silence.
    for (const int at : {4, 8, 12, 40}) {
        const VideoInfo picture = without(video[at]);
        QVERIFY2(picture.damaged, qPrintable(QString("packet %1").arg(at)));
        QVERIFY(picture.damaged->find("frame") != std::string::npos);
    }
    // With packet 4 the first key picture is lost, and with it the first group.
    const VideoInfo group = without(video[4]);
    QCOMPARE(group.frames, std::optional<FrameIndex>(88));
    QVERIFY2(group.damaged->find("missing at its start") != std::string::npos,
             group.damaged->c_str());
    for (const std::string& warning : group.warnings) {
        QVERIFY2(warning.find("middle of a stream") == std::string::npos, warning.c_str());
    }
    // The first picture of the first group: what hangs on it is not shown, and that is said.
    const VideoInfo start = without(video[1]);
    const bool said = start.damaged || !start.warnings.empty();
    QVERIFY2(*start.frames == 100 || said, qPrintable(QString::number(*start.frames)));
    // All of it, up to the next key frame.
    QByteArray rest = stream;
    const qsizetype nextKey = video[video.size() / 4];
    rest.remove(video[0], nextKey - video[0]);
    writeBytes(folder_.filePath("headless.ts"), rest);
    const VideoInfo headless = scanned(folder_.filePath("headless.ts"));
    QVERIFY(*headless.frames < 100);
    QVERIFY(!headless.warnings.empty());
    QVERIFY2(headless.warnings.front().find("before the first frame") != std::string::npos,
             headless.warnings.front().c_str());
    // The only packet of a small picture: it is missing, and the gap is said.
    const VideoInfo lost = without(video[100]);
    QCOMPARE(lost.frames, std::optional<FrameIndex>(99));
    QVERIFY(!lost.warnings.empty());
}

void TestVideoDamage::lostPacketsOfHevcAreSaid() {
    if (!haveEncoder("libx265")) QSKIP("this ffmpeg lacks the encoder");
    QByteArray stream = bytesOf(make("lossy265.ts", encode(kMoving, kNoise + kX265)));
    const QList<qsizetype> video = packetsOf(stream, 256);
    // The middle of a picture: the decoder conceals what is missing and says nothing.
    qsizetype at = video.size() / 2;
    while ((static_cast<quint8>(stream[video[at] + 1]) & 0x40) != 0 ||
           (static_cast<quint8>(stream[video[at + 1] + 1]) & 0x40) != 0) {
        ++at;
    }
    stream.remove(video[at], kTsPacket);
    writeBytes(folder_.filePath("lost265.ts"), stream);
    const VideoInfo info = scanned(folder_.filePath("lost265.ts"));
    bool said = info.damaged.has_value();
    for (const std::string& warning : info.warnings) {
        said = said || warning.find("1 gap") != std::string::npos;
    }
    QVERIFY(said);
}

void TestVideoDamage::sharedCasesAreJudgedRight_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("frames");
    QTest::addColumn<bool>("damaged");
    QTest::newRow("segments") << "video/segs.ts" << 100 << false;
    QTest::newRow("cut Matroska") << "video/cut.mkv" << 15 << true;
    QTest::newRow("cut WebM") << "video/cut.webm" << 29 << true;
    QTest::newRow("jump") << "video/jump.ts" << 50 << false;
    QTest::newRow("live") << "video/live.mkv" << 50 << false;
}

void TestVideoDamage::sharedCasesAreJudgedRight() {
    QFETCH(QString, name);
    QFETCH(int, frames);
    QFETCH(bool, damaged);
    const QString path = sharedCase(name);
    if (path.isEmpty()) QSKIP("the shared cases are not here");
    const VideoInfo info = scanned(path);
    QCOMPARE(info.damaged.has_value(), damaged);
    QCOMPARE(info.frames, std::optional<FrameIndex>(frames));
    QVERIFY(std::abs(info.averageFps - 25.0) < 0.01);
    if (damaged) QVERIFY(info.damaged->find("cut off") != std::string::npos);
}

void TestVideoDamage::damageIsOneSentence() {
    const QString whole =
        make("notice.mp4", encode(kMoving, kX264 + QStringList{"-movflags", "+faststart"}));
    const QString cut = folder_.filePath("notice_cut.mp4");
    QCOMPARE(copyPart(whole, cut, 0.0, 0.6), QString());
    const VideoInfo info = scanned(cut);
    QVERIFY(info.damaged);
    QCOMPARE(QString::fromStdString(*info.damaged),
             QString("the file is cut off after %1 frames").arg(*info.frames));
}

}  // namespace

QTEST_GUILESS_MAIN(TestVideoDamage)
#include "test_video_damage.moc"
