#include <QFile>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <filesystem>

#include "media/io/image_file.h"
#include "segmentation/mask_formats/davis.h"
#include "tests/app/cli_run.h"
#include "tests/app/made_benchmarks.h"
#include "tests/support/test_video.h"

using namespace mcj;
using test::CliRun;
using test::runWithoutNetwork;

namespace {

namespace fs = std::filesystem;

constexpr int kFrames = 6;

QString textOf(const QString& file) {
    QFile svg(file);
    return svg.open(QIODevice::ReadOnly) ? QString::fromUtf8(svg.readAll()) : QString();
}

}  // namespace

/// `mcjepa figure` as it is used, by methods that need no network.
class TestFigure : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        video_ = path("scene.mkv");
        const QString failed = test::writeLossless(scene_, kFrames, video_);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const fs::path pairs = path("pairs").toStdString();
        for (const char* name : {"known", "unknown"}) {
            test::writeFrame(pairs / name / "frame1.png", scene_.picture(0));
            test::writeFrame(pairs / name / "frame2.png", scene_.picture(1));
        }
        test::writeTruth(pairs / "known/flow.flo", scene_.flow(0), FlowFormat::Flo);
        const fs::path sequence = path("sequence").toStdString();
        for (int t = 0; t < kFrames; ++t) {
            test::writeFrame(sequence / "frames" / davisFileName(t), scene_.picture(t));
            fs::create_directories(sequence / "masks");
            writeDavisMask(sequence / "masks" / davisFileName(t), Mask(scene_.mask(t)));
        }
    }

    void flowOfSeveralMethodsBesideTruth() {
        const QString file = path("flow.svg");
        const CliRun run =
            runWithoutNetwork({"figure", "flow", path("pairs"), video_, "--frame", "1,3",
                               "--method", "dis,farneback,zero", "-o", file, "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        const auto results = run.events("result");
        QCOMPARE(results.size(), 4 * 3);
        int scored = 0;
        for (const QJsonObject& result : results) {
            if (result["epe"].isNull()) continue;
            ++scored;
            QCOMPARE(result["row"].toString(), QString("known"));
            // One scale a row, from its truth: 99 % of the motion is below 5.1 px.
            QCOMPARE(result["flow_scale_px"].toDouble(), 10.0);
        }
        QCOMPARE(scored, 3);
        const QJsonObject summary = run.lines().back();
        QCOMPARE(summary["rows"].toInt(), 4);
        QCOMPARE(summary["columns"].toInt(), 5);
        const QString svg = textOf(file);
        // A picture a cell, and a wheel a row.
        QCOMPARE(svg.count("<image "), 4 * 5 + 4);
        for (const char* word :
             {"first frame", "DIS", "Farneback", "no motion", "ground truth", "known", "unknown",
              "scene, frames 3 and 4", "EPE ", "10 px", "no ground truth", "mean motion"}) {
            QVERIFY2(svg.contains(word), word);
        }
        // It is not replaced without a word.
        MCJ_VERIFY_EXIT(
            runWithoutNetwork({"figure", "flow", path("pairs"), "--method", "zero", "-o", file}),
            2);
        MCJ_VERIFY_EXIT(runWithoutNetwork({"figure", "flow", path("pairs"), "--method", "zero",
                                           "-o", file, "--only", "known", "--overwrite"}),
                        0);
        QCOMPARE(textOf(file).count("<image "), 3 + 1);
    }

    void flowAsArrows() {
        const QString file = path("arrows.svg");
        const QStringList line{"figure", "flow",      path("pairs"), "--only",
                               "known",  "--method",  "dis",         "--style",
                               "arrows", "--spacing", "16",          "--arrow-length",
                               "2",      "-o",        file};
        MCJ_VERIFY_EXIT(runWithoutNetwork(line), 0);
        const QString svg = textOf(file);
        // First frame, method, truth; no wheel, as colours are not used.
        QCOMPARE(svg.count("<image "), 3);
        QVERIFY(svg.contains("Arrows: 2 x the motion"));
        MCJ_VERIFY_EXIT(
            runWithoutNetwork({"figure", "flow", path("pairs"), "--method", "zero", "--style",
                               "arrows", "--spacing", "2", "-o", path("dense.svg")}),
            2);
    }

    void flowAsStreamlines() {
        const QString file = path("streamlines.svg");
        const auto draw = [&](const QString& input, const QString& frame) {
            return runWithoutNetwork({"figure", "flow", input, "--frame", frame, "--method",
                                      "dis,zero", "--style", "streamlines", "--spacing", "16",
                                      "--line-frames", "3", "--overwrite", "-o", file});
        };
        MCJ_VERIFY_EXIT(draw(video_, "1"), 0);
        const QString svg = textOf(file);
        // First frame and two methods; no wheel, as colours are not used.
        QCOMPARE(svg.count("<image "), 3);
        QVERIFY(svg.contains("scene, frames 1 to 4"));
        QVERIFY(svg.contains("Streamlines: from the first frame over up to 3 frames"));
        // A pair is no clip.
        MCJ_VERIFY_EXIT(draw(path("pairs"), "0"), 2);
    }

    void benchmarksGiveRows() {
        const fs::path part = fs::path(path("kitti").toStdString()) / "training";
        test::writeFrame(part / "image_2/000004_10.png", scene_.picture(0));
        test::writeFrame(part / "image_2/000004_11.png", scene_.picture(1));
        test::writeTruth(part / "flow_occ/000004_10.png", scene_.flow(0), FlowFormat::KittiPng);
        const CliRun run = runWithoutNetwork(
            {"figure", "flow", "--kitti", path("kitti"), "--method", "dis", "--flow-scale", "4",
             "--wheel", "vision-safe", "-o", path("kitti.png"), "--cell-width", "100", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result")[0]["row"].toString(), QString("000004"));
        QCOMPARE(run.events("result")[0]["flow_scale_px"].toDouble(), 4.0);
        const Raster<std::uint8_t> drawn = readRgbImage(path("kitti.png").toStdString());
        QCOMPARE(drawn.width(), run.lines().back()["width"].toInt());
        QCOMPARE(drawn.height(), run.lines().back()["height"].toInt());
    }

    void masksAtChosenFrames() {
        const QString file = path("masks.png");
        const CliRun run = runWithoutNetwork({"figure", "masks", path("sequence"), "--method",
                                              "identity,dis-flow", "--at", "1,4,6", "--cell-width",
                                              "160", "--opacity", "1", "-o", file, "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        const QJsonObject summary = run.lines().back();
        QCOMPARE(summary["rows"].toInt(), 3);  // and the truth
        QCOMPARE(summary["columns"].toInt(), 3);
        // Cells are of the pictures' size, so that pixels can be compared: the sheet has a margin
        // of 16, heads of 28 and a label of 22, gaps of 8 between columns and 10 between rows.
        const Raster<std::uint8_t> drawn = readRgbImage(file.toStdString());
        const auto cell = [&](int row, int column, int y, int x) {
            const int top = 16 + 28 + 22 + row * (120 + 10 + 22);
            const int left = 16 + column * (160 + 8);
            return drawn.at(top + y, left + x, 0) == davisPalette()[1][0] &&
                   drawn.at(top + y, left + x, 1) == davisPalette()[1][1];
        };
        const int frames[] = {0, 3, 5};
        for (int column = 0; column < 3; ++column) {
            const Raster<std::uint8_t> first = scene_.mask(0);
            const Raster<std::uint8_t> truth = scene_.mask(frames[column]);
            int differing = 0;
            int standing = 0;
            for (int y = 0; y < 120; ++y) {
                for (int x = 0; x < 160; ++x) {
                    QCOMPARE(cell(0, column, y, x), first.at(y, x) != 0);
                    QCOMPARE(cell(2, column, y, x), truth.at(y, x) != 0);
                    differing += cell(1, column, y, x) != (truth.at(y, x) != 0) ? 1 : 0;
                    standing += first.at(y, x) != truth.at(y, x) ? 1 : 0;
                }
            }
            // How well DIS carries is OpenCV's affair; it must beat standing still.
            QVERIFY2(column == 0 ? differing == 0 : differing < standing,
                     qPrintable(QString("%1 of %2").arg(differing).arg(standing)));
        }
    }

    void masksOfAVideoAndAFirstFrame() {
        const QString mask = path("first.png");
        writeDavisMask(mask.toStdString(), Mask(scene_.mask(0)));
        const CliRun run = runWithoutNetwork({"figure", "masks", video_, "--mask", mask, "--method",
                                              "identity", "-o", path("video.svg"), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        // Of the paper's 1, 10, 25 and 50 a clip of six frames has the first, and says so.
        QCOMPARE(run.lines().back()["columns"].toInt(), 1);
        QCOMPARE(run.lines().back()["rows"].toInt(), 1);
        QVERIFY(run.err.contains("t = 6"));
        const QString svg = textOf(path("video.svg"));
        QVERIFY(svg.contains("t = 1") && svg.contains("first mask, unmoved"));
        // A folder with one mask a frame is truth as well.
        const CliRun folder = runWithoutNetwork({"figure", "masks", video_, "--mask",
                                                 path("sequence/masks"), "--method", "identity",
                                                 "--at", "6", "-o", path("folder.svg"), "--json"});
        MCJ_VERIFY_EXIT(folder, 0);
        QCOMPARE(folder.lines().back()["rows"].toInt(), 2);
        QVERIFY(textOf(path("folder.svg")).contains("ground truth"));
    }

    void whatIsWrongIsNamed_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("named");
        const QStringList out{"-o", path("never.svg")};
        QTest::newRow("another ending")
            << QStringList{"flow", path("pairs"), "--method", "zero", "-o", path("never.gif")} << 2
            << "never.gif";
        QTest::newRow("nothing to draw")
            << QStringList{"flow", "--method", "zero"} + out << 2 << "no pairs to draw";
        QTest::newRow("no such video")
            << QStringList{"flow", path("gone.mp4"), "--method", "zero"} + out << 3 << "gone.mp4";
        QTest::newRow("frame behind the end")
            << QStringList{"flow", video_, "--frame", "5", "--method", "zero"} + out << 2
            << "frame 6";
        QTest::newRow("no such model")
            << QStringList{"flow", path("pairs"), "--method", "ours=" + path("gone.safetensors")} +
                   out
            << 3 << "gone.safetensors";
        QTest::newRow("a model without a name")
            << QStringList{"flow", path("pairs"), "--method", "=x.safetensors"} + out << 2
            << "NAME=FILE";
        QTest::newRow("a column twice")
            << QStringList{"flow", path("pairs"), "--method", "dis,dis"} + out << 2 << "dis";
        QTest::newRow("no mask") << QStringList{"masks", video_, "--method", "identity"} + out << 2
                                 << "--mask";
        QTest::newRow("t behind the end")
            << QStringList{"masks", path("sequence"), "--method", "identity", "--at", "1,7"} + out
            << 2 << "t = 7";
        QTest::newRow("t from 0") << QStringList{"masks",    path("sequence"), "--method",
                                                 "identity", "--at",           "0"} +
                                         out
                                  << 2 << "t = 0";
        QTest::newRow("too few masks")
            << QStringList{"masks", video_, "--mask", path("few"), "--method", "identity"} + out
            << 3 << "few";
        fs::create_directories(path("few").toStdString());
        writeDavisMask(path("few/00000.png").toStdString(), Mask(scene_.mask(0)));
    }

    void whatIsWrongIsNamed() {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        QFETCH(QString, named);
        const CliRun run = runWithoutNetwork(QStringList{"figure"} + arguments);
        MCJ_VERIFY_EXIT(run, code);
        QVERIFY2(run.err.contains(named), qPrintable(run.err));
        QVERIFY(!fs::exists(path("never.svg").toStdString()));
    }

    void aDryRunWritesNothing() {
        const CliRun flow = runWithoutNetwork({"figure", "flow", path("pairs"), "--method", "zero",
                                               "-o", path("never.svg"), "--dry-run", "--json"});
        MCJ_VERIFY_EXIT(flow, 0);
        QCOMPARE(flow.lines().back()["rows"].toInt(), 2);
        const CliRun masks =
            runWithoutNetwork({"figure", "masks", path("sequence"), "--method", "identity", "--at",
                               "2", "-o", path("never.svg"), "--dry-run", "--json"});
        MCJ_VERIFY_EXIT(masks, 0);
        QCOMPARE(masks.lines().back()["frames"].toInt(), 2);
        QVERIFY(!fs::exists(path("never.svg").toStdString()));
    }

private:
    [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }

    QTemporaryDir folder_;
    QString video_;
    test::MovingScene scene_{{160, 120}, {0.5F, 0.25F}, {{{60, 60}, {5.0F, 1.0F}, 20}}};
};

QTEST_GUILESS_MAIN(TestFigure)
#include "test_figure.moc"
