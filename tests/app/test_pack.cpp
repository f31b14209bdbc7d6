// `mcjepa pack` as its users run it.

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

#include "media/io/image_file.h"
#include "tests/app/cli_run.h"

using namespace mcj;
using test::CliRun;
using test::runCli;

namespace fs = std::filesystem;

class TestPack : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        root_ = folder_.path().toStdString();
        fs::create_directories(root_ / "in");
        fs::create_directories(root_ / "labels");
        Raster<std::uint8_t> labels({64, 48}, 1, 3);
        labels.at(5, 5) = 255;
        labels.at(6, 6) = 11;
        for (const char* name : {"a.png", "b.png", "unlabelled.png"}) {
            writeRgbPng(root_ / "in" / name, Raster<std::uint8_t>({64, 48}, 3, 90));
            if (name[0] != 'u') writeIndexedPng(root_ / "labels" / name, {labels, {}});
        }
    }

    void labelsTravelWithTheirPictures() {
        const CliRun run = pack({"--labels", path("labels"), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("summary").size(), 1);
        const QJsonObject summary = run.events("summary")[0];
        QCOMPARE(summary["label_maps"].toInt(), 2);
        QCOMPARE(summary["entries"].toInt(), 4);
        QVERIFY(run.err.contains("1 image has no label map"));
        QVERIFY(fs::exists(root_ / "out.shard"));
    }

    void aDryRunEndsWithItsSummary() {
        const CliRun run = runCli(
            {"pack", "--images", path("in"), "-o", path("dry.shard"), "--dry-run", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        const QJsonObject summary = run.lines().back();
        QCOMPARE(summary["event"].toString(), QString("summary"));
        QVERIFY(summary["dry_run"].toBool());
        QCOMPARE(summary["files"].toInt(), 3);
        QVERIFY(!fs::exists(root_ / "dry.shard"));
    }

    void voidIsAList() {
        const CliRun both = pack({"--labels", path("labels"), "--void", "11,255"});
        MCJ_VERIFY_EXIT(both, 0);
        // 255 is no class, and not said to be void here.
        const CliRun strict = pack({"--labels", path("labels"), "--void", "11"});
        MCJ_VERIFY_EXIT(strict, 3);
        QVERIFY2(strict.err.contains("a.png") && strict.err.contains("--void"),
                 qPrintable(strict.err));
        const CliRun tooHigh = pack({"--labels", path("labels"), "--void", "256"});
        MCJ_VERIFY_EXIT(tooHigh, 2);
        const CliRun ofWhat = pack({"--void", "11"});
        MCJ_VERIFY_EXIT(ofWhat, 2);
    }

    void numberedPicturesAreClips() {
        const fs::path set = root_ / "set";
        for (const char* name : {"one/frame_0001.png", "one/frame_0002.png", "one/frame_0003.png",
                                 "000000_10.png", "cover.png"}) {
            fs::create_directories((set / name).parent_path());
            writeRgbPng(set / name, Raster<std::uint8_t>({64, 48}, 3, 90));
        }
        // In a clip this would be a cut; two pictures are a pair.
        writeRgbPng(set / "000000_11.png", Raster<std::uint8_t>({64, 48}, 3, 190));
        // Neighbours by number that cannot be a pair.
        writeRgbPng(set / "one/frame_0004.png", Raster<std::uint8_t>({32, 48}, 3, 90));
        writeRgbPng(set / "one/frame_0005.png", Raster<std::uint8_t>({32, 48}, 3, 90));
        const CliRun run =
            runCli({"pack", "--frames", path("set"), "-o", path("clips.shard"), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        const QJsonObject summary = run.events("summary")[0];
        QCOMPARE(summary["sources"].toInt(), 2);
        QCOMPARE(summary["clips"].toInt(), 3);
        QCOMPARE(summary["entries"].toInt(), 7);
        QVERIFY2(run.err.contains("no neighbour"), qPrintable(run.err));
        // What is trained on is said once.
        MCJ_VERIFY_EXIT(runCli({"pack", "--frames", path("set"), "--images", path("in"), "-o",
                                path("both.shard")}),
                        2);
        MCJ_VERIFY_EXIT(runCli({"pack", "-o", path("none.shard")}), 2);
    }

    void labelsNeedPictures() {
        const CliRun alone = runCli({"pack", "--labels", path("labels"), "-o", path("x.shard")});
        MCJ_VERIFY_EXIT(alone, 2);
        const CliRun nowhere = pack({"--labels", path("nowhere")});
        MCJ_VERIFY_EXIT(nowhere, 3);
    }

private:
    [[nodiscard]] QString path(const char* name) const {
        return QString::fromStdString((root_ / name).string());
    }
    [[nodiscard]] CliRun pack(const QStringList& more) const {
        return runCli(
            QStringList{"pack", "--images", path("in"), "-o", path("out.shard"), "--overwrite"} +
            more);
    }

    QTemporaryDir folder_;
    fs::path root_;
};

QTEST_GUILESS_MAIN(TestPack)
#include "test_pack.moc"
