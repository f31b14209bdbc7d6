#include <QElapsedTimer>
#include <QFile>
#include <QJsonObject>
#include <QProcess>
#include <QTest>

#include <cmath>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <string>

#include "inference/analysis/streamlines.h"
#include "inference/engine/flow_provider.h"
#include "media/base/flow_color.h"
#include "media/figure/motion_lines.h"
#include "media/io/array_file.h"
#include "media/io/flow_file.h"
#include "media/io/frame_source.h"
#include "media/io/image_file.h"
#include "media/io/manifest.h"
#include "tests/app/cli_run.h"
#include "tests/support/disc_clip.h"
#include "tests/support/test_video.h"

using namespace mcj;
using test::CliRun;
using test::runCli;
using test::runWithoutNetwork;

namespace {

namespace fs = std::filesystem;

constexpr int kFrames = test::DiscClip::kFrames;

double sumOfDifferences(const Raster<std::uint8_t>& one, const Raster<std::uint8_t>& two) {
    double sum = 0.0;
    for (std::size_t i = 0; i < one.values().size(); ++i) {
        sum += std::abs(int(one.values()[i]) - int(two.values()[i]));
    }
    return sum;
}

}  // namespace

/// `mcjepa analyze` by methods that need no network.
class TestAnalyze : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        const QString failed = clip_.write();
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
    }

    void analyzeWithoutTheNetwork() {
        const QString out = clip_.path("maps");
        const QString overlay = clip_.path("maps.mp4");
        const CliRun run =
            runWithoutNetwork({"analyze", clip_.video(), "-o", out, "--method", "dis", "--maps",
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
        QCOMPARE(manifest.sourceSha256, sha256OfFile(clip_.video().toStdString()));
        QCOMPARE(manifest.source.pts.size(), std::size_t{kFrames});
        for (const std::string& file : manifest.files) QVERIFY(fs::exists(folder / file));

        const auto source = openSource(clip_.video().toStdString());
        const FlowField flow = estimateFlow(kDisFlow, source->read(4), source->read(5), nullptr);
        QVERIFY(readFlow(folder / "flow/000004.flo").vectors == flow.vectors);
        QVERIFY(fs::exists(folder / "flow_color/000004.png"));
        QVERIFY(fs::exists(folder / "warp_error/000004.npy"));
        const auto film = openSource(overlay.toStdString());
        scanToEnd(*film, {});
        QCOMPARE(film->info().frames.value_or(0), FrameIndex{kFrames - 1});

        // Once more: everything is kept. Other options: refused, until told to replace.
        QStringList again{"analyze",  clip_.video(),
                          "-o",       out,
                          "--method", "dis",
                          "--maps",   "flow,backward,warp-error,consistency,occlusion",
                          "--format", "png,flo,kitti,npy",
                          "--json"};
        const CliRun kept = runWithoutNetwork(again);
        MCJ_VERIFY_EXIT(kept, 0);
        QCOMPARE(kept.lines().back()["kept"].toInt(), kFrames - 1);
        again << "--range"
              << "0:3";
        MCJ_VERIFY_EXIT(runWithoutNetwork(again), 2);
        again << "--overwrite";
        MCJ_VERIFY_EXIT(runWithoutNetwork(again), 0);
        QVERIFY(!fs::exists(folder / "flow/000004.flo"));
        // An overlay that is there is not replaced without a word, either.
        MCJ_VERIFY_EXIT(runWithoutNetwork({"analyze", clip_.video(), "-o", clip_.path("other"),
                                           "--method", "dis", "--overlay", overlay}),
                        2);
    }

    void theThresholdsOfOcclusionCanBeMoved() {
        const auto occluded = [&](const QString& folder, const QStringList& options) {
            const CliRun run = runWithoutNetwork(
                QStringList{"analyze", clip_.video(), "-o", clip_.path(folder), "--method", "dis",
                            "--maps", "occlusion", "--format", "npy", "--range", "0:2", "--json"} +
                options);
            const auto results = run.events("result");
            return run.exitCode == 0 && results.size() == 1
                       ? results.front()["mean_occlusion"].toDouble(-1.0)
                       : -1.0;
        };
        const double usual = occluded("occlusion-usual", {});
        const double strict =
            occluded("occlusion-strict", {"--occlusion-alpha", "0", "--occlusion-beta", "0"});
        QVERIFY2(usual >= 0.0 && strict > usual, qPrintable(QString::number(strict)));
        const auto options = [this](const char* folder) {
            return readManifest(fs::path(clip_.path(folder).toStdString()) / "manifest.json")
                .options;
        };
        QCOMPARE(options("occlusion-usual").at("occlusion-alpha"), std::string("0.01"));
        QCOMPARE(options("occlusion-usual").at("occlusion-beta"), std::string("0.5"));
        QCOMPARE(options("occlusion-strict").at("occlusion-beta"), std::string("0"));
        MCJ_VERIFY_EXIT(runWithoutNetwork({"analyze", clip_.video(), "-o", clip_.path("refused"),
                                           "--occlusion-alpha", "2"}),
                        2);
    }

    // The encoder changes the pictures a little: the overlay is nearer to what was drawn than
    // the frame without arrows and the overlay in colours are.
    void theOverlayCanHaveArrows() {
        const FramePtr arrows = overlayPicture("arrows", 1);
        const FramePtr colors = overlayPicture("colors", 1);
        QVERIFY(arrows && colors);
        const auto source = openSource(clip_.video().toStdString());
        const FramePtr first = source->read(1);
        const FlowField flow = estimateFlow(kDisFlow, first, source->read(2), nullptr);
        Raster<std::uint8_t> wanted = first->rgb;
        drawMotionLines(wanted, flowArrows(flow, {16, 4.0F, LineColors::White}));
        QVERIFY(sumOfDifferences(wanted, arrows->rgb) < sumOfDifferences(wanted, first->rgb));
        QVERIFY(sumOfDifferences(wanted, arrows->rgb) < sumOfDifferences(wanted, colors->rgb));
    }

    // Each picture goes over up to three of the pairs that follow it.
    void theOverlayCanHaveStreamlines() {
        const auto source = openSource(clip_.video().toStdString());
        for (const FrameIndex shown : {0, 1}) {
            const FramePtr drawn = overlayPicture("streamlines", shown);
            QVERIFY(drawn);
            const FramePtr first = source->read(shown);
            Streamlines lines = streamGrid(first->size());
            for (FrameIndex frame = shown; frame < 3; ++frame) {
                lines = extended(lines, estimateFlow(kDisFlow, source->read(frame),
                                                     source->read(frame + 1), nullptr));
            }
            Raster<std::uint8_t> wanted = first->rgb;
            drawMotionLines(wanted, streamLines(lines, {16, 3, LineColors::White}));
            QVERIFY(sumOfDifferences(wanted, drawn->rgb) <
                    sumOfDifferences(first->rgb, drawn->rgb));
        }
        // With a gap there is no flow from each frame to the next.
        QVERIFY(!overlayPicture("streamlines", 0, {"--gap", "2"}));
    }

    void eachPairCanHaveItsOwnScale() {
        const fs::path images = clip_.path("faster").toStdString();
        fs::create_directories(images);
        // Moves by 1.2 px, then by 3.6.
        const test::MovingScene scene({160, 120}, {1.2F, 0.0F}, {});
        int shot = 0;
        for (const int t : {0, 1, 4}) {
            writeRgbPng(images / ("shot" + std::to_string(shot++) + ".png"), scene.picture(t));
        }
        const auto analyze = [&](const QString& folder, const QString& scale) {
            return runWithoutNetwork({"analyze", clip_.path("faster"), "-o", clip_.path(folder),
                                      "--method", "dis", "--flow-scale", scale, "--json"});
        };
        const CliRun run = analyze("own", "frame");
        MCJ_VERIFY_EXIT(run, 0);
        QVERIFY(run.lines().back()["flow_scale_px"].isNull());
        const fs::path own = clip_.path("own").toStdString();
        QList<float> scales;
        for (const char* pair : {"000000", "000001"}) {
            const FlowField flow = readFlow(own / "flow" / (std::string(pair) + ".flo"));
            scales << roundUpToScaleStep(flowMagnitudePercentile(flow, 99.0F));
            const QString fixed = QString("fixed%1").arg(scales.back());
            MCJ_VERIFY_EXIT(analyze(fixed, QString::number(scales.back())), 0);
            const std::string picture = std::string("flow_color/") + pair + ".png";
            QVERIFY(readRgbImage(own / picture) ==
                    readRgbImage(fs::path(clip_.path(fixed).toStdString()) / picture));
        }
        QVERIFY(scales[0] < scales[1]);
    }

    void aDryRunWritesNothing() {
        const QString out = clip_.path("dry");
        const CliRun run =
            runWithoutNetwork({"analyze", clip_.video(), "-o", out, "--method", "farneback",
                               "--dry-run", "--json", "--overlay", clip_.path("dry.mp4")});
        MCJ_VERIFY_EXIT(run, 0);
        const QJsonObject summary = run.lines().back();
        QVERIFY(summary["dry_run"].toBool());
        QCOMPARE(summary["pairs"].toInt(), kFrames - 1);
        QVERIFY(summary["secs"].toDouble() > 0.0);
        QVERIFY(summary["disk_bytes"].toDouble() > 1000.0);
        QVERIFY(summary["memory_bytes"].toDouble() > 1e6);
        QVERIFY(!fs::exists(out.toStdString()));
        QVERIFY(!fs::exists(clip_.path("dry.mp4").toStdString()));
        // The overlay is part of the bill.
        const CliRun without = runWithoutNetwork(
            {"analyze", clip_.video(), "-o", out, "--method", "farneback", "--dry-run", "--json"});
        MCJ_VERIFY_EXIT(without, 0);
        QVERIFY(summary["disk_bytes"].toDouble() > without.lines().back()["disk_bytes"].toDouble());
        const CliRun masks = runWithoutNetwork({"propagate", clip_.video(), "-o", out, "--mask",
                                                clip_.mask(), "--method", "dis-flow", "--dry-run"});
        MCJ_VERIFY_EXIT(masks, 0);
        QVERIFY(masks.out.contains("Nothing was written"));
        QVERIFY(!fs::exists(out.toStdString()));
    }

    void aSignalStopsBetweenFramesAndARunGoesOn() {
        // Long enough that the signal comes in the middle.
        const QString longer = clip_.path("longer.mkv");
        const test::MovingScene scene({320, 240}, {1.0F, 0.0F}, {{{150, 120}, {1.0F, 1.0F}, 40}});
        const QString failed = test::writeLossless(scene, 60, longer);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const fs::path folder = clip_.path("signal").toStdString();
        const QStringList arguments{"analyze",  longer, "-o",           clip_.path("signal"),
                                    "--method", "dis",  "--flow-scale", "5",
                                    "--json"};
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
        const QString whole = clip_.path("whole.avi");
        QString failed =
            test::runFfmpeg({"-i", clip_.video(), "-c:v", "mpeg4", "-q:v", "2", whole});
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        QFile file(whole);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray bytes = file.readAll();
        const QString cut = clip_.path("cut.avi");
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
        const CliRun run = runWithoutNetwork(
            {"analyze", cut, "-o", clip_.path("cut"), "--method", "zero", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.lines().back()["pairs"].toInt(), readable - 1);
        QVERIFY(!run.lines().back()["damaged"].isNull());
        QVERIFY(run.err.contains("damaged"));
        const Manifest manifest = readManifest(clip_.path("cut/manifest.json").toStdString());
        QVERIFY(manifest.complete);
        QVERIFY(!manifest.options.at("damaged").empty());
    }

    void errorsAgainstTrueFlowAreMapsAndATable() {
        const fs::path truth = clip_.path("truth").toStdString();
        writeTruth(truth);
        const QString out = clip_.path("against-truth");
        const QStringList arguments{"analyze",  clip_.video(), "-o",      out,
                                    "--method", "zero",        "--truth", clip_.path("truth"),
                                    "--format", "npy",         "--json"};
        const CliRun run = runWithoutNetwork(arguments);
        MCJ_VERIFY_EXIT(run, 0);
        const fs::path folder = out.toStdString();
        const FlowField flow = clip_.scene().flow(1);
        const FloatArray error = readNpy(folder / "flow_error/000001.npy");
        double sum = 0.0;
        for (int y = 0; y < flow.size().height; ++y) {
            for (int x = 0; x < flow.size().width; ++x) {
                const PointF at = flow.at(y, x);
                const auto place = static_cast<std::size_t>(y * flow.size().width + x);
                QVERIFY(std::abs(error.values[place] - std::hypot(at.x, at.y)) < 1e-4F);
                sum += std::hypot(double{at.x}, double{at.y});
            }
        }
        const double mean = sum / static_cast<double>(flow.size().area());
        const QJsonObject second = run.events("result")[1]["accuracy"].toObject();
        QVERIFY(std::abs(second["epe"].toDouble() - mean) < 1e-4);
        QVERIFY(second["epe_40"].isNull());
        QVERIFY(run.lines().back()["accuracy"].toObject()["epe"].toDouble() > 0.0);
        // The last pair has no true flow, so it has no errors either.
        const std::string last = std::to_string(kFrames - 2);
        QVERIFY(!fs::exists(folder / "flow_error" /
                            (std::string(6 - last.size(), '0') + last + ".npy")));
        QVERIFY(!run.events("result").back().contains("accuracy"));
        const auto tableOf = [&folder] {
            QFile file(QString::fromStdString((folder / "accuracy.csv").string()));
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        const QByteArray table = tableOf();
        // A title, a row per pair with truth, and one for all.
        QCOMPARE(table.count('\n'), qsizetype(kFrames - 2 + 2));
        const Manifest manifest = readManifest(folder / "manifest.json");
        QCOMPARE(manifest.files[manifest.files.size() - 1], std::string("accuracy.csv"));

        const CliRun again = runWithoutNetwork(arguments);
        MCJ_VERIFY_EXIT(again, 0);
        QCOMPARE(again.lines().back()["kept"].toInt(), kFrames - 1);
        QCOMPARE(tableOf(), table);
        // In words.
        const CliRun words =
            runWithoutNetwork({"analyze", clip_.video(), "-o", out, "--method", "zero", "--truth",
                               clip_.path("truth"), "--format", "npy"});
        MCJ_VERIFY_EXIT(words, 0);
        QVERIFY(words.out.contains("EPE"));
    }

    void flowFromFilesReplacesAMethod() {
        const QString dis = clip_.path("by-dis");
        const QStringList common{"analyze", clip_.video(),     "--range",  "1:4",
                                 "--maps",  "flow,warp-error", "--format", "flo,npy"};
        MCJ_VERIFY_EXIT(runWithoutNetwork(common + QStringList{"-o", dis, "--method", "dis"}), 0);
        const QString out = clip_.path("from-files");
        const QStringList files =
            common + QStringList{"-o", out, "--flow-from", dis + "/flow/*.flo"};
        MCJ_VERIFY_EXIT(runWithoutNetwork(files), 0);
        // The files begin at frame 1 and are numbered by frames.
        for (const char* file : {"flow/000001.flo", "flow/000002.flo", "warp_error/000002.npy"}) {
            QFile left(dis + "/" + file);
            QFile right(out + "/" + file);
            QVERIFY(left.open(QIODevice::ReadOnly) && right.open(QIODevice::ReadOnly));
            QCOMPARE(left.readAll(), right.readAll());
        }
        QVERIFY(!fs::exists((out + "/flow/000003.flo").toStdString()));
        // Frame 3 has no flow in the files.
        const CliRun beyond =
            runWithoutNetwork({"analyze", clip_.video(), "-o", clip_.path("beyond"), "--range",
                               "1:5", "--flow-from", dis + "/flow/*.flo"});
        MCJ_VERIFY_EXIT(beyond, 3);
        QVERIFY(beyond.err.contains("frame 3"));
    }

    void flowComesFromACommand() {
        const QMap<QString, QString> environment{{"MCJ_TORCH_LIBRARY", "/nowhere/libmcj_torch.so"},
                                                 {"XDG_CACHE_HOME", clip_.path("cache")}};
        const fs::path known = clip_.path("known.flo").toStdString();
        writeFlow(known, clip_.scene().flow(0), FlowFormat::Flo);
        const QString log = clip_.path("runs");
        QFile script(clip_.path("raft.sh"));
        QVERIFY(script.open(QIODevice::WriteOnly));
        script.write(("echo run >> '" + log + "'\ncp \"$4\" \"$3\"\n").toUtf8());
        script.close();
        const auto runs = [&log] {
            QFile file(log);
            return file.open(QIODevice::ReadOnly) ? file.readAll().count('\n') : 0;
        };
        const QString line = QString("sh '%1' {first} {second} {out} '%2'")
                                 .arg(script.fileName(), clip_.path("known.flo"));
        const auto analyze = [&](const QString& out, const QStringList& more) {
            return runCli(QStringList{"analyze", clip_.video(), "-o", clip_.path(out), "--range",
                                      "0:3", "--json"} +
                              more,
                          environment);
        };
        const CliRun run =
            analyze("by-command", {"--flow-command", line, "--maps", "flow,consistency"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.lines().back()["pairs"].toInt(), 2);
        const FlowField flow = readFlow(clip_.path("by-command/flow/000001.flo").toStdString());
        QVERIFY(flow.vectors == clip_.scene().flow(0).vectors);
        // Two pairs forward, for the scale and the maps together, and two backward.
        QCOMPARE(runs(), 4);
        MCJ_VERIFY_EXIT(analyze("again", {"--flow-command", line, "--maps", "flow"}), 0);
        QCOMPARE(runs(), 4);
        MCJ_VERIFY_EXIT(runCli({"curves", clip_.video(), "-o", clip_.path("by-command.csv"),
                                "--range", "0:3", "--flow-command", line},
                               environment),
                        0);
        QCOMPARE(runs(), 4);

        const CliRun failed = analyze("failed", {"--flow-command",
                                                 "sh -c 'echo bad weights >&2; exit 4' {first} "
                                                 "{second} {out}"});
        MCJ_VERIFY_EXIT(failed, 3);
        QVERIFY2(failed.err.contains("exit code 4") && failed.err.contains("bad weights"),
                 qPrintable(failed.err));
        MCJ_VERIFY_EXIT(analyze("never", {"--flow-command", "raft {first}"}), 2);
        MCJ_VERIFY_EXIT(analyze("never", {"--flow-command", line, "--method", "dis"}), 2);
        MCJ_VERIFY_EXIT(analyze("never", {"--method", "command:raft {first} {second} {out}"}), 2);
        QVERIFY(!fs::exists(clip_.path("never").toStdString()));
    }

    void flowComesFromACommandForTheClip() {
        const QMap<QString, QString> environment{{"MCJ_TORCH_LIBRARY", "/nowhere/libmcj_torch.so"},
                                                 {"XDG_CACHE_HOME", clip_.path("clip-cache")}};
        const fs::path known = clip_.path("known-clip.flo").toStdString();
        writeFlow(known, clip_.scene().flow(0), FlowFormat::Flo);
        const QString line =
            QString(
                "sh -c 'for f in \"$1\"/*.png; do cp \"%1\" \"$2/$(basename \"$f\" .png).flo\"; "
                "done' sh {frames} {outdir}")
                .arg(clip_.path("known-clip.flo"));
        const auto analyze = [&](const QStringList& more) {
            return runCli(QStringList{"analyze", clip_.video(), "-o", clip_.path("by-clip-command"),
                                      "--range", "2:5", "--flow-command", line, "--json"} +
                              more,
                          environment);
        };
        MCJ_VERIFY_EXIT(analyze({"--gap", "2"}), 2);
        MCJ_VERIFY_EXIT(analyze({"--maps", "consistency"}), 2);
        const CliRun run = analyze({"--maps", "flow,warp-error"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.lines().back()["pairs"].toInt(), 2);
        const fs::path out = clip_.path("by-clip-command").toStdString();
        QVERIFY(readFlow(out / "flow/000003.flo").vectors == clip_.scene().flow(0).vectors);
        QCOMPARE(readManifest(out / "manifest.json").options.at("flow-command"),
                 line.toStdString());
        const CliRun again = analyze({"--maps", "flow,warp-error"});
        MCJ_VERIFY_EXIT(again, 0);
        QCOMPARE(again.lines().back()["kept"].toInt(), 2);
    }

    void pairsCanBeFartherApart() {
        const QString out = clip_.path("gap");
        const CliRun run =
            runWithoutNetwork({"analyze", clip_.video(), "-o", out, "--method", "dis", "--maps",
                               "flow,warp-error", "--gap", "2", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.lines().back()["pairs"].toInt(), kFrames - 2);
        QCOMPARE(run.events("result")[1]["second"].toInt(), 3);
        const auto source = openSource(clip_.video().toStdString());
        const FlowField flow = estimateFlow(kDisFlow, source->read(1), source->read(3), nullptr);
        QVERIFY(readFlow((out + "/flow/000001.flo").toStdString()).vectors == flow.vectors);
        MCJ_VERIFY_EXIT(runWithoutNetwork({"analyze", clip_.video(), "-o", clip_.path("far"),
                                           "--method", "dis", "--gap", "1000"}),
                        2);
        QVERIFY(!fs::exists(clip_.path("far").toStdString()));
    }

    void optionsOfFilesAreChecked() {
        const fs::path truth = clip_.path("checked").toStdString();
        writeTruth(truth);
        const QString files = clip_.path("checked");
        const auto runWith = [&](const QStringList& options) {
            return runWithoutNetwork(
                QStringList{"analyze", clip_.video(), "-o", clip_.path("never")} + options);
        };
        MCJ_VERIFY_EXIT(runWith({"--method", "dis", "--flow-from", files}), 2);
        MCJ_VERIFY_EXIT(runWith({"--method", "dis", "--maps", "flow-error"}), 2);
        const CliRun backward = runWith({"--flow-from", files, "--maps", "consistency"});
        MCJ_VERIFY_EXIT(backward, 2);
        QVERIFY(backward.err.contains("--flow-from"));
        const CliRun nowhere = runWith({"--method", "zero", "--truth", "nowhere"});
        MCJ_VERIFY_EXIT(nowhere, 3);
        QVERIFY(nowhere.err.contains("nowhere"));
        MCJ_VERIFY_EXIT(runWith({"--method", "zero", "--gap", "0"}), 2);
        // No pair of the range has true flow.
        const QString range = QString("%1:").arg(kFrames - 2);
        MCJ_VERIFY_EXIT(runWith({"--method", "zero", "--truth", files, "--range", range}), 3);
        QVERIFY(!fs::exists(clip_.path("never").toStdString()));
        const fs::path small = clip_.path("small").toStdString();
        fs::create_directories(small);
        writeFlow(small / "000000.flo", FlowField({8, 8}), FlowFormat::Flo);
        const CliRun size = runWith({"--method", "zero", "--truth", clip_.path("small")});
        MCJ_VERIFY_EXIT(size, 3);
        QVERIFY(size.err.contains("000000.flo"));
    }

    void folderOfImagesIsAVideo() {
        const fs::path images = clip_.path("images").toStdString();
        fs::create_directories(images);
        for (int t = 0; t < 3; ++t) {
            writeRgbPng(images / ("shot" + std::to_string(t + 8) + ".png"),
                        clip_.scene().picture(t));
        }
        const CliRun run = runWithoutNetwork(
            {"analyze", clip_.path("images"), "-o", clip_.path("from-images"), "--method", "dis",
             "--overlay", clip_.path("from-images.mp4"), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.lines().back()["pairs"].toInt(), 2);
        const auto source = openSource(clip_.video().toStdString());
        const FlowField flow = estimateFlow(kDisFlow, source->read(1), source->read(2), nullptr);
        QVERIFY(readFlow(clip_.path("from-images/flow/000001.flo").toStdString()).vectors ==
                flow.vectors);
    }

    void curvesAreTheNumbersOfAnalyze() {
        const QString table = clip_.path("curves.csv");
        MCJ_VERIFY_EXIT(runWithoutNetwork({"curves", clip_.video(), "-o", table, "--method", "dis",
                                           "--range", "2:6"}),
                        0);
        QFile file(table);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QStringList lines = QString::fromUtf8(file.readAll()).trimmed().split('\n');
        QCOMPARE(lines.size(), 1 + 3);
        const CliRun run = runWithoutNetwork(
            {"analyze", clip_.video(), "-o", clip_.path("for-curves"), "--method", "dis", "--range",
             "2:6", "--maps", "flow,warp-error,consistency", "--format", "flo", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        const QList<QJsonObject> pairs = run.events("result");
        QCOMPARE(pairs.size(), 3);
        for (qsizetype i = 0; i < pairs.size(); ++i) {
            const QStringList fields = lines[i + 1].split(',');
            QCOMPARE(fields.size(), 6);
            QCOMPARE(fields[0].toInt(), pairs[i]["frame"].toInt());
            QVERIFY(fields[2].toDouble() == pairs[i]["mean_warp_error"].toDouble());
            QVERIFY(fields[3].toDouble() == pairs[i]["mean_consistency"].toDouble());
            QVERIFY(fields[4].toDouble() == pairs[i]["mean_flow_px"].toDouble());
        }
        // An existing file is not replaced without being asked.
        QCOMPARE(
            runWithoutNetwork({"curves", clip_.video(), "-o", table, "--method", "dis"}).exitCode,
            2);
    }

private:
    /// Picture `index` of the overlay of frames 0 to 3; null where the command refuses.
    [[nodiscard]] FramePtr overlayPicture(const QString& style, FrameIndex index,
                                          const QStringList& more = {}) const {
        const QString file = clip_.path("overlay-" + style + ".mp4");
        const CliRun run = runWithoutNetwork(QStringList{"analyze",
                                                         clip_.video(),
                                                         "-o",
                                                         clip_.path("overlay-" + style),
                                                         "--method",
                                                         "dis",
                                                         "--format",
                                                         "flo",
                                                         "--range",
                                                         "0:4",
                                                         "--flow-scale",
                                                         "4",
                                                         "--overlay",
                                                         file,
                                                         "--overlay-style",
                                                         style,
                                                         "--spacing",
                                                         "16",
                                                         "--arrow-length",
                                                         "4",
                                                         "--line-frames",
                                                         "3",
                                                         "--overwrite"} +
                                             more);
        return run.exitCode == 0 ? openSource(file.toStdString())->read(index) : nullptr;
    }

    /// True flow of every pair but the last.
    void writeTruth(const fs::path& folder) const {
        fs::create_directories(folder);
        for (int t = 0; t + 2 < kFrames; ++t) {
            writeFlow(folder / ("t" + std::to_string(t) + ".flo"), clip_.scene().flow(t),
                      FlowFormat::Flo);
        }
    }

    test::DiscClip clip_;
};

QTEST_GUILESS_MAIN(TestAnalyze)
#include "test_analyze.moc"
