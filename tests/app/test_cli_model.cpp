#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QPointF>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <vector>

#include "inference/analysis/query_region.h"
#include "inference/engine/engine_loader.h"
#include "inference/engine/inference_engine.h"
#include "media/base/error.h"
#include "media/io/array_file.h"
#include "media/io/flow_file.h"
#include "media/io/frame_source.h"
#include "media/io/image_file.h"
#include "media/io/manifest.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/rle.h"
#include "tests/app/cli_run.h"
#include "tests/support/content_model.h"
#include "tests/support/live_stream.h"
#include "tests/support/test_video.h"

using namespace mcj;
using test::CliRun;
using test::runCli;

namespace {

namespace fs = std::filesystem;

constexpr int kFrames = 5;

}  // namespace

/// The main job on the shipped model: skipped, in words, where there is none.
class TestCliModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        const auto model = runGuarded([] { return shippedModelPath(); });
        if (!model.ok()) QSKIP("the shipped model is not here");
        if (!fs::exists(MCJ_BIN_DIR "/../lib/libmcj_torch.so")) QSKIP("libmcj_torch is not built");
        video_ = path("scene.mkv");
        const QString failed = test::writeLossless(scene_, kFrames, video_);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
    }

    void analyzeWritesAllMaps() {
        const CliRun run = runCli({"analyze", video_, "-o", path("maps"), "--maps", "all",
                                   "--format", "png,flo,npy", "--device", "cpu", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result").size(), kFrames - 1);
        const fs::path folder = path("maps").toStdString();
        const Manifest manifest = readManifest(folder / "manifest.json");
        QVERIFY(manifest.complete);
        QCOMPARE(manifest.modelSha256, sha256OfFile(shippedModelPath()));
        for (const char* map :
             {"flow/000002.flo", "backward/000002.flo", "flow_color/000002.png",
              "warp_error/000002.npy", "feature_error/000002.npy", "consistency/000002.npy",
              "occlusion/000002.png", "feature_colors/000002.png"}) {
            QVERIFY2(fs::exists(folder / map), map);
        }
        const FlowField flow = readFlow(folder / "flow/000002.flo");
        QCOMPARE(flow.size(), scene_.size());
        for (const float value : flow.vectors.values()) QVERIFY(std::isfinite(value));
        for (const float value : readNpy(folder / "feature_error/000002.npy").values) {
            QVERIFY(std::isnan(value) || (value >= -1e-3F && value <= 2.001F));
        }
    }

    void similarityPointsBackAtTheQuery() {
        const CliRun run =
            runCli({"similarity", video_, "--frame", "1", "--point", "60,60", "--range", "0:4",
                    "-o", path("similar"), "--format", "png,npy", "--device", "cpu", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        const auto results = run.events("result");
        QCOMPARE(results.size(), 4);
        // In the frame of the query itself nothing is more alike than the cells around the point,
        // between which its feature is interpolated.
        QVERIFY(results[1]["cosine"].toDouble() > 0.8);
        QVERIFY(std::hypot(results[1]["x"].toDouble() - 60, results[1]["y"].toDouble() - 60) < 9.0);
        const fs::path folder = path("similar").toStdString();
        const FloatArray map = readNpy(folder / "similarity/000001.npy");
        QCOMPARE(map.shape, (std::vector<std::int64_t>{120, 160}));
        // What all places share does not make them alike.
        const double mean = std::accumulate(map.values.begin(), map.values.end(), 0.0) /
                            static_cast<double>(map.values.size());
        QVERIFY2(std::abs(mean) < 0.25, qPrintable(QString::number(mean)));
        QVERIFY(fs::exists(folder / "matches.csv"));
        const CliRun again =
            runCli({"similarity", video_, "--frame", "1", "--point", "60,60", "--range", "0:4",
                    "-o", path("similar"), "--format", "png,npy", "--device", "cpu", "--json"});
        MCJ_VERIFY_EXIT(again, 0);
        for (const QJsonObject& result : again.events("result")) QVERIFY(result["kept"].toBool());
        MCJ_VERIFY_EXIT(runCli({"similarity", video_, "--frame", "1", "--point", "500,5", "-o",
                                path("never"), "--device", "cpu"}),
                        2);
        MCJ_VERIFY_EXIT(runCli({"similarity", video_, "--frame", "77", "--point", "5,5", "-o",
                                path("never"), "--device", "cpu"}),
                        2);
    }

    // A point of a stream's first frame is shown in the following ones.
    void aPointOfALiveSourceIsSearched() {
        test::LiveStream stream;
        QVERIFY2(stream.make().isEmpty(), "no FIFO");
        QVERIFY(stream.feed(video_));
        const QString file = path("seen.mp4");
        const QStringList line{"live",         stream.fifo(), "--seen",   file,
                               "--frames",     "4",           "--method", "zero",
                               "--every-pair", "--device",    "cpu",      "--json"};
        MCJ_VERIFY_EXIT(runCli(line + QStringList{"--point", "60,60"}), 0);
        const auto source = openSource(file.toStdString());
        scanToEnd(*source, {});
        QCOMPARE(source->info().frames.value_or(0), FrameIndex{4});
        // Turbo is red near 1: at the point itself, between the arms of its cross.
        const FramePtr first = source->read(0);
        QVERIFY(first->rgb.at(58, 62, 0) > first->rgb.at(58, 62, 2));
        // Its writer has ended with the reader.
        stream.endWriting();
        QVERIFY(stream.feed(video_));
        MCJ_VERIFY_EXIT(runCli(line + QStringList{"--overwrite", "--point", "500,5"}), 2);
    }

    void similarityOfAnObjectIsThatOfItsPixels() {
        Mask mask(SizePx{160, 120});
        for (int y = 50; y < 70; ++y) {
            for (int x = 45; x < 75; ++x) mask.labels.at(y, x) = 3;
        }
        const fs::path file = path("object.png").toStdString();
        writeDavisMask(file, mask);
        const auto runOf = [&](const QStringList& query, const QString& folder) {
            return runCli(QStringList{"similarity", video_, "--frame", "1", "--range", "0:2", "-o",
                                      path(folder), "--format", "npy", "--device", "cpu"} +
                          query);
        };
        const QString name = QString::fromStdString(file.string());
        MCJ_VERIFY_EXIT(runOf({"--mask", name, "--object", "3"}, "by-mask"), 0);
        const std::string runs = cocoCountsToString(encodeCocoRle(mask, 3).counts);
        MCJ_VERIFY_EXIT(
            runOf({"--object", "3", "--pixels", QString::fromStdString(runs)}, "by-pixels"), 0);
        const auto mapIn = [this](const QString& folder) {
            return readNpy(fs::path(path(folder).toStdString()) / "similarity/000000.npy").values;
        };
        QVERIFY(mapIn("by-mask") == mapIn("by-pixels"));
        MCJ_VERIFY_EXIT(runOf({"--mask", name, "--object", "4"}, "never"), 2);
        MCJ_VERIFY_EXIT(runOf({"--mask", name, "--point", "5,5"}, "never"), 2);
        MCJ_VERIFY_EXIT(runOf({}, "never"), 2);
        EngineOptions options;
        options.device = "cpu";
        const auto engine = loadEngine(options);
        const auto frameAt = [this](int index) {
            auto frame = std::make_shared<Frame>();
            frame->source = 1;
            frame->index = index;
            frame->rgb = scene_.picture(index);
            return frame;
        };
        const auto region = objectRegion(mask.labels, 3);
        const SimilarityResult wanted =
            engine->similarityOfRegion(*engine->featureMap(frameAt(1), 3), region->inside(),
                                       *engine->featureMap(frameAt(0), 3));
        const std::vector<float> found = mapIn("by-mask");
        QCOMPARE(found.size(), wanted.map.values.values().size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            QVERIFY(std::abs(found[i] - wanted.map.values.values()[i]) < 1e-3F);
        }
    }

    void trackFollowsAPointInBothWorlds() {
        const QStringList arguments{"track",    video_,     "--frame", "1",  "--point",
                                    "60,60",    "--method", "dis",     "-o", path("track.csv"),
                                    "--device", "cpu",      "--json"};
        const CliRun run = runCli(arguments);
        MCJ_VERIFY_EXIT(run, 0);
        const auto results = run.events("result");
        QCOMPARE(results.size(), kFrames);
        QCOMPARE(results[1]["track"].toArray(), (QJsonArray{60.0, 60.0}));
        QVERIFY(results[1]["cosine"].toDouble() > 0.8);
        QVERIFY(results[1]["distance_px"].toDouble() < 9.0);
        QFile file(path("track.csv"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll().trimmed().split('\n').size(), kFrames + 1);
        MCJ_VERIFY_EXIT(runCli(arguments), 2);  // the file exists
        MCJ_VERIFY_EXIT(runCli(arguments + QStringList{"--overwrite"}), 0);
        MCJ_VERIFY_EXIT(runCli({"track", video_, "--frame", "1", "--point", "500,5", "-o",
                                path("never.csv"), "--device", "cpu"}),
                        2);
        QVERIFY(!QFile::exists(path("never.csv")));
    }

    void aPictureOfOneCellIsLikeItself() {
        const test::MovingScene small({64, 48}, {0.0F, 0.0F}, {});
        const QString clip = path("small.mkv");
        const QString failed = test::writeLossless(small, 2, clip);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const CliRun run =
            runCli({"similarity", clip, "--frame", "0", "--point", "30,20", "--level", "6", "-o",
                    path("one cell"), "--device", "cpu", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result").size(), 2);
        for (const QJsonObject& result : run.events("result")) {
            QVERIFY2(result["cosine"].toDouble() > 0.99, qPrintable(run.out));
        }
    }

    void aLevelOfTheNetworkIsAMethod() {
        const QString sample = QString(MCJ_SOURCE_DIR) + "/resources/samples/sample.mp4";
        const auto analyzed = [&](const QString& method) {
            return runCli({"analyze", sample, "-o", path(method), "--range", "20:22", "--method",
                           method, "--format", "flo", "--device", "cpu"});
        };
        const auto flowIn = [&](const char* method) {
            return readFlow(fs::path(path(method).toStdString()) / "flow/000020.flo");
        };
        for (const char* method : {"model-fast", "model-level-1", "model-level-4"}) {
            MCJ_VERIFY_EXIT(analyzed(method), 0);
        }
        QVERIFY(flowIn("model-level-1").vectors == flowIn("model-fast").vectors);
        QVERIFY(flowIn("model-level-4").vectors != flowIn("model-fast").vectors);
        // The shipped model's estimator begins at level 5.
        MCJ_VERIFY_EXIT(analyzed("model-level-6"), 2);
        MCJ_VERIFY_EXIT(analyzed("model-level-7"), 2);
    }

    void aSmallerSizeIsScaledBack() {
        // At half the size the network sees motions of half the length: written, they are whole
        // again.
        const QString sample = QString(MCJ_SOURCE_DIR) + "/resources/samples/sample.mp4";
        const auto analyzed = [&](const char* folder, const QStringList& options) {
            const QStringList arguments{"analyze",  sample,  "-o",       path(folder),
                                        "--range",  "20:22", "--method", "model-fast",
                                        "--format", "flo",   "--device", "cpu"};
            return runCli(arguments + options);
        };
        MCJ_VERIFY_EXIT(analyzed("half", {"--max-side", "320"}), 0);
        MCJ_VERIFY_EXIT(analyzed("whole", {}), 0);
        const auto flowIn = [&](const char* folder) {
            return readFlow(fs::path(path(folder).toStdString()) / "flow/000020.flo");
        };
        const FlowField half = flowIn("half");
        const FlowField whole = flowIn("whole");
        const fs::path folder = path("half").toStdString();
        QCOMPARE(readManifest(folder / "manifest.json").options.at("max-side"), std::string("320"));
        QCOMPARE(half.size(), whole.size());
        double apart = 0.0;
        double length = 0.0;
        for (int y = 0; y < whole.size().height; ++y) {
            for (int x = 0; x < whole.size().width; ++x) {
                const PointF a = half.at(y, x);
                const PointF b = whole.at(y, x);
                apart += std::hypot(a.x - b.x, a.y - b.y);
                length += std::hypot(b.x, b.y);
            }
        }
        // Not the same, or the size was not heeded.
        QVERIFY2(apart > 0.005 * length && apart < 0.3 * length,
                 qPrintable(QString::number(apart / length)));
    }

    void aSecondLookIsMoreExact_data() {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<double>("boundPx");
        QTest::newRow("full size") << QStringList{} << 0.4;  // it has 0.30
        // Half a pixel of what the network sees is one of the picture, and its cells are few.
        QTest::newRow("at a smaller size") << QStringList{"--max-side", "128"} << 0.8;
    }

    void aSecondLookIsMoreExact() {
        QFETCH(QStringList, options);
        QFETCH(double, boundPx);
        // A small motion, which the network's own levels see on a grid of two pixels.
        const test::MovingScene shift({256, 190}, {1.4F, -0.6F}, {});
        const fs::path pair = path("pairs/shift").toStdString();
        fs::create_directories(pair);
        writeRgbPng(pair / "frame1.png", shift.picture(0));
        writeRgbPng(pair / "frame2.png", shift.picture(1));
        writeFlow(pair / "flow.flo", shift.flow(0), FlowFormat::Flo);
        const QStringList arguments{"evaluate",    "flow",     "--pairs",
                                    path("pairs"), "--method", "model,model-fast",
                                    "--device",    "cpu",      "--json"};
        const CliRun run = runCli(arguments + options);
        MCJ_VERIFY_EXIT(run, 0);
        const auto summaries = run.events("summary");
        QCOMPARE(summaries.size(), 2);
        QCOMPARE(summaries[0]["method"].toString(), QString("model"));
        QCOMPARE(summaries[1]["method"].toString(), QString("model-fast"));
        const double full = summaries[0]["epe"].toDouble();
        const double fast = summaries[1]["epe"].toDouble();
        QVERIFY2(full < 0.7 * fast, qPrintable(QString("%1 and %2 px").arg(full).arg(fast)));
        QVERIFY2(full < boundPx, qPrintable(QString::number(full)));
    }

    void levelsHaveTheirOwnCells_data() {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QPointF>("centre");  // of a cell, in pixels of the clip
        QTest::addColumn<int>("cellPx");
        QTest::newRow("level 3") << QStringList{"--level", "3"} << QPointF(59.5, 67.5) << 8;
        QTest::newRow("level 4") << QStringList{"--level", "4"} << QPointF(55.5, 71.5) << 16;
        QTest::newRow("level 3 at half the size")
            << QStringList{"--level", "3", "--max-side", "80"} << QPointF(55.5, 71.5) << 16;
    }

    void levelsHaveTheirOwnCells() {
        QFETCH(QStringList, options);
        QFETCH(QPointF, centre);
        QFETCH(int, cellPx);
        const QString point = QString("%1,%2").arg(centre.x()).arg(centre.y());
        const QStringList arguments{"similarity",
                                    video_,
                                    "--frame",
                                    "1",
                                    "--point",
                                    point,
                                    "--range",
                                    "1:2",
                                    "--device",
                                    "cpu",
                                    "--json",
                                    "-o",
                                    path(QTest::currentDataTag())};
        const CliRun run = runCli(arguments + options);
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result").size(), 1);
        const QJsonObject result = run.events("result")[0];
        // At the centre of a cell nothing is interpolated: the cell finds itself. Its place is
        // refined within the cell.
        QVERIFY2(result["cosine"].toDouble() > 0.9999, qPrintable(run.out));
        QVERIFY(std::abs(result["x"].toDouble() - centre.x()) <= 0.5 * cellPx + 0.01);
        QVERIFY(std::abs(result["y"].toDouble() - centre.y()) <= 0.5 * cellPx + 0.01);
    }

    void masksAreCarriedByEveryMethod() {
        const QString mask = path("first.png");
        writeDavisMask(mask.toStdString(), Mask(scene_.mask(0)));
        for (const QString method : {"features", "flow", "both"}) {
            const CliRun run = runCli({"propagate", video_, "--mask", mask, "-o", path(method),
                                       "--method", method, "--device", "cpu", "--json"});
            MCJ_VERIFY_EXIT(run, 0);
            const fs::path masks = fs::path(path(method).toStdString()) / "masks";
            for (int t = 0; t < kFrames; ++t) {
                QCOMPARE(readDavisMask(masks / davisFileName(t)).size(), scene_.size());
            }
            QVERIFY(objectsIn(readDavisMask(masks / davisFileName(kFrames - 1))).test(1));
        }
    }

    void clicksFindTheirObject() {
        const fs::path sequence = path("clicked/disc").toStdString();
        fs::create_directories(sequence / "frames");
        fs::create_directories(sequence / "masks");
        for (int t = 0; t < kFrames; ++t) {
            writeRgbPng(sequence / "frames" / davisFileName(t), scene_.picture(t));
            writeDavisMask(sequence / "masks" / davisFileName(t), Mask(scene_.mask(t)));
        }
        const QStringList line{"evaluate", "similarity", "--sequences", path("clicked"), "--clicks",
                               "3",        "--device",   "cpu",         "--json"};
        const CliRun run = runCli(line);
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result").size(), 1);
        const QJsonObject result = run.events("result")[0];
        const double share = result["object_share"].toDouble();
        QVERIFY(share > 0.05 && share < 0.08);  // a disc of radius 20 in 160 x 120
        QVERIFY2(result["ap_same"].toDouble() > 2.0 * share, qPrintable(run.out));
        QVERIFY2(result["ap_later"].toDouble() > 2.0 * share, qPrintable(run.out));
        QVERIFY(result["ap_same"].toDouble() <= 1.0);
        QCOMPARE(run.events("summary")[0]["ap_same"].toDouble(), result["ap_same"].toDouble());
        QVERIFY(run.events("summary")[0]["ap_same_interval"].isNull());
        // Clicks are those of the seed.
        QCOMPARE(runCli(line).events("result")[0], result);
        QVERIFY(runCli(line + QStringList{"--seed", "7"}).events("result")[0] != result);
    }

    void aDeviceThatIsNotThereIsADeviceError() {
        MCJ_VERIFY_EXIT(runCli({"analyze", video_, "-o", path("never"), "--device", "cuda:99"}), 4);
    }

    void doctorSaysWhyThereIsNoGpu() {
        // On a machine with a GPU the kernels are hidden behind a file that is no library.
        const QString junk = path("junk.so");
        QFile file(junk);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("not a library");
        file.close();
        const QMap<QString, QString> hidden{{"MCJ_CUDA_LIBRARY", junk}};
        const CliRun run = runCli({"doctor", "--json"}, hidden);
        MCJ_VERIFY_EXIT(run, 0);
        const QJsonObject network = run.events("result").back();
        QCOMPARE(network["name"].toString(), QString("network"));
        QCOMPARE(network["device"].toString(), QString("cpu"));
        const QString reason = network["no_gpu_reason"].toString();
        QVERIFY(!reason.isEmpty());
        QVERIFY(network["text"].toString().contains(reason));
        const CliRun asked =
            runCli({"analyze", video_, "-o", path("never"), "--device", "cuda"}, hidden);
        MCJ_VERIFY_EXIT(asked, 4);
        QVERIFY2(asked.err.contains(reason), qPrintable(asked.err));
    }

    void aContentModelHasNoFlowAndSaysSo() {
        const QString content = path("content.safetensors");
        const QString problem = test::writeContentModel(shippedModelPath(), content);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
        const auto withIt = [&](const QStringList& arguments) {
            return runCli(arguments + QStringList{"--model", content, "--device", "cpu"});
        };
        const CliRun flow = withIt({"analyze", video_, "-o", path("no-flow")});
        MCJ_VERIFY_EXIT(flow, 2);
        QVERIFY2(flow.err.contains("no flow") && flow.err.contains("--method dis"),
                 qPrintable(flow.err));
        QVERIFY(!fs::exists(path("no-flow").toStdString()));
        // What content can do it does as any model.
        MCJ_VERIFY_EXIT(withIt({"analyze", video_, "-o", path("dis"), "--method", "dis"}), 0);
        MCJ_VERIFY_EXIT(withIt({"similarity", video_, "--frame", "1", "--point", "60,60", "--range",
                                "0:2", "-o", path("content-similar")}),
                        0);
        Mask mask(scene_.size());
        mask.labels.at(60, 60) = 1;
        const fs::path first = path("first.png").toStdString();
        writeDavisMask(first, mask);
        const QStringList carry{"propagate", video_, "--mask", path("first.png"), "-o"};
        MCJ_VERIFY_EXIT(withIt(carry + QStringList{path("content-masks")}), 0);
        MCJ_VERIFY_EXIT(withIt(carry + QStringList{path("no-masks"), "--method", "both"}), 2);
        QVERIFY(!fs::exists(path("no-masks").toStdString()));
    }

    void doctorIsReady() {
        const CliRun run = runCli({"doctor", "--device", "cpu", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QVERIFY2(run.lines().back()["ready"].toBool(), qPrintable(run.out));
    }

private:
    [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }

    QTemporaryDir folder_;
    QString video_;
    test::MovingScene scene_{{160, 120}, {0.5F, 0.25F}, {{{60, 60}, {3.0F, 1.0F}, 20}}};
};

QTEST_GUILESS_MAIN(TestCliModel)
#include "test_cli_model.moc"
