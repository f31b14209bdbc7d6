#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

extern "C" {
#include <libavutil/frame.h>
}

#include "media/io/frame_index.h"
#include "media/io/frame_source.h"
#include "media/io/source_identity.h"
#include "tests/support/numbered_video.h"
#include "tests/support/test_video.h"

using namespace mcj;
using namespace mcj::test;
namespace fs = std::filesystem;

namespace {

constexpr int kFrames = 300;
constexpr int kGop = 50;

class TestFrameIndex : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void theSecondOpeningIsExactAtOnce();
    void damageIsRemembered();
    void shortVideosAreNotKept();
    void withoutAFolderNothingIsKept();
    void damagedFilesCountAsAbsent_data();
    void damagedFilesCountAsAbsent();
    void theIndexOfAnotherVideoIsNotTaken();
    void aWrongIndexIsFoundOutAndMadeAnew();
    void onlyClosedGroupsAreDigestedInPart_data();
    void onlyClosedGroupsAreDigestedInPart();
    void theFolderIsBounded();
    void identityFollowsContent();

private:
    [[nodiscard]] std::unique_ptr<FrameSource> open(const QString& path) const {
        SourceOptions options;
        options.indexFolder = indexes_.toStdString();
        return openSource(path.toStdString(), options);
    }
    void scanAndKeep(const QString& path) const {
        const auto source = open(path);
        scanToEnd(*source, nullptr);
    }
    [[nodiscard]] QStringList kept() const {
        return QDir(indexes_).entryList({"*.mcjindex"}, QDir::Files);
    }
    [[nodiscard]] QString keptFile() const {
        return kept().size() == 1 ? QDir(indexes_).filePath(kept().front()) : QString();
    }

    QTemporaryDir folder_;
    QString video_;
    QString indexes_;
    int run_ = 0;
};

void TestFrameIndex::initTestCase() {
    if (!haveFfmpeg()) QSKIP("ffmpeg and ffprobe are not installed");
    video_ = folder_.filePath("numbered.mp4");
    QCOMPARE(writeNumbered(kFrames, {160, 96}, fastX264(kGop), video_), QString());
}

void TestFrameIndex::init() { indexes_ = folder_.filePath(QString("indexes%1").arg(++run_)); }

void TestFrameIndex::theSecondOpeningIsExactAtOnce() {
    const auto first = open(video_);
    QVERIFY(!first->info().frames);
    scanToEnd(*first, nullptr);
    QVERIFY(!keptFile().isEmpty());
    const auto second = open(video_);
    const VideoInfo& known = second->info();
    QCOMPARE(known.frames, std::optional<FrameIndex>(kFrames));
    QVERIFY(known.pts == first->info().pts);
    QCOMPARE(known.averageFps, first->info().averageFps);
    QCOMPARE(known.durationSecs, first->info().durationSecs);
    QCOMPARE(known.variableRate, first->info().variableRate);
    QVERIFY(known.warnings == first->info().warnings);
    QCOMPARE(known.damaged, first->info().damaged);
    for (const FrameIndex wanted : {299, 0, 150, 149, 7, 298}) {
        const FramePtr frame = second->read(wanted);
        QVERIFY(frame);
        QCOMPARE(numberIn(frame->rgb), wanted);
        QVERIFY(frame->rgb == first->read(wanted)->rgb);
        QCOMPARE(frame->pts, first->read(wanted)->pts);
    }
    QVERIFY(!second->read(kFrames));
}

void TestFrameIndex::damageIsRemembered() {
    // Pictures inside are spoilt; the file itself is whole.
    const QString path = folder_.filePath("spoilt.ts");
    QCOMPARE(runFfmpeg({"-i", video_, "-c", "copy", path}), QString());
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadWrite));
    for (qint64 at = file.size() / 2; at < file.size() / 2 + 6000; at += 40) {
        file.seek(at);
        file.write("\x5a\x00\xff", 3);
    }
    file.close();
    const auto first = open(path);
    scanToEnd(*first, nullptr);
    QVERIFY(first->info().damaged);
    const auto second = open(path);
    if (!second->info().frames) QSKIP("the damage ended the reading, so that nothing was kept");
    QCOMPARE(second->info().frames, first->info().frames);
    QCOMPARE(second->info().damaged, first->info().damaged);
    for (const FrameIndex wanted : {FrameIndex{260}, FrameIndex{140}, FrameIndex{170}}) {
        if (wanted >= *second->info().frames) continue;
        QVERIFY(second->read(wanted)->rgb == first->read(wanted)->rgb);
    }
}

void TestFrameIndex::shortVideosAreNotKept() {
    const QString path = folder_.filePath("short.mp4");
    QCOMPARE(writeNumbered(30, {160, 96}, fastX264(kGop), path), QString());
    scanAndKeep(path);
    QVERIFY(kept().isEmpty());
}

void TestFrameIndex::withoutAFolderNothingIsKept() {
    const auto source = openSource(video_.toStdString());
    scanToEnd(*source, nullptr);
    // A folder that cannot be made changes nothing else.
    SourceOptions options;
    options.indexFolder = video_.toStdString();
    const auto other = openSource(video_.toStdString(), options);
    scanToEnd(*other, nullptr);
    QCOMPARE(other->info().frames, std::optional<FrameIndex>(kFrames));
}

void TestFrameIndex::damagedFilesCountAsAbsent_data() {
    QTest::addColumn<double>("flippedAt");
    QTest::addColumn<double>("cutAt");
    for (const double share : {0.0, 0.0015, 0.01, 0.5, 0.999}) {
        QTest::addRow("a byte changed at %g", share) << share << 1.0;
    }
    for (const double share : {0.0, 0.001, 0.5, 0.999}) {
        QTest::addRow("cut at %g", share) << -1.0 << share;
    }
}

void TestFrameIndex::damagedFilesCountAsAbsent() {
    QFETCH(double, flippedAt);
    QFETCH(double, cutAt);
    scanAndKeep(video_);
    QFile file(keptFile());
    QVERIFY(file.open(QIODevice::ReadWrite));
    QByteArray bytes = file.readAll();
    const QByteArray whole = bytes;
    const auto size = static_cast<double>(bytes.size());
    if (flippedAt >= 0.0) bytes[static_cast<qsizetype>(flippedAt * size)] ^= 0x10;
    bytes.truncate(static_cast<qsizetype>(cutAt * size));
    file.seek(0);
    file.write(bytes);
    file.resize(bytes.size());
    file.close();
    const auto source = open(video_);
    QVERIFY(!source->info().frames);
    scanToEnd(*source, nullptr);
    QCOMPARE(source->info().frames, std::optional<FrameIndex>(kFrames));
    QFile again(keptFile());
    QVERIFY(again.open(QIODevice::ReadOnly));
    QVERIFY(again.readAll() == whole);
}

void TestFrameIndex::theIndexOfAnotherVideoIsNotTaken() {
    const QString other = folder_.filePath("other.mp4");
    QCOMPARE(runFfmpeg({"-i", video_, "-vf", "negate", "-c:v", "libx264", "-g", "50", other}),
             QString());
    scanAndKeep(video_);
    const fs::path place =
        fs::path(indexes_.toStdString()) / (quickIdentityOf(other.toStdString()) + ".mcjindex");
    fs::copy_file(keptFile().toStdString(), place);
    QVERIFY(!open(other)->info().frames);
}

void TestFrameIndex::aWrongIndexIsFoundOutAndMadeAnew() {
    scanAndKeep(video_);
    const FrameIndexFolder folder(indexes_.toStdString());
    const std::string identity = quickIdentityOf(video_.toStdString());
    std::optional<KeptScan> scan = folder.load(identity);
    QVERIFY(scan);
    std::vector<FrameMark> marks = scan->table.marks();
    QCOMPARE(marks.size(), std::size_t{kFrames});
    // As a video that was changed from its middle on, but kept its size and time.
    marks.erase(marks.begin() + 120);
    for (std::size_t i = 120; i < marks.size(); ++i) marks[i].digest ^= i;
    std::vector<SeekPoint> points = scan->table.seekPoints();
    for (SeekPoint& point : points) point.frame -= point.frame > 120 ? 1 : 0;
    scan->table = FrameTable(std::move(marks), std::move(points));
    folder.keep(identity, *scan);

    const auto source = open(video_);
    QCOMPARE(source->info().frames, std::optional<FrameIndex>(kFrames - 1));
    QCOMPARE(numberIn(source->read(80)->rgb), FrameIndex(80));
    // The first frame that does not agree makes the index worthless; what is read is right.
    QCOMPARE(numberIn(source->read(200)->rgb), FrameIndex(200));
    QVERIFY(!source->info().frames);
    scanToEnd(*source, nullptr);
    QCOMPARE(source->info().frames, std::optional<FrameIndex>(kFrames));
    for (const FrameIndex wanted : {119, 121, 260, 3}) {
        QCOMPARE(numberIn(source->read(wanted)->rgb), wanted);
    }
    QCOMPARE(open(video_)->info().frames, std::optional<FrameIndex>(kFrames));
}

void TestFrameIndex::onlyClosedGroupsAreDigestedInPart_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("coding");
    QTest::addColumn<bool>("closed");
    const QStringList open{"-c:v",         "libx264",
                           "-preset",      "veryfast",
                           "-x264-params", "open-gop=1:keyint=10:min-keyint=10:scenecut=0"};
    QTest::newRow("H.264") << "closed.mp4" << fastX264(10) << true;
    QTest::newRow("H.264, open GOP") << "open.mp4" << open << false;
    QTest::newRow("MPEG-4") << "mpeg4.avi" << QStringList{"-c:v", "mpeg4"} << false;
    QTest::newRow("lossless") << "lossless.mkv" << QStringList{"-c:v", "ffv1"} << false;
}

void TestFrameIndex::onlyClosedGroupsAreDigestedInPart() {
    QFETCH(const QString, name);
    QFETCH(const QStringList, coding);
    QFETCH(const bool, closed);
    const QString path = folder_.filePath(name);
    QCOMPARE(writeNumbered(40, {160, 96}, coding, path), QString());
    VideoDecoder decoder(path.toStdString(), 1);
    // Past the first group, which begins with an IDR picture in an open stream, too.
    const AVFrame* picture = decoder.next();
    for (int i = 0; i < 24; ++i) picture = decoder.next();
    QVERIFY(picture != nullptr);
    QCOMPARE(isOfClosedGroup(*picture), closed);
    const auto rows = closed ? DigestRows::EveryEighth : DigestRows::All;
    QCOMPARE(markOf(*picture).digest, pictureDigest(*picture, rows));
    // A block of 8 x 8 samples, wherever it lies, has a row in each digest; a single row need not.
    const AvFramePtr copy(av_frame_clone(picture));
    QCOMPARE(av_frame_make_writable(copy.get()), 0);
    const auto all = pictureDigest(*copy, DigestRows::All);
    const auto some = pictureDigest(*copy, DigestRows::EveryEighth);
    for (const int plane : {0, 1, 2}) {
        if (copy->data[plane] == nullptr) continue;
        for (const int y : {4, 5, 7, 8}) {
            std::uint8_t& sample = copy->data[plane][y * copy->linesize[plane] + 9];
            sample = static_cast<std::uint8_t>(sample ^ 1U);
            QVERIFY(pictureDigest(*copy, DigestRows::All) != all);
            QCOMPARE(pictureDigest(*copy, DigestRows::EveryEighth) != some, y == 8);
            sample = static_cast<std::uint8_t>(sample ^ 1U);
        }
    }
}

void TestFrameIndex::theFolderIsBounded() {
    scanAndKeep(video_);
    const std::string identity = quickIdentityOf(video_.toStdString());
    const KeptScan scan = *FrameIndexFolder(indexes_.toStdString()).load(identity);
    const auto bytes = static_cast<std::uint64_t>(QFile(keptFile()).size());
    const fs::path place = folder_.filePath(QString("bounded%1").arg(run_)).toStdString();
    const FrameIndexFolder folder(place, 3 * bytes + bytes / 2);
    const auto age = [&](const char* name, int hours) {
        fs::last_write_time(place / (std::string(name) + ".mcjindex"),
                            fs::file_time_type::clock::now() - std::chrono::hours(hours));
    };
    folder.keep("aa", scan);
    folder.keep("bb", scan);
    folder.keep("cc", scan);
    age("aa", 3);
    age("bb", 2);
    age("cc", 1);
    // It is named by its identity: what lies under another name is not its index.
    QVERIFY(folder.load("aa"));
    fs::copy_file(place / "aa.mcjindex", place / "xx.mcjindex");
    QVERIFY(!folder.load("xx"));
    fs::remove(place / "xx.mcjindex");
    // "aa" was used just now, so "bb" is the oldest.
    folder.keep("dd", scan);
    QVERIFY(folder.load("aa") && !folder.load("bb") && folder.load("cc") && folder.load("dd"));
    folder.drop("aa");
    QVERIFY(!folder.load("aa"));
    const FrameIndexFolder small(place, bytes / 2);
    small.keep("ee", scan);
    QVERIFY(!small.load("ee") && folder.load("dd"));
}

void TestFrameIndex::identityFollowsContent() {
    const QString path = folder_.filePath("identity.bin");
    const auto write = [&](const QByteArray& bytes) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
        file.setFileTime(QDateTime::fromSecsSinceEpoch(1000000), QFile::FileModificationTime);
    };
    QByteArray bytes(3'000'000, 'a');
    write(bytes);
    const std::string identity = quickIdentityOf(path.toStdString());
    QCOMPARE(identity.size(), std::size_t{64});
    QVERIFY(QFile::rename(path, path + ".moved"));
    QCOMPARE(quickIdentityOf((path + ".moved").toStdString()), identity);
    for (const qsizetype at : {qsizetype{0}, bytes.size() / 15, bytes.size() - 1}) {
        QByteArray changed = bytes;
        changed[at] = 'b';
        write(changed);
        QVERIFY2(quickIdentityOf(path.toStdString()) != identity, qPrintable(QString::number(at)));
    }
    write(bytes + "a");
    QVERIFY(quickIdentityOf(path.toStdString()) != identity);
    write({});
    QCOMPARE(quickIdentityOf(path.toStdString()).size(), std::size_t{64});
}

}  // namespace

QTEST_GUILESS_MAIN(TestFrameIndex)
#include "test_frame_index.moc"
