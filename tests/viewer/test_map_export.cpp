// What an export of maps writes, and what it says of what it could not keep or reach.
#include "inference/analysis/map_export.h"

#include <QDir>
#include <QSignalSpy>
#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include "media/io/array_file.h"
#include "media/io/flow_file.h"
#include "media/io/image_file.h"
#include "media/io/manifest.h"
#include "tests/support/stand_in_engine.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/session/export_run.h"

namespace {

using namespace mcj;
using namespace mcj::test;

namespace fs = std::filesystem;

constexpr SizePx kSize{24, 16};
constexpr float kCosine = 0.25F;

/// Sees motion beyond what KITTI's PNG holds, and everything equally alike: no network is needed to
/// know what the files must hold.
class FarEngine : public InferenceEngine {
public:
    [[nodiscard]] const EngineInfo& info() const override { return info_; }
    [[nodiscard]] WorkEstimate estimate(SizePx, FlowDetail) override { return {}; }
    [[nodiscard]] FlowField flow(const FramePtr& from, const FramePtr&, FlowDetail,
                                 const StopToken&) override {
        FlowField flow(from->size());
        for (int x = 0; x < from->size().width; ++x) flow.set(0, x, {600.0F, 0.0F});
        return flow;
    }
    [[nodiscard]] FlowField flowAtLevel(const FramePtr& from, const FramePtr& to, int,
                                        const StopToken& stop) override {
        return flow(from, to, FlowDetail::Fast, stop);
    }
    [[nodiscard]] FeatureMapPtr featureMap(const FramePtr& frame, int level,
                                           const StopToken&) override {
        return std::make_shared<StandInFeatures>(frame, level);
    }
    [[nodiscard]] ScalarMap featureError(const FeatureMap& first, const FeatureMap&,
                                         const FlowField&) override {
        return ScalarMap(first.frameSize(), "feature error", "1", 0.0F, 2.0F);
    }
    [[nodiscard]] SimilarityResult similarity(const FeatureMap&, PointF,
                                              const FeatureMap& target) override {
        SimilarityResult result;
        result.map = ScalarMap(target.frameSize(), "cosine similarity", "1", -1.0F, 1.0F);
        for (float& value : result.map.values.values()) value = kCosine;
        return result;
    }
    [[nodiscard]] SimilarityResult similarityOfRegion(const FeatureMap& query,
                                                      const Raster<std::uint8_t>&,
                                                      const FeatureMap& target) override {
        return similarity(query, {}, target);
    }
    [[nodiscard]] FeatureMoments featureMoments(const FeatureMap&, const StopToken&) override {
        return {1, {0.0}, {1.0}};
    }
    [[nodiscard]] Raster<float> projectFeatures(const FeatureMap& features,
                                                const FeatureProjection&) override {
        return Raster<float>(features.frameSize(), 3);
    }
    [[nodiscard]] LabelFeatures meanFeatures(const FeatureMap&,
                                             const Raster<std::uint8_t>&) override {
        return {};
    }
    [[nodiscard]] std::unique_ptr<LabelPropagation> startPropagation(
        const LabelPropagationOptions&) override {
        return nullptr;
    }

private:
    EngineInfo info_;
};

FramePtr greyFrame(FrameIndex index) {
    auto frame = std::make_shared<Frame>();
    frame->index = index;
    frame->rgb = Raster<std::uint8_t>(kSize, 3, 100);
    return frame;
}

class TestMapExport : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        const QString pictures = folder_.filePath("grey");
        QVERIFY(QDir().mkpath(pictures));
        for (FrameIndex index = 0; index < 2; ++index) {
            writeRgbPng(pathOf(QStringLiteral("grey/%1.png").arg(index)), greyFrame(index)->rgb);
        }
        video_.path = pictures.toStdString();
        video_.size = kSize;
        video_.frames = 2;
    }

    void similarityIsWrittenInTheFormatsAskedFor() {
        MapExportSettings settings = similarityInto("numbers", {MapFormat::Pfm, MapFormat::Exr});
        QCOMPARE(exportedFiles(settings),
                 (QStringList{"similarity/000000.exr", "similarity/000000.pfm"}));

        settings = similarityInto("arrays", {MapFormat::Npy});
        QCOMPARE(exportedFiles(settings), QStringList{"similarity/000000.npy"});
        const FloatArray array = readNpy(settings.analysis.folder / "similarity/000000.npy");
        QVERIFY(std::all_of(array.values.begin(), array.values.end(),
                            [](float value) { return value == kCosine; }));

        // Formats of flow neither add numbers nor leave the map out.
        settings = similarityInto("pictures", {MapFormat::Png, MapFormat::Flo});
        QCOMPARE(exportedFiles(settings), QStringList{"similarity/000000.png"});
        settings = similarityInto("of flow alone", {MapFormat::Kitti});
        QCOMPARE(exportedFiles(settings), QStringList{"similarity/000000.png"});
    }

    void picturesOfSimilarityHaveTheLayersColours() {
        MapExportSettings settings = similarityInto("colours", {MapFormat::Png});
        settings.similarityLook.colormap = Colormap::Turbo;
        settings.similarityLook.low = -0.5F;
        settings.similarityLook.high = 0.5F;
        QCOMPARE(exportedFiles(settings), QStringList{"similarity/000000.png"});
        ScalarMap map(kSize, "cosine similarity", "1", -0.5F, 0.5F);
        for (float& value : map.values.values()) value = kCosine;
        QVERIFY(readRgbImage(settings.analysis.folder / "similarity/000000.png") ==
                colorizeScalar(map, Colormap::Turbo));
    }

    void coloursOfFeaturesHaveTheBasisOfTheWholeVideo() {
        MapExportSettings settings = flowInto("features", {MapFormat::Flo});
        settings.analysis.maps = {AnalysisMap::FeatureColors};
        const auto engine = std::make_shared<StandInEngine>();
        MapExport work(settings, video_, 0, {});
        work.setEngine(engine);
        work.write(greyFrame(0), greyFrame(1));
        work.finish();
        const int level = settings.analysis.featureLevel;
        std::vector<FeatureMomentsPtr> moments;
        for (const FrameIndex index : featureBasisFrames(2)) {
            const FeatureMapPtr features = engine->featureMap(greyFrame(index), level, {});
            moments.push_back(
                std::make_shared<const FeatureMoments>(engine->featureMoments(*features, {})));
        }
        const FeatureMapPtr first = engine->featureMap(greyFrame(0), level, {});
        QVERIFY(readRgbImage(settings.analysis.folder / "feature_colors/000000.png") ==
                featureColors(*engine, *first, fitFeatureBasis(moments)));
    }

    void vectorsThatKittiCutsAreCountedAndSaid() {
        MapExportSettings settings = flowInto("kitti", {MapFormat::Kitti, MapFormat::Flo});
        MapExport work(settings, video_, 0, {});
        work.setEngine(std::make_shared<FarEngine>());
        work.write(greyFrame(0), greyFrame(1));
        work.finish();
        QCOMPARE(work.report().clampedVectors, std::int64_t{kSize.width});
        const auto notices = ExportRun::noticesOf(work.report(), "clip");
        QCOMPARE(notices.size(), std::size_t{1});
        QCOMPARE(notices.front().level, Notice::Level::Warning);
        QCOMPARE(
            notices.front().text,
            QStringLiteral("24 vectors exceeded the limit of KITTI PNG (512 px) and were clamped"));
        QVERIFY(readFlow(settings.analysis.folder / "flow/000000.png").at(0, 3).x < 513.0F);

        // .flo holds them as they are, and there is nothing to say.
        settings = flowInto("flo", {MapFormat::Flo});
        MapExport whole(settings, video_, 0, {});
        whole.setEngine(std::make_shared<FarEngine>());
        whole.write(greyFrame(0), greyFrame(1));
        whole.finish();
        QVERIFY(ExportRun::noticesOf(whole.report(), "clip").empty());
        QCOMPARE(readFlow(settings.analysis.folder / "flow/000000.flo").at(0, 3).x, 600.0F);
    }

    void anUnreadablePictureEndsTheMapsAndIsSaid() {
        const SessionFixture fixture(1);
        const auto session = sessionOnPictures(fixture, 5, 4);
        QCOMPARE(session->frames().frameCount(), FrameIndex(5));
        MapExportSettings settings = flowInto("up to the damage", {MapFormat::Flo});
        settings.analysis.method = kDisFlow;
        settings.analysis.range = {0, 5, 1};
        const std::vector<Notice> notices = said(*session, settings);
        QVERIFY2(says(notices, Notice::Level::Warning, "frame 4 cannot be read"),
                 qPrintable(notices.empty() ? QString() : notices.back().text));
        const fs::path folder = settings.analysis.folder;
        const Manifest manifest = readManifest(folder / "manifest.json");
        QVERIFY(manifest.complete);
        QCOMPARE(manifest.options.at("damaged"), std::string("frame 4 cannot be read"));
        QCOMPARE(manifest.files.size(), std::size_t{3});
        QVERIFY(fs::exists(folder / "flow/000002.flo"));
        QVERIFY(!fs::exists(folder / "flow/000003.flo"));
    }

    void anUnreadablePictureInTheMiddleEndsTheMapsToo() {
        const SessionFixture fixture(1);
        const auto session = sessionOnPictures(fixture, 5, 2);
        MapExportSettings settings = flowInto("up to the middle", {MapFormat::Flo});
        settings.analysis.method = kDisFlow;
        settings.analysis.range = {0, 5, 1};
        QVERIFY(says(said(*session, settings), Notice::Level::Warning, "frame 2 cannot be read"));
        const Manifest manifest = readManifest(settings.analysis.folder / "manifest.json");
        QVERIFY(manifest.complete);
        QCOMPARE(manifest.options.at("damaged"), std::string("frame 2 cannot be read"));
        QCOMPARE(manifest.files.size(), std::size_t{1});
    }

    void notOnePairIsAFailureWithoutAFolder() {
        const SessionFixture fixture(1);
        const auto session = sessionOnPictures(fixture, 5, 4);
        MapExportSettings settings = flowInto("nothing", {MapFormat::Flo});
        settings.analysis.method = kDisFlow;
        settings.analysis.range = {3, 5, 1};
        QVERIFY(says(said(*session, settings), Notice::Level::Failure, "No pair of frames"));
        QVERIFY(!fs::exists(settings.analysis.folder));
    }

private:
    [[nodiscard]] fs::path pathOf(const QString& name) const {
        return fs::path(folder_.filePath(name).toStdString());
    }

    [[nodiscard]] MapExportSettings flowInto(const QString& name,
                                             std::set<MapFormat> formats) const {
        MapExportSettings settings;
        settings.analysis.folder = pathOf(name);
        settings.analysis.formats = std::move(formats);
        settings.analysis.range = {0, 2, 1};
        settings.analysis.scale = {FlowScale::Kind::Fixed, 2.0F};
        settings.analysis.method = kModelFastFlow;
        return settings;
    }

    [[nodiscard]] MapExportSettings similarityInto(const QString& name,
                                                   std::set<MapFormat> formats) const {
        MapExportSettings settings = flowInto(name, std::move(formats));
        settings.analysis.maps.clear();
        settings.query = SimilarityQuery{0, {3.0F, 4.0F}};
        settings.queryFrame = greyFrame(0);
        settings.similarityLook = defaultLayer(kSimilarityLayer).scalar();
        return settings;
    }

    /// Exports one frame; the files that lie in the folder, which are those of the manifest.
    [[nodiscard]] QStringList exportedFiles(const MapExportSettings& settings) const {
        MapExport work(settings, video_, 0, {});
        work.setEngine(std::make_shared<FarEngine>());
        work.write(greyFrame(0), nullptr);
        work.finish();
        const fs::path folder = settings.analysis.folder;
        const Manifest manifest = readManifest(folder / "manifest.json");
        QStringList listed;
        for (const std::string& file : manifest.files) {
            listed.push_back(QString::fromStdString(file));
        }
        QStringList found;
        for (const auto& file : fs::directory_iterator(folder / "similarity")) {
            found.push_back("similarity/" +
                            QString::fromStdString(file.path().filename().string()));
        }
        listed.sort();
        found.sort();
        return listed == found ? found : QStringList{"the manifest lists other files"};
    }

    /// A folder of pictures of which one has another size, so that it cannot be read as a frame.
    [[nodiscard]] static std::unique_ptr<Session> sessionOnPictures(const SessionFixture& fixture,
                                                                    int count, int unreadable) {
        const QString pictures = fixture.path("pictures");
        (void)QDir().mkpath(pictures);
        const MovingScene other({64, 48}, {0.0F, 0.0F}, {});
        for (int t = 0; t < count; ++t) {
            writeRgbPng(fs::path(pictures.toStdString()) / (std::to_string(t) + ".png"),
                        t == unreadable ? other.picture(t) : smallScene().picture(t));
        }
        auto session = fixture.makeSession();
        session->open(pictures);
        (void)SessionFixture::settle(*session);
        return session;
    }

    /// What is said while the export runs to its end.
    [[nodiscard]] static std::vector<Notice> said(Session& session,
                                                  const MapExportSettings& settings) {
        QSignalSpy spy(&session, &Session::noticed);
        session.runs().start(std::make_unique<ExportRun>(
            session.engines(), session.view().engine().id, settings, session.frames().info()));
        (void)QTest::qWaitFor([&] { return session.runs().run() == nullptr; }, 30'000);
        std::vector<Notice> notices;
        for (const auto& arguments : spy) notices.push_back(arguments.front().value<Notice>());
        return notices;
    }

    [[nodiscard]] static bool says(const std::vector<Notice>& notices, Notice::Level level,
                                   const QString& words) {
        return std::any_of(notices.begin(), notices.end(), [&](const Notice& notice) {
            return notice.level == level && notice.text.contains(words);
        });
    }

    QTemporaryDir folder_;
    VideoInfo video_;
};

}  // namespace

QTEST_MAIN(TestMapExport)
#include "test_map_export.moc"
