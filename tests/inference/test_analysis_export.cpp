#include <QTest>

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QTemporaryDir>

#include <cmath>

#include "inference/analysis/analysis_export.h"
#include "inference/engine/flow_maps.h"
#include "media/base/error.h"
#include "media/io/array_file.h"
#include "media/io/flow_file.h"
#include "media/io/image_file.h"
#include "tests/support/stand_in_engine.h"
#include "tests/support/test_video.h"

using namespace mcj;

namespace {

namespace fs = std::filesystem;

constexpr int kFrames = 6;

Manifest plannedManifest(const std::string& video) {
    Manifest manifest;
    manifest.program = "test";
    manifest.version = MCJ_VERSION;
    manifest.sourcePath = video;
    describeSource(video, manifest);
    return manifest;
}

/// Every file below `folder` with its bytes, but for the manifest.
std::map<QString, QByteArray> filesOf(const fs::path& folder) {
    std::map<QString, QByteArray> files;
    const QDir root(QString::fromStdString(folder.string()));
    QDirIterator walk(root.path(), QDir::Files, QDirIterator::Subdirectories);
    while (walk.hasNext()) {
        const QString path = walk.next();
        if (path.endsWith("manifest.json")) continue;
        QFile file(path);
        if (file.open(QIODevice::ReadOnly)) files[root.relativeFilePath(path)] = file.readAll();
    }
    return files;
}

AnalysisRequest requestFor(const fs::path& folder) {
    AnalysisRequest request;
    request.folder = folder;
    request.method = kDisFlow;
    request.maps = {AnalysisMap::Flow, AnalysisMap::Backward, AnalysisMap::WarpError,
                    AnalysisMap::Consistency, AnalysisMap::Occlusion};
    request.scale = {FlowScale::Kind::Fixed, 5.0F};
    return request;
}

}  // namespace

class TestAnalysisExport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        video_ = folder_.filePath("scene.mkv").toStdString();
        const QString failed = test::writeLossless(scene_, kFrames, QString::fromStdString(video_));
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        source_ = openSource(video_);
        scanToEnd(*source_, {});
        QCOMPARE(source_->info().frames.value_or(0), FrameIndex{kFrames});
    }

    void namesGoBothWays() {
        for (const char* name : {"flow", "backward", "warp-error", "feature-error", "consistency",
                                 "occlusion", "feature-colors", "flow-error", "flow-angle-error"}) {
            QCOMPARE(analysisMapName(parseAnalysisMap(name)), std::string(name));
        }
        for (const char* name : {"png", "flo", "pfm", "kitti", "npy", "exr"}) {
            QCOMPARE(mapFormatName(parseMapFormat(name)), std::string(name));
        }
        QCOMPARE(analysisMapFolder(AnalysisMap::WarpError), std::string("warp_error"));
        QVERIFY_EXCEPTION_THROWN((void)parseAnalysisMap("depth"), Error);
        QVERIFY_EXCEPTION_THROWN((void)parseMapFormat("tiff"), Error);
        QCOMPARE(flowScaleText(parseFlowScale("clip")), std::string("clip"));
        QCOMPARE(flowScaleText(parseFlowScale("frame")), std::string("frame"));
        QCOMPARE(parseFlowScale("12.5").px, 12.5F);
        for (const char* bad : {"0", "-3", "nan", "inf", "5px", ""}) {
            QVERIFY_EXCEPTION_THROWN((void)parseFlowScale(bad), Error);
        }
    }

    void everyMapIsWrittenInEveryFormat() {
        AnalysisRequest request = requestFor(fresh("all"));
        request.formats = {MapFormat::Png,   MapFormat::Flo, MapFormat::Pfm,
                           MapFormat::Kitti, MapFormat::Npy, MapFormat::Exr};
        std::vector<PairReport> pairs;
        AnalysisCallbacks callbacks;
        callbacks.onPair = [&](const PairReport& pair) { pairs.push_back(pair); };
        const AnalysisReport report =
            runAnalysis(*source_, request, plannedManifest(video_), nullptr, callbacks);
        QCOMPARE(report.pairs, FrameIndex{kFrames - 1});
        QCOMPARE(report.kept, FrameIndex{0});
        QVERIFY(!report.damaged);
        QCOMPARE(pairs.size(), std::size_t{kFrames - 1});
        // Two flows in six formats, three scalars in four.
        QCOMPARE(pairs[0].files.size(), std::size_t{2 * 6 + 3 * 4});
        const Manifest manifest = readManifest(request.folder / "manifest.json");
        QVERIFY(manifest.complete);
        QCOMPARE(manifest.files.size(), std::size_t{24 * (kFrames - 1)});
        for (const std::string& file : manifest.files) QVERIFY(fs::exists(request.folder / file));
        QCOMPARE(filesOf(request.folder).size(), manifest.files.size());

        const FlowField flow = estimateFlow(kDisFlow, source_->read(2), source_->read(3), nullptr);
        QVERIFY(readFlow(request.folder / "flow/000002.flo").vectors == flow.vectors);
        QVERIFY(readFlow(request.folder / "flow/000002.npy").vectors == flow.vectors);
        QVERIFY(readFlow(request.folder / "flow/000002.pfm").vectors == flow.vectors);
        const FlowField kitti = readFlow(request.folder / "flow/000002.png");
        for (int y = 0; y < flow.size().height; ++y) {
            for (int x = 0; x < flow.size().width; ++x) {
                QVERIFY(std::abs(kitti.at(y, x).x - flow.at(y, x).x) <= 1.0F / 64.0F);
            }
        }
        const FlowField back = estimateFlow(kDisFlow, source_->read(3), source_->read(2), nullptr);
        QVERIFY(readFlow(request.folder / "backward/000002.flo").vectors == back.vectors);
        const ScalarMap error = warpError(*source_->read(2), *source_->read(3), flow);
        const FloatArray stored = readNpy(request.folder / "warp_error/000002.npy");
        for (std::size_t i = 0; i < stored.values.size(); ++i) {
            const float expected = error.values.values()[i];
            QVERIFY(std::isnan(expected) ? std::isnan(stored.values[i])
                                         : stored.values[i] == expected);
        }
        QVERIFY(readRgbImage(request.folder / "flow_color/000002.png") == colorizeFlow(flow, 5.0F));
    }

    void aMapThatFitsNoFormatBecomesAPicture() {
        AnalysisRequest request = requestFor(fresh("pictures"));
        request.formats = {MapFormat::Flo};
        request.maps = {AnalysisMap::Flow, AnalysisMap::Occlusion};
        const auto files = filesOfPair(request, 12);
        QCOMPARE(files.size(), std::size_t{2});
        QCOMPARE(files[0], std::string("flow/000012.flo"));
        QCOMPARE(files[1], std::string("occlusion/000012.png"));
    }

    void rangeAndStepChooseFrames() {
        AnalysisRequest request = requestFor(fresh("range"));
        request.maps = {AnalysisMap::Flow};
        request.formats = {MapFormat::Flo};
        request.range = {1, 6, 2};  // frames 1, 3, 5
        std::vector<PairReport> pairs;
        AnalysisCallbacks callbacks;
        callbacks.onPair = [&](const PairReport& pair) { pairs.push_back(pair); };
        runAnalysis(*source_, request, plannedManifest(video_), nullptr, callbacks);
        QCOMPARE(pairs.size(), std::size_t{2});
        QCOMPARE(pairs[1].first, FrameIndex{3});
        QCOMPARE(pairs[1].second, FrameIndex{5});
        const FlowField flow = estimateFlow(kDisFlow, source_->read(3), source_->read(5), nullptr);
        QVERIFY(readFlow(request.folder / "flow/000003.flo").vectors == flow.vectors);
        request.range = {5, 6, 1};
        request.folder = fresh("range-too-short");
        QVERIFY_EXCEPTION_THROWN(
            runAnalysis(*source_, request, plannedManifest(video_), nullptr, {}), Error);
        QVERIFY(!fs::exists(request.folder));
    }

    void aStoppedRunGoesOnAndEndsTheSame() {
        AnalysisRequest whole = requestFor(fresh("whole"));
        whole.scale = {FlowScale::Kind::Clip, 0.0F};
        whole.overlay = whole.folder.string() + ".mp4";
        runAnalysis(*source_, whole, plannedManifest(video_), nullptr, {});

        AnalysisRequest stopped = whole;
        stopped.folder = fresh("stopped");
        stopped.overlay = stopped.folder.string() + ".mp4";
        AnalysisCallbacks callbacks;
        callbacks.writing = [](std::int64_t done, std::int64_t) { return done < 2; };
        const auto outcome = runGuarded([&] {
            return runAnalysis(*source_, stopped, plannedManifest(video_), nullptr, callbacks)
                .pairs;
        });
        QVERIFY(!outcome.ok());
        QCOMPARE(outcome.error().code(), ErrorCode::Interrupted);
        QVERIFY(!readManifest(stopped.folder / "manifest.json").complete);
        QVERIFY(!fs::exists(stopped.overlay));
        QVERIFY(fs::exists(stopped.folder / "flow/000001.flo"));
        QVERIFY(!fs::exists(stopped.folder / "flow/000002.flo"));

        const AnalysisReport report =
            runAnalysis(*source_, stopped, plannedManifest(video_), nullptr, {});
        QCOMPARE(report.kept, FrameIndex{2});
        QVERIFY(readManifest(stopped.folder / "manifest.json").complete);
        QVERIFY(filesOf(stopped.folder) == filesOf(whole.folder));
        const auto overlay = openSource(stopped.overlay.string());
        scanToEnd(*overlay, {});
        QCOMPARE(overlay->info().frames.value_or(0), FrameIndex{kFrames - 1});
    }

    void anotherExportIsNotOverwritten() {
        AnalysisRequest request = requestFor(fresh("other"));
        request.range = {0, 4, 1};
        runAnalysis(*source_, request, plannedManifest(video_), nullptr, {});
        const auto before = filesOf(request.folder);

        AnalysisRequest changed = request;
        changed.range = {0, 3, 1};
        const auto refused = runGuarded([&] {
            return runAnalysis(*source_, changed, plannedManifest(video_), nullptr, {}).pairs;
        });
        QVERIFY(!refused.ok());
        QCOMPARE(refused.error().code(), ErrorCode::Usage);
        QVERIFY(QString(refused.error().what()).contains("range"));
        QVERIFY(filesOf(request.folder) == before);

        changed.existing = ExistingFiles::Replace;
        // A table that only the earlier run made, and a file that no run did.
        Manifest earlier = readManifest(request.folder / "manifest.json");
        for (const char* name : {"accuracy.csv", "mine.csv"}) {
            QFile table(QString::fromStdString((request.folder / name).string()));
            QVERIFY(table.open(QIODevice::WriteOnly));
        }
        earlier.files.push_back("accuracy.csv");
        writeManifest(request.folder / "manifest.json", earlier);
        runAnalysis(*source_, changed, plannedManifest(video_), nullptr, {});
        QVERIFY(!fs::exists(request.folder / "accuracy.csv"));
        QVERIFY(fs::exists(request.folder / "mine.csv"));
        QVERIFY(!fs::exists(request.folder / "flow/000002.flo"));  // beyond the new range
        QVERIFY(fs::exists(request.folder / "flow/000001.flo"));

        const fs::path strange = fresh("strange");
        fs::create_directories(strange);
        QFile note(QString::fromStdString((strange / "thesis.tex").string()));
        QVERIFY(note.open(QIODevice::WriteOnly));
        note.close();
        request.folder = strange;
        const auto notOurs = runGuarded([&] {
            return runAnalysis(*source_, request, plannedManifest(video_), nullptr, {}).pairs;
        });
        QVERIFY(!notOurs.ok());
        QCOMPARE(notOurs.error().code(), ErrorCode::Usage);
        QVERIFY(fs::exists(strange / "thesis.tex"));
    }

    void featureColoursOfARangeAreThoseOfTheClip() {
        test::StandInEngine engine;
        AnalysisRequest request = requestFor(fresh("colours"));
        request.maps = {AnalysisMap::FeatureColors};
        request.formats = {MapFormat::Npy};
        const auto write = [&](const AnalysisRequest& wanted) {
            return runAnalysis(*source_, wanted, plannedManifest(video_), &engine, {});
        };
        QVERIFY(needsEngine(request));
        QVERIFY(!drawsFlow(request));
        QCOMPARE(write(request).pairs, FrameIndex{kFrames - 1});
        AnalysisRequest part = request;
        part.folder = fresh("colours-part");
        part.range = {2, 4, 1};
        QCOMPARE(write(part).pairs, FrameIndex{1});
        // No format of numbers stores colours, so a picture is written; the basis is the clip's.
        const fs::path file = "feature_colors/000002.png";
        const Raster<std::uint8_t> colors = readRgbImage(part.folder / file);
        QVERIFY(colors == readRgbImage(request.folder / file));
        const FeatureBasis basis = measureFeatureBasis(*source_, request.featureLevel, engine);
        QVERIFY(colors ==
                featureColors(engine, *engine.featureMap(source_->read(2), 3, {}), basis));
        QVERIFY(!(colors == readRgbImage(request.folder / "feature_colors/000003.png")));
        QVERIFY(!fs::exists(request.folder / "flow"));
    }

    void theClipsScaleCoversItsMotion() {
        // The disc moves by 4.5 px and fills more than 1 % of the picture.
        const float scale = measureClipScale(*source_, {0, kFrames, 1}, kDisFlow, nullptr, {});
        QCOMPARE(scale, roundUpToScaleStep(scale));
        QVERIFY2(scale >= 2.0F && scale <= 10.0F, qPrintable(QString::number(scale)));
        QCOMPARE(measureClipScale(*source_, {0, kFrames, 1}, kZeroFlow, nullptr, {}),
                 roundUpToScaleStep(0.0F));
    }

    void theOverlayShowsMotionOnly() {
        Frame frame;
        frame.rgb = Raster<std::uint8_t>({4, 2}, 3, 100);
        FlowField flow(frame.size());
        flow.set(0, 1, {5.0F, 0.0F});
        flow.set(1, 2, {FlowField::kUnknown, 0.0F});
        const auto picture = overlayFlow(frame, flow, 5.0F, FlowWheel::Middlebury);
        QCOMPARE(picture.at(0, 0, 0), std::uint8_t{100});
        QCOMPARE(picture.at(1, 2, 0), std::uint8_t{100});
        QVERIFY(picture.at(0, 1, 0) > 200);  // to the right is red
        QVERIFY(picture.at(0, 1, 2) < 60);
    }

private:
    fs::path fresh(const char* name) const { return fs::path(folder_.path().toStdString()) / name; }

    QTemporaryDir folder_;
    std::string video_;
    std::unique_ptr<FrameSource> source_;
    test::MovingScene scene_{{120, 80}, {0.5F, 0.0F}, {{{50, 40}, {4.0F, 2.0F}, 18}}};
};

QTEST_GUILESS_MAIN(TestAnalysisExport)
#include "test_analysis_export.moc"
