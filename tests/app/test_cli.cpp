#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <filesystem>
#include <vector>

#include "inference/engine/flow_source.h"
#include "media/base/flow_color.h"
#include "media/io/flow_file.h"
#include "media/io/frame_source.h"
#include "media/io/image_file.h"
#include "media/io/manifest.h"
#include "segmentation/mask_formats/davis.h"
#include "tests/app/cli_run.h"
#include "tests/support/test_video.h"
#include "tests/support/video_check.h"

using namespace mcj;
using test::CliRun;
using test::runWithoutNetwork;

namespace {

namespace fs = std::filesystem;

constexpr int kFrames = 8;

}  // namespace

/// Journeys and errors of `mcjepa` that need no network.
class TestCli : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        video_ = path("scene.mkv");
        const QString failed = test::writeLossless(scene_, kFrames, video_);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        mask_ = path("first.png");
        writeDavisMask(mask_.toStdString(), Mask(scene_.mask(0)));
    }

    void sayingWhatItIs() {
        const CliRun version = runWithoutNetwork({"--version"});
        MCJ_VERIFY_EXIT(version, 0);
        QCOMPARE(version.out.trimmed(), QString("mcjepa " MCJ_VERSION));
        const CliRun help = runWithoutNetwork({"--help"});
        MCJ_VERIFY_EXIT(help, 0);
        for (const char* command :
             {"info", "analyze", "similarity", "propagate", "evaluate", "figure", "doctor"}) {
            QVERIFY2(help.out.contains(command), command);
        }
        MCJ_VERIFY_EXIT(runWithoutNetwork({"analyze", "--help"}), 0);
        MCJ_VERIFY_EXIT(runWithoutNetwork({"evaluate", "flow", "--help"}), 0);
    }

    void usageErrors_data() {
        QTest::addColumn<QStringList>("arguments");
        const QString out = path("never");
        QTest::newRow("no command") << QStringList{};
        QTest::newRow("unknown command") << QStringList{"explode"};
        QTest::newRow("unknown option") << QStringList{"info", video_, "--nonsense"};
        QTest::newRow("no video") << QStringList{"info"};
        QTest::newRow("no output") << QStringList{"analyze", video_, "--method", "dis"};
        QTest::newRow("bad device") << QStringList{"info", video_, "--device", "tpu"};
        QTest::newRow("bad map")
            << QStringList{"analyze", video_, "-o", out, "--method", "dis", "--maps", "depth"};
        QTest::newRow("bad format")
            << QStringList{"analyze", video_, "-o", out, "--method", "dis", "--format", "tiff"};
        QTest::newRow("bad method") << QStringList{"analyze", video_, "-o", out, "--method", "raft"};
        QTest::newRow("bad scale")
            << QStringList{"analyze", video_, "-o", out, "--method", "dis", "--flow-scale", "0"};
        QTest::newRow("bad range")
            << QStringList{"analyze", video_, "-o", out, "--method", "dis", "--range", "5"};
        QTest::newRow("range behind the end")
            << QStringList{"analyze", video_, "-o", out, "--method", "dis", "--range", "100:200"};
        QTest::newRow("one frame")
            << QStringList{"analyze", video_, "-o", out, "--method", "dis", "--range", "2:3"};
        QTest::newRow("no pairs named") << QStringList{"evaluate", "flow", "--method", "zero"};
        QTest::newRow("two kinds of pairs")
            << QStringList{"evaluate", "flow", "--pairs", "a", "--kitti", "b", "--method", "zero"};
        QTest::newRow("no mask") << QStringList{"propagate", video_, "-o", out};
        QTest::newRow("two masks at once")
            << QStringList{"propagate", video_,      "-o",       out,
                           "--mask",    mask_,       "--mask-at", "0=" + mask_,
                           "--method",  "identity"};
        QTest::newRow("mask behind the end")
            << QStringList{"propagate", video_,       "-o",       out,
                           "--mask-at", "99=" + mask_, "--method", "identity"};
        QTest::newRow("bad mask-at") << QStringList{"propagate", video_,      "-o",       out,
                                                    "--mask-at", "x=" + mask_, "--method", "identity"};
    }

    void usageErrors() {
        QFETCH(QStringList, arguments);
        const CliRun run = runWithoutNetwork(arguments);
        MCJ_VERIFY_EXIT(run, 2);
        QVERIFY2(run.out.isEmpty(), qPrintable(run.out));
        QVERIFY(!run.err.trimmed().isEmpty());
        QVERIFY(!fs::exists(path("never").toStdString()));
    }

    void inputErrorsSayOneThing_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("named");
        const QString junk = path("junk.mp4");
        QFile file(junk);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray(5000, 'j'));
        file.close();
        const QString small = path("small.png");
        writeDavisMask(small.toStdString(), Mask(SizePx{10, 10}));
        const QString out = path("never");
        QTest::newRow("no such video") << QStringList{"info", path("gone.mp4")} << "gone.mp4";
        QTest::newRow("no video at all") << QStringList{"info", junk} << "junk.mp4";
        QTest::newRow("no model") << QStringList{"analyze", video_, "-o", out} << "model.safetensors";
        QTest::newRow("no such mask")
            << QStringList{"propagate", video_, "-o", out, "--mask", path("gone.png"), "--method",
                           "identity"}
            << "gone.png";
        QTest::newRow("mask of another size")
            << QStringList{"propagate", video_, "-o", out, "--mask", small, "--method", "identity"}
            << "small.png";
        QTest::newRow("no pairs")
            << QStringList{"evaluate", "flow", "--pairs", path("gone"), "--method", "zero"} << "gone";
        QTest::newRow("no truth") << QStringList{"evaluate", "masks", "--results", path("gone"),
                                                 "--truth", path("gone")}
                                  << "gone";
    }

    void inputErrorsSayOneThing() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, named);
        const CliRun run = runWithoutNetwork(arguments);
        MCJ_VERIFY_EXIT(run, 3);
        QVERIFY2(run.err.contains(named), qPrintable(run.err));
        QCOMPARE(run.err.count("mcjepa:"), 1);
        const CliRun json = runWithoutNetwork(arguments + QStringList{"--json"});
        MCJ_VERIFY_EXIT(json, 3);
        QCOMPARE(json.events("error").size(), 1);
        QCOMPARE(json.events("error")[0]["code"].toInt(), 3);
    }

    void aMissingNetworkLibraryIsADeviceError() {
        const QString model = path("some.safetensors");
        QFile file(model);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("x");
        file.close();
        const CliRun run = runWithoutNetwork({"analyze", video_, "-o", path("never"), "--model", model});
        MCJ_VERIFY_EXIT(run, 4);
        QVERIFY(run.err.contains("libmcj_torch.so"));
    }

    void infoTellsWhatFfprobeTells() {
        if (!test::haveFfmpeg()) QSKIP("ffprobe is not here");
        test::ProbedVideo probed;
        const QString failed = test::probeVideo(video_, probed);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const CliRun run = runWithoutNetwork({"info", video_, "--json"});
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
        for (const char* key : {"time_base", "avg_fps", "variable_rate", "rotation_deg",
                                "sample_aspect", "pixel_format", "codec", "duration_secs", "damaged"}) {
            QVERIFY2(info.contains(key), key);
        }
        QVERIFY(info["damaged"].isNull());
        const CliRun text = runWithoutNetwork({"info", video_});
        MCJ_VERIFY_EXIT(text, 0);
        QVERIFY(text.out.contains(QString("frames    %1").arg(kFrames)));
    }

    void analyzeWithoutTheNetwork() {
        const QString out = path("maps");
        const QString overlay = path("maps.mp4");
        const CliRun run = runWithoutNetwork({"analyze", video_, "-o", out, "--method", "dis", "--maps",
                                     "flow,backward,warp-error,consistency,occlusion", "--format",
                                     "png,flo,kitti,npy", "--overlay", overlay, "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result").size(), kFrames - 1);
        QVERIFY(!run.events("progress").isEmpty());
        const QJsonObject last = run.lines().back();
        QCOMPARE(last["event"].toString(), QString("summary"));
        QCOMPARE(last["pairs"].toInt(), kFrames - 1);
        const double scale = last["flow_scale_px"].toDouble();
        QVERIFY(scale > 0.0);

        const fs::path folder = out.toStdString();
        const Manifest manifest = readManifest(folder / "manifest.json");
        QVERIFY(manifest.complete);
        QCOMPARE(manifest.program, std::string("mcjepa analyze"));
        QCOMPARE(manifest.sourceSha256, sha256OfFile(video_.toStdString()));
        QCOMPARE(manifest.source.pts.size(), std::size_t{kFrames});
        for (const std::string& file : manifest.files) QVERIFY(fs::exists(folder / file));

        const auto source = openSource(video_.toStdString());
        const FlowField flow =
            estimateFlow(FlowMethod::Dis, source->read(4), source->read(5), nullptr);
        QVERIFY(readFlow(folder / "flow/000004.flo").vectors == flow.vectors);
        QVERIFY(fs::exists(folder / "flow_color/000004.png"));
        QVERIFY(fs::exists(folder / "warp_error/000004.npy"));
        const auto film = openSource(overlay.toStdString());
        scanToEnd(*film, {});
        QCOMPARE(film->info().frames.value_or(0), FrameIndex{kFrames - 1});

        // Once more: everything is kept. Other options: refused, until told to replace.
        QStringList again{"analyze", video_, "-o", out, "--method", "dis", "--maps",
                          "flow,backward,warp-error,consistency,occlusion", "--format",
                          "png,flo,kitti,npy", "--json"};
        const CliRun kept = runWithoutNetwork(again);
        MCJ_VERIFY_EXIT(kept, 0);
        QCOMPARE(kept.lines().back()["kept"].toInt(), kFrames - 1);
        again << "--range" << "0:3";
        MCJ_VERIFY_EXIT(runWithoutNetwork(again), 2);
        again << "--overwrite";
        MCJ_VERIFY_EXIT(runWithoutNetwork(again), 0);
        QVERIFY(!fs::exists(folder / "flow/000004.flo"));
        // An overlay that is there is not replaced without a word, either.
        MCJ_VERIFY_EXIT(runWithoutNetwork({"analyze", video_, "-o", path("other"), "--method", "dis",
                                  "--overlay", overlay}),
                        2);
    }

    void eachPairCanHaveItsOwnScale() {
        const fs::path images = path("faster").toStdString();
        fs::create_directories(images);
        // Moves by 1.2 px, then by 3.6.
        const test::MovingScene scene({160, 120}, {1.2F, 0.0F}, {});
        int shot = 0;
        for (const int t : {0, 1, 4}) {
            writeRgbPng(images / ("shot" + std::to_string(shot++) + ".png"), scene.picture(t));
        }
        const auto analyze = [&](const QString& folder, const QString& scale) {
            return runWithoutNetwork({"analyze", path("faster"), "-o", path(folder), "--method",
                                      "dis", "--flow-scale", scale, "--json"});
        };
        const CliRun run = analyze("own", "frame");
        MCJ_VERIFY_EXIT(run, 0);
        QVERIFY(run.lines().back()["flow_scale_px"].isNull());
        const fs::path own = path("own").toStdString();
        QList<float> scales;
        for (const char* pair : {"000000", "000001"}) {
            const FlowField flow = readFlow(own / "flow" / (std::string(pair) + ".flo"));
            scales << roundUpToScaleStep(flowMagnitudePercentile(flow, 99.0F));
            const QString fixed = QString("fixed%1").arg(scales.back());
            MCJ_VERIFY_EXIT(analyze(fixed, QString::number(scales.back())), 0);
            const std::string picture = std::string("flow_color/") + pair + ".png";
            QVERIFY(readRgbImage(own / picture) ==
                    readRgbImage(fs::path(path(fixed).toStdString()) / picture));
        }
        QVERIFY(scales[0] < scales[1]);
    }

    void aDryRunWritesNothing() {
        const QString out = path("dry");
        const CliRun run = runWithoutNetwork({"analyze", video_, "-o", out, "--method", "farneback",
                                     "--dry-run", "--json", "--overlay", path("dry.mp4")});
        MCJ_VERIFY_EXIT(run, 0);
        const QJsonObject summary = run.lines().back();
        QVERIFY(summary["dry_run"].toBool());
        QCOMPARE(summary["pairs"].toInt(), kFrames - 1);
        QVERIFY(summary["secs"].toDouble() > 0.0);
        QVERIFY(summary["disk_bytes"].toDouble() > 1000.0);
        QVERIFY(summary["memory_bytes"].toDouble() > 1e6);
        QVERIFY(!fs::exists(out.toStdString()));
        QVERIFY(!fs::exists(path("dry.mp4").toStdString()));
        // The overlay is part of the bill.
        const CliRun without = runWithoutNetwork({"analyze", video_, "-o", out, "--method",
                                                  "farneback", "--dry-run", "--json"});
        MCJ_VERIFY_EXIT(without, 0);
        QVERIFY(summary["disk_bytes"].toDouble() >
                without.lines().back()["disk_bytes"].toDouble());
        const CliRun masks = runWithoutNetwork({"propagate", video_, "-o", out, "--mask", mask_, "--method",
                                       "dis-flow", "--dry-run"});
        MCJ_VERIFY_EXIT(masks, 0);
        QVERIFY(masks.out.contains("Nothing was written"));
        QVERIFY(!fs::exists(out.toStdString()));
    }

    void idleThreadsDoNotSpin() {
        // OpenMP itself says how long its threads spin, as it read it when its library came in.
        for (const auto& [given, passive] : {std::pair("", true), std::pair("ACTIVE", false)}) {
            QProcess process;
            auto environment = QProcessEnvironment::systemEnvironment();
            environment.insert("OMP_DISPLAY_ENV", "VERBOSE");
            environment.remove("OMP_WAIT_POLICY");
            if (*given != '\0') environment.insert("OMP_WAIT_POLICY", given);
            process.setProcessEnvironment(environment);
            process.start(MCJ_BIN_DIR "/mcjepa", {"--version"});
            QVERIFY(process.waitForFinished(60000));
            const QByteArray said = process.readAllStandardError();
            if (said.isEmpty()) QSKIP("no library brings OpenMP in at the start");
            QVERIFY2(said.contains("GOMP_SPINCOUNT = '0'") == passive, said.constData());
        }
    }

    void aSignalStopsBetweenFramesAndARunGoesOn() {
        // Long enough that the signal comes in the middle.
        const QString longer = path("longer.mkv");
        const test::MovingScene scene({320, 240}, {1.0F, 0.0F}, {{{150, 120}, {1.0F, 1.0F}, 40}});
        const QString failed = test::writeLossless(scene, 60, longer);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const fs::path folder = path("signal").toStdString();
        const QStringList arguments{"analyze", longer, "-o", path("signal"), "--method", "dis",
                                    "--flow-scale", "5", "--json"};
        QProcess process;
        process.start(MCJ_BIN_DIR "/mcjepa", arguments);
        QElapsedTimer waited;
        waited.start();
        while (!fs::exists(folder / "flow/000002.flo") && waited.elapsed() < 60000 &&
               process.state() != QProcess::NotRunning) {
            process.waitForFinished(5);
        }
        QVERIFY(process.state() == QProcess::Running);
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(60000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 5);
        QVERIFY(!readManifest(folder / "manifest.json").complete);
        // What is there is whole, and nothing half-written lies beside it.
        int finished = 0;
        for (const auto& entry : fs::directory_iterator(folder / "flow")) {
            QCOMPARE(entry.path().extension().string(), std::string(".flo"));
            QCOMPARE(readFlow(entry.path()).size(), scene.size());
            ++finished;
        }
        QVERIFY(finished >= 3 && finished < 59);
        const CliRun resumed = runWithoutNetwork(arguments);
        MCJ_VERIFY_EXIT(resumed, 0);
        const QJsonObject summary = resumed.lines().back();
        QCOMPARE(summary["pairs"].toInt(), 59);
        QVERIFY(summary["kept"].toInt() >= finished - 1);
        QVERIFY(readManifest(folder / "manifest.json").complete);
    }

    void aDamagedClipGivesItsReadablePart() {
        if (!test::haveFfmpeg() || !test::haveEncoder("mpeg4")) QSKIP("ffmpeg's mpeg4 is not here");
        const QString whole = path("whole.avi");
        QString failed = test::runFfmpeg({"-i", video_, "-c:v", "mpeg4", "-q:v", "2", whole});
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        QFile file(whole);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray bytes = file.readAll();
        const QString cut = path("cut.avi");
        QFile half(cut);
        QVERIFY(half.open(QIODevice::WriteOnly));
        half.write(bytes.left(bytes.size() * 6 / 10));
        half.close();
        const CliRun info = runWithoutNetwork({"info", cut, "--json"});
        MCJ_VERIFY_EXIT(info, 0);
        const QJsonObject described = info.events("result")[0];
        QVERIFY(!described["damaged"].isNull());
        const int readable = described["frames"].toInt();
        QVERIFY(readable >= 2 && readable < kFrames);
        const CliRun run = runWithoutNetwork({"analyze", cut, "-o", path("cut"), "--method", "zero", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.lines().back()["pairs"].toInt(), readable - 1);
        QVERIFY(!run.lines().back()["damaged"].isNull());
        QVERIFY(run.err.contains("damaged"));
        const Manifest manifest = readManifest(path("cut/manifest.json").toStdString());
        QVERIFY(manifest.complete);
        QVERIFY(!manifest.options.at("damaged").empty());
    }

    void masksArePropagatedAndScored() {
        const QString out = path("carried");
        const CliRun run = runWithoutNetwork({"propagate", video_, "-o", out, "--mask", mask_, "--method",
                                     "dis-flow", "--overlay", path("carried.mp4"), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result").size(), kFrames);
        QCOMPARE(run.lines().back()["frames"].toInt(), kFrames);
        const fs::path masks = fs::path(out.toStdString()) / "masks";
        QVERIFY(readDavisMask(masks / "00000.png").labels == scene_.mask(0));
        const IndexedImage last = readIndexedPng(masks / "00007.png");
        QVERIFY(last.palette.size() >= 3);
        QCOMPARE(last.palette[1], davisPalette()[1]);
        QVERIFY(fs::exists(path("carried.mp4").toStdString()));

        const fs::path truth = path("truth").toStdString();
        fs::create_directories(truth);
        for (int t = 0; t < kFrames; ++t) writeDavisMask(truth / davisFileName(t), Mask(scene_.mask(t)));
        const CliRun good = runWithoutNetwork({"evaluate", "masks", "--results", out, "--truth",
                                      path("truth"), "--json"});
        MCJ_VERIFY_EXIT(good, 0);
        const QJsonObject summary = good.lines().back();
        QCOMPARE(summary["event"].toString(), QString("summary"));
        QCOMPARE(summary["objects"].toInt(), 1);
        const double carried = summary["jf_mean"].toDouble();

        const CliRun still = runWithoutNetwork({"propagate", video_, "-o", path("still"), "--mask", mask_,
                                       "--method", "identity"});
        MCJ_VERIFY_EXIT(still, 0);
        const CliRun bad = runWithoutNetwork({"evaluate", "masks", "--results", path("still"), "--truth",
                                     path("truth"), "--json"});
        MCJ_VERIFY_EXIT(bad, 0);
        // How good DIS is at the object's edges is OpenCV's affair; carrying must beat standing still.
        const double stood = bad.lines().back()["jf_mean"].toDouble();
        QVERIFY2(carried > stood + 0.1,
                 qPrintable(QString("%1 carried, %2 standing still").arg(carried).arg(stood)));
        const CliRun perfect = runWithoutNetwork({"evaluate", "masks", "--results", path("truth"), "--truth",
                                         path("truth"), "--json"});
        MCJ_VERIFY_EXIT(perfect, 0);
        QCOMPARE(perfect.lines().back()["jf_mean"].toDouble(), 1.0);
    }

    void anUnfinishedSpanBecomesWhatAWholeRunMakes() {
        const QStringList arguments{"propagate", video_, "-o", path("hole"), "--mask", mask_,
                                    "--method", "dis-flow", "--json"};
        MCJ_VERIFY_EXIT(runWithoutNetwork(arguments), 0);
        const fs::path masks = fs::path(path("hole").toStdString()) / "masks";
        std::vector<Mask> whole;
        for (int t = 0; t < kFrames; ++t) whole.push_back(readDavisMask(masks / davisFileName(t)));
        // As a run that was stopped after frame 3 leaves it.
        for (int t = 4; t < kFrames; ++t) fs::remove(masks / davisFileName(t));
        const CliRun again = runWithoutNetwork(arguments);
        MCJ_VERIFY_EXIT(again, 0);
        QCOMPARE(again.lines().back()["kept"].toInt(), 4);
        for (int t = 0; t < kFrames; ++t) {
            QVERIFY(readDavisMask(masks / davisFileName(t)) == whole[static_cast<std::size_t>(t)]);
        }
    }

    void aSecondMaskCorrectsFromItsFrameOn() {
        const QString second = path("second.png");
        writeDavisMask(second.toStdString(), Mask(scene_.mask(5)));
        const CliRun run =
            runWithoutNetwork({"propagate", video_, "-o", path("two"), "--mask", mask_, "--mask-at",
                      "5=" + second, "--method", "identity", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        const fs::path masks = fs::path(path("two").toStdString()) / "masks";
        QVERIFY(readDavisMask(masks / "00004.png").labels == scene_.mask(0));
        QVERIFY(readDavisMask(masks / "00005.png").labels == scene_.mask(5));
        QVERIFY(readDavisMask(masks / "00007.png").labels == scene_.mask(5));
        const CliRun again =
            runWithoutNetwork({"propagate", video_, "-o", path("two"), "--mask", mask_, "--mask-at",
                      "5=" + second, "--method", "identity", "--json"});
        MCJ_VERIFY_EXIT(again, 0);
        QCOMPARE(again.lines().back()["kept"].toInt(), kFrames);
        // The second mask alone, from the middle: what lies before it has no object.
        const CliRun late = runWithoutNetwork({"propagate", video_, "-o", path("late"), "--mask-at",
                                      "5=" + second, "--method", "identity", "--json"});
        MCJ_VERIFY_EXIT(late, 0);
        QCOMPARE(late.lines().back()["without_mask"].toInt(), 5);
        const CliRun both = runWithoutNetwork({"propagate", video_, "-o", path("both"), "--mask-at",
                                      "5=" + second, "--method", "identity", "--direction", "both",
                                      "--json"});
        MCJ_VERIFY_EXIT(both, 0);
        QCOMPARE(both.lines().back()["without_mask"].toInt(), 0);
    }

    void flowIsScoredAgainstTruth() {
        const fs::path pair = path("pairs/disc").toStdString();
        fs::create_directories(pair);
        writeRgbPng(pair / "frame1.png", scene_.picture(0));
        writeRgbPng(pair / "frame2.png", scene_.picture(1));
        writeFlow(pair / "flow.flo", scene_.flow(0), FlowFormat::Flo);
        const CliRun run = runWithoutNetwork({"evaluate", "flow", "--pairs", path("pairs"), "--method",
                                     "dis,farneback,zero", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result").size(), 3);
        QCOMPARE(run.events("summary").size(), 3);
        for (const QJsonObject& result : run.events("result")) {
            QCOMPARE(result["pair"].toString(), QString("disc"));
            for (const char* key : {"method", "epe", "fl_all", "ae_deg", "valid_px", "secs"}) {
                QVERIFY2(result.contains(key), key);
            }
        }
        const QJsonObject dis = run.events("summary")[0];
        const QJsonObject zero = run.events("summary")[2];
        QCOMPARE(dis["method"].toString(), QString("dis"));
        QVERIFY(dis["ratio_zero"].toDouble() < 0.5);
        QCOMPARE(dis["ratio_dis"].toDouble(), 1.0);
        QCOMPARE(zero["ratio_zero"].toDouble(), 1.0);
        QVERIFY(std::abs(dis["epe"].toDouble() / zero["epe"].toDouble() -
                         dis["ratio_zero"].toDouble()) < 1e-9);
    }

    void sequencesAreRunAndScored() {
        const fs::path sequence = path("sequences/disc").toStdString();
        fs::create_directories(sequence / "frames");
        fs::create_directories(sequence / "masks");
        for (int t = 0; t < kFrames; ++t) {
            writeRgbPng(sequence / "frames" / davisFileName(t), scene_.picture(t));
            writeDavisMask(sequence / "masks" / davisFileName(t), Mask(scene_.mask(t)));
        }
        const fs::path partial = path("sequences/partial").toStdString();
        fs::create_directories(partial / "frames");
        fs::create_directories(partial / "masks");
        for (int t = 0; t < 3; ++t) {
            writeRgbPng(partial / "frames" / davisFileName(t), scene_.picture(t));
        }
        writeDavisMask(partial / "masks" / davisFileName(0), Mask(scene_.mask(0)));
        const CliRun run = runWithoutNetwork({"evaluate", "vos", "--sequences", path("sequences"), "--method",
                                     "dis-flow,identity", "-o", path("vos"), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result").size(), 2);  // one object by two methods; partial is not scored
        QCOMPARE(run.events("summary").size(), 2);
        QVERIFY(run.events("summary")[0]["jf_mean"].toDouble() >
                run.events("summary")[1]["jf_mean"].toDouble());
        QVERIFY(run.err.contains("partial"));
        QVERIFY(fs::exists(fs::path(path("vos").toStdString()) / "identity/partial/00002.png"));
        // What was written scores the same when it is read back.
        const CliRun read = runWithoutNetwork({"evaluate", "masks", "--results", path("vos/dis-flow"),
                                      "--truth", path("sequences"), "--json"});
        MCJ_VERIFY_EXIT(read, 0);
        QCOMPARE(read.lines().back()["jf_mean"].toDouble(),
                 run.events("summary")[0]["jf_mean"].toDouble());
    }

    void doctorSaysWhatIsMissing() {
        const CliRun run = runWithoutNetwork({"doctor", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QStringList names;
        for (const QJsonObject& finding : run.events("result")) {
            names << finding["name"].toString();
            if (finding["state"].toString() == "missing") {
                QVERIFY2(!finding["advice"].toString().isEmpty(), qPrintable(names.back()));
            }
        }
        for (const char* name : {"cpu", "memory", "gpu", "model", "libtorch", "video decoders",
                                 "video encoder", "output folder", "display"}) {
            QVERIFY2(names.contains(name), name);
        }
        const QJsonObject summary = run.lines().back();
        QVERIFY(!summary["ready"].toBool());
        QCOMPARE(summary["missing"].toInt(), 2);
        QVERIFY(runWithoutNetwork({"doctor"}).out.contains("Not ready"));
    }

    void doctorLooksWhereTheWindowWrites() {
        const CliRun run = test::runCli({"doctor", "--json"},
                                        {{"MCJ_TORCH_LIBRARY", "/nowhere/libmcj_torch.so"},
                                         {"XDG_CONFIG_HOME", path("config")},
                                         {"XDG_DATA_HOME", path("data")}});
        MCJ_VERIFY_EXIT(run, 0);
        QMap<QString, QString> places;
        for (const QJsonObject& finding : run.events("result")) {
            places[finding["name"].toString()] = finding["path"].toString();
        }
        // QSettings and QStandardPaths put the window's files there: organisation mcjepa, program
        // mcjepa-studio.
        QCOMPARE(places["settings folder"], path("config/mcjepa"));
        QCOMPARE(places["projects folder"], path("data/mcjepa/mcjepa-studio/projects"));
    }

    void folderOfImagesIsAVideo() {
        const fs::path images = path("images").toStdString();
        fs::create_directories(images);
        for (int t = 0; t < 3; ++t) {
            writeRgbPng(images / ("shot" + std::to_string(t + 8) + ".png"), scene_.picture(t));
        }
        const CliRun run = runWithoutNetwork({"analyze", path("images"), "-o", path("from-images"), "--method",
                                     "dis", "--overlay", path("from-images.mp4"), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.lines().back()["pairs"].toInt(), 2);
        const auto source = openSource(video_.toStdString());
        const FlowField flow =
            estimateFlow(FlowMethod::Dis, source->read(1), source->read(2), nullptr);
        QVERIFY(readFlow(path("from-images/flow/000001.flo").toStdString()).vectors == flow.vectors);
    }

private:
    [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }

    QTemporaryDir folder_;
    QString video_;
    QString mask_;
    test::MovingScene scene_{{160, 120}, {0.5F, 0.25F}, {{{60, 60}, {5.0F, 1.0F}, 20}}};
};

QTEST_GUILESS_MAIN(TestCli)
#include "test_cli.moc"
