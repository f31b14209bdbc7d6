#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonObject>
#include <QTest>

#include <cstddef>
#include <cstdint>

#include "media/io/image_file.h"
#include "tests/app/cli_run.h"
#include "tests/support/disc_clip.h"
#include "tests/support/numbered_video.h"
#include "tests/support/test_video.h"
#include "tests/support/video_check.h"

using namespace mcj;
using test::CliRun;
using test::runCli;
using test::runWithoutNetwork;

namespace {

constexpr int kFrames = test::DiscClip::kFrames;

}  // namespace

/// `mcjepa info` beside what ffprobe says.
class TestInfo : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        const QString failed = clip_.write();
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
    }

    void infoTellsWhatFfprobeTells() {
        if (!test::haveFfmpeg()) QSKIP("ffprobe is not here");
        test::ProbedVideo probed;
        const QString failed = test::probeVideo(clip_.video(), probed);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const CliRun run = runWithoutNetwork({"info", clip_.video(), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result").size(), 1);
        QCOMPARE(run.lines().back()["event"].toString(), QString("summary"));
        QCOMPARE(run.lines().back()["frames"].toInt(), static_cast<int>(probed.pts.size()));
        const QJsonObject info = run.events("result")[0];
        QCOMPARE(info["width"].toInt(), probed.size.width);
        QCOMPARE(info["height"].toInt(), probed.size.height);
        QCOMPARE(info["frames"].toInt(), static_cast<int>(probed.pts.size()));
        const QJsonArray pts = info["pts"].toArray();
        QCOMPARE(pts.size(), static_cast<int>(probed.pts.size()));
        for (int i = 0; i < pts.size(); ++i) {
            const auto& expected = probed.pts[static_cast<std::size_t>(i)];
            QCOMPARE(pts[i].isNull(), !expected.has_value());
            if (expected) QCOMPARE(static_cast<std::int64_t>(pts[i].toDouble()), *expected);
        }
        for (const char* key :
             {"time_base", "avg_fps", "variable_rate", "rotation_deg", "sample_aspect",
              "pixel_format", "codec", "duration_secs", "damaged"}) {
            QVERIFY2(info.contains(key), key);
        }
        QVERIFY(info["damaged"].isNull());
        QVERIFY(!info.contains("taken_on_trust"));
        const CliRun text = runWithoutNetwork({"info", clip_.video()});
        MCJ_VERIFY_EXIT(text, 0);
        QVERIFY(text.out.contains(QString("frames    %1").arg(kFrames)));
    }

    void quickSaysWhatIsTheContainersWord() {
        if (!test::haveFfmpeg()) QSKIP("ffmpeg is not here");
        // Of a cut file the container promises frames that are not there.
        const QString cut = clip_.path("cut.mp4");
        const QString failed = test::writeNumbered(
            120, {96, 64}, test::fastX264(12) + QStringList{"-movflags", "+faststart"}, cut);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        QFile file(cut);
        QVERIFY(file.open(QIODevice::ReadWrite));
        QVERIFY(file.resize(file.size() / 2));
        file.close();
        const CliRun run = runWithoutNetwork({"info", cut, "--quick", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        const QJsonObject info = run.events("result")[0];
        QCOMPARE(info["frames"].toInt(), 120);
        const QJsonArray trusted = info["taken_on_trust"].toArray();
        for (const char* fact : {"frames", "duration_secs", "avg_fps", "variable_rate"}) {
            QVERIFY2(trusted.contains(QString(fact)), fact);
            QVERIFY2(info.contains(fact), fact);
        }
        QVERIFY(info["pts"].isNull());
        QVERIFY(info["damaged"].isNull());
        QCOMPARE(info["damage_looked_for"].toBool(true), false);
        const CliRun text = runWithoutNetwork({"info", cut, "--quick"});
        MCJ_VERIFY_EXIT(text, 0);
        QVERIFY2(text.out.contains("frames    120  (from the file's header, not counted)"),
                 qPrintable(text.out));
        QVERIFY2(text.out.contains("not checked"), qPrintable(text.out));
        // Without --quick the damage is found, as ever.
        QVERIFY(runWithoutNetwork({"info", cut}).out.contains("cut off after"));
    }

    void aKeptIndexAnswersForTheWholeVideo() {
        if (!test::haveFfmpeg()) QSKIP("ffmpeg is not here");
        const QString video = clip_.path("numbered.mp4");
        const QString failed = test::writeNumbered(300, {96, 64}, test::fastX264(50), video);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const QMap<QString, QString> cache{{"XDG_CACHE_HOME", clip_.path("cache")}};
        const CliRun first = runCli({"info", video, "--json"}, cache);
        MCJ_VERIFY_EXIT(first, 0);
        QDir kept(clip_.path("cache/mcjepa/frame_index"));
        QCOMPARE(kept.entryList(QDir::Files).size(), 1);
        const CliRun quick = runCli({"info", video, "--quick", "--json"}, cache);
        MCJ_VERIFY_EXIT(quick, 0);
        QJsonObject known = quick.events("result")[0];
        QVERIFY(known["taken_on_trust"].toArray().isEmpty());
        QVERIFY(known["damage_looked_for"].toBool());
        known.remove("taken_on_trust");
        known.remove("damage_looked_for");
        QCOMPARE(known, first.events("result")[0]);
        QCOMPARE(runCli({"info", video, "--json"}, cache).out, first.out);
        QVERIFY(kept.removeRecursively());
        QCOMPARE(runCli({"info", video, "--json"}, cache).events("result"), first.events("result"));
    }

    void damagedPicturesAreNamedAndCounted() {
        const QDir folder(clip_.path("pictures"));
        QVERIFY(folder.mkpath("."));
        for (int i = 0; i < 6; ++i) {
            writeRgbPng(folder.filePath(QString("%1.png").arg(i)).toStdString(),
                        clip_.scene().picture(i));
        }
        QVERIFY(QFile(folder.filePath("2.png")).resize(0));
        const CliRun run = runWithoutNetwork({"info", folder.path(), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        const QJsonObject info = run.events("result")[0];
        QCOMPARE(info["frames"].toInt(), 6);
        QCOMPARE(info["readable_frames"].toInt(), 5);
        QVERIFY2(info["damaged"].toString().contains("frame 2 cannot be read"),
                 qPrintable(info["damaged"].toString()));
        QVERIFY(info["damaged"].toString().contains("2.png"));
        const CliRun text = runWithoutNetwork({"info", folder.path()});
        MCJ_VERIFY_EXIT(text, 0);
        QVERIFY2(text.err.contains("5 of 6 frames can be read, 2 of them before the damage"),
                 qPrintable(text.err));
    }

    void warningsReachTheUser() {
        if (!test::haveFfmpeg() || !test::haveEncoder("libx264")) QSKIP("no ffmpeg with libx264");
        const QString path = clip_.path("odd.mp4");
        QCOMPARE(test::runFfmpeg({"-i", clip_.video(), "-i", clip_.video(), "-map", "0:v", "-map",
                                  "1:v", "-c:v", "libx264", "-x264-params", "tff=1", path}),
                 QString());
        const CliRun run = runWithoutNetwork({"info", path});
        MCJ_VERIFY_EXIT(run, 0);
        QVERIFY2(run.err.contains("2 video streams"), qPrintable(run.err));
        QVERIFY2(run.err.contains("interlaced"), qPrintable(run.err));
    }

private:
    test::DiscClip clip_;
};

QTEST_GUILESS_MAIN(TestInfo)
#include "test_info.moc"
