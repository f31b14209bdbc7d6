#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <filesystem>

#include "inference/engine/engine_loader.h"
#include "media/io/manifest.h"
#include "tests/support/content_model.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/session/export_run.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// A session on the network itself: skipped, in words, where there is none.
class TestSessionModel : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        if (!runGuarded([] { return shippedModelPath(); }).ok()) {
            QSKIP("the shipped model is not here");
        }
        if (!std::filesystem::exists(MCJ_BIN_DIR "/../lib/libmcj_torch.so")) {
            QSKIP("libmcj_torch is not built");
        }
        fixture_ = std::make_unique<SessionFixture>(6);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        contentModel_ = fixture_->path("content.safetensors");
        const QString problem = writeContentModel(shippedModelPath(), contentModel_);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }

    void aModelOfContentAloneIsSaidAndLeavesFlowToDis() {
        const auto session = sessionWith(contentModel_);
        QSignalSpy notices(session.get(), &Session::noticed);
        session->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->view().engine().state, EngineState::Ready);
        QVERIFY(!session->view().engine().info->hasFlow);
        QCOMPARE(session->view().flowProvider(), std::string(kModelFastFlow));
        QCOMPARE(session->view().flowInUse(), std::string(kDisFlow));
        QCOMPARE(notices.size(), 1);
        const auto notice = notices.front().front().value<Notice>();
        QCOMPARE(notice.level, Notice::Level::Warning);
        QVERIFY2(notice.text.contains("no flow") && notice.text.contains("DIS"),
                 qPrintable(notice.text));
        QVERIFY(session->view().flow());
        // What such a model has learnt, it does.
        session->view().setQuery({30.0F, 32.0F});
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(session->view().map(kSimilarityLayer));
        QCOMPARE(notices.size(), 1);
    }

    void moreDetailIsAFlowOfItsOwn() {
        const auto session = sessionWith({});
        session->view().setFlowProvider(kModelFlow);
        session->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->view().flowInUse(), std::string(kModelFlow));
        const FlowPtr full = session->view().flow();
        QVERIFY(full);
        session->view().setFlowProvider(kModelFastFlow);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->view().flowInUse(), std::string(kModelFastFlow));
        QVERIFY(session->view().flow() && session->view().flow() != full);
        QVERIFY(session->view().flow()->vectors != full->vectors);
    }

    void anExportStartedWhileTheModelLoadsIsTheModels() {
        const Manifest manifest = exportedAtOnce({}, "early maps");
        QVERIFY(manifest.complete);
        QCOMPARE(manifest.options.at("method"), std::string("model-fast"));
        QCOMPARE(manifest.modelSha256, sha256OfFile(shippedModelPath()));
    }

    void anExportByAModelOfContentAloneIsByDis() {
        const Manifest manifest = exportedAtOnce(contentModel_, "content maps");
        QVERIFY(manifest.complete);
        QCOMPARE(manifest.options.at("method"), std::string("dis"));
        // No model took part in what was written.
        QVERIFY(manifest.modelSha256.empty());
    }

    // The last one: it leaves a project file, which the others would open.
    void masksNameTheModelThatCarriedThem() {
        const auto session = sessionWith({});
        session->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->propagation().options().method, PropagationMethod::Studio);
        session->masks().importMask(0, Mask(smallScene().mask(0)));
        QVERIFY(session->propagation().start(Travel::Forward));
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() == nullptr, 60'000);
        MaskExportRequest request;
        request.folder = fixture_->path("masks").toStdString();
        request.end = fixture_->frames();
        request.size = session->frames().info().size;
        QVERIFY(session->runs().start(std::make_unique<MaskExportRun>(
            session->masks(), session->view().engine(), request, session->frames().info())));
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() == nullptr, 60'000);
        const Manifest manifest = readManifest(request.folder / "manifest.json");
        QVERIFY(manifest.complete);
        QCOMPARE(manifest.options.at("propagated-by-studio"), std::string("1:6"));
        QCOMPARE(manifest.modelSha256, sha256OfFile(shippedModelPath()));
    }

    void theWandProposesLikeFeatures() {
        // It leaves a project file beside the clip, which the others must not open.
        const QString clip = fixture_->path("wand/clip.mkv");
        QVERIFY(QDir().mkpath(fixture_->path("wand")) && QFile::copy(fixture_->video(), clip));
        const auto session = sessionWith({});
        session->open(clip);
        QVERIFY(SessionFixture::settle(*session));
        MaskEditor& masks = session->masks();
        FeatureWand& wand = session->maskTools().wand;
        wand.setThreshold(0.6F);
        wand.choose({30.0F, 32.0F}, StrokeMode::Paint);
        QVERIFY(wand.waits());
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(masks.preview());
        QCOMPARE(session->mask()->labels.at(32, 30), masks.activeObject());
        const std::int64_t strict = areaOf(*session->mask(), 1);
        QVERIFY(strict > 0);
        // It shows no similarity and places no pin.
        QVERIFY(!session->view().query() && !session->view().map(kSimilarityLayer));
        wand.setThreshold(-1.0F);
        wand.setReach(RegionReach::Everywhere);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(areaOf(*session->mask(), 1), std::int64_t(96 * 64));
        wand.setThreshold(0.6F);
        wand.setReach(RegionReach::Connected);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(areaOf(*session->mask(), 1), strict);
        QCOMPARE(session->document().log().size(), std::size_t(0));
        masks.acceptPreview();
        QCOMPARE(session->document().log().size(), std::size_t(1));
        QCOMPARE(areaOf(*masks.track().mask(0), 1), strict);
        QVERIFY(!wand.waits());
        // What is taken away, and what is rejected.
        wand.choose({30.0F, 32.0F}, StrokeMode::Erase);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(areaOf(*session->mask(), 1), std::int64_t(0));
        session->maskTools().proposals.reject();
        QVERIFY(!wand.waits() && !masks.preview());
        QCOMPARE(areaOf(*session->mask(), 1), strict);
    }

private:
    [[nodiscard]] std::unique_ptr<Session> sessionWith(const QString& model) const {
        SessionOptions options;
        options.engine.model = model.toStdString();
        options.engine.device = "cpu";
        options.projectFolder = fixture_->path("projects");
        return std::make_unique<Session>(options);
    }

    /// The manifest of an export started before the model is there; empty where it does not end.
    [[nodiscard]] Manifest exportedAtOnce(const QString& model, const QString& name) const {
        const auto session = sessionWith(model);
        session->open(fixture_->video());
        if (!QTest::qWaitFor([&] { return session->isOpen() && session->frames().scanned(); },
                             30'000)) {
            return {};
        }
        if (session->view().engine().state == EngineState::Ready) return {};
        MapExportSettings settings;
        settings.analysis.folder = fixture_->path(name).toStdString();
        settings.analysis.formats = {MapFormat::Flo};
        settings.analysis.range = {0, 3, 1};
        settings.analysis.scale = {FlowScale::Kind::Fixed, 2.0F};
        settings.analysis.method = session->view().flowProvider();
        if (!session->runs().start(
                std::make_unique<ExportRun>(session->engines(), session->view().engine().id,
                                            settings, session->frames().info()))) {
            return {};
        }
        if (!QTest::qWaitFor([&] { return session->runs().run() == nullptr; }, 60'000)) return {};
        return readManifest(settings.analysis.folder / "manifest.json");
    }

    std::unique_ptr<SessionFixture> fixture_;
    QString contentModel_;
};

}  // namespace

QTEST_MAIN(TestSessionModel)
#include "test_session_model.moc"
