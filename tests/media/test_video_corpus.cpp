#include <QDir>
#include <QTest>

#include "media/io/frame_source.h"
#include "tests/support/test_video.h"
#include "tests/support/video_check.h"

using namespace mcj;
using namespace mcj::test;

namespace {

constexpr int kReads = 30;

/// Every clip of the shared data: random reads, counts, sizes and times.
class TestVideoCorpus : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyClipIsExact_data();
    void everyClipIsExact();
};

void TestVideoCorpus::everyClipIsExact_data() {
    QTest::addColumn<QString>("path");
    const QString data = testDataFolder();
    if (data.isEmpty()) QSKIP("the shared data folder is not here");
    if (!haveFfmpeg()) QSKIP("ffmpeg and ffprobe are not installed");
    for (const char* part : {"/videos", "/videos/odd"}) {
        const QDir folder(data + part);
        for (const QString& name : folder.entryList({"*.mp4", "*.mov"}, QDir::Files)) {
            QTest::newRow(qPrintable(name)) << folder.filePath(name);
        }
    }
}

void TestVideoCorpus::everyClipIsExact() {
    QFETCH(QString, path);
    ProbedVideo probed;
    QCOMPARE(probeVideo(path, probed), QString());
    const auto source = openSource(path.toStdString());
    scanToEnd(*source, nullptr);
    QCOMPARE(compareWithProbe(source->info(), probed), QString());
    QCOMPARE(compareRandomReads(path, kReads, 5, RandomReads::SameSource), QString());
    QCOMPARE(source->info().damaged.has_value(), path.endsWith("truncated.mp4"));
}

}  // namespace

QTEST_GUILESS_MAIN(TestVideoCorpus)
#include "test_video_corpus.moc"
