#include <QDir>
#include <QFile>
#include <QSignalSpy>

#include "media/io/flow_file.h"
#include "media/io/frame_source.h"
#include "media/io/image_file.h"
#include "media/io/source_identity.h"
#include "segmentation/project_bundle.h"
#include "segmentation/project_paths.h"
#include "tests/support/stand_in_engine.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/session/bundle_run.h"
#include "viewer/session/view_settings.h"

namespace {

using namespace mcj;
using namespace mcj::test;
namespace fs = std::filesystem;

constexpr int kFrames = 8;

fs::path pathOf(const QString& text) { return fs::path(text.toStdString()); }

void writeAll(BundleWriter& writer) {
    for (std::int64_t part = 0; part < writer.totalParts(); ++part) writer.writePart({});
}

/// A folder that opens on another machine: everything that the project needs is in it, and the
/// original is not needed any more.
class TestBundle : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    }

    void init() {
        fixture_ = std::make_unique<SessionFixture>(kFrames);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        for (const QString folder : {"original", "original/truth", "other", "models"}) {
            QVERIFY(QDir().mkpath(fixture_->path(folder)));
        }
        video_ = fixture_->path("original/clip.mkv");
        QVERIFY(QFile::copy(fixture_->video(), video_));
        for (int frame = 0; frame < kFrames - 1; ++frame) {
            const QString name = QString("/%1.flo").arg(frame, 4, 10, QLatin1Char('0'));
            const FlowField flow = smallScene().flow(frame);
            writeFlow(pathOf(fixture_->path("original/truth") + name), flow, FlowFormat::Flo);
            writeFlow(pathOf(fixture_->path("other") + name), flow, FlowFormat::Flo);
        }
        QFile model(fixture_->path("models/second.safetensors"));
        QVERIFY(model.open(QIODevice::WriteOnly));
        model.write("a model");
        model.close();
    }

    void cleanup() { fixture_.reset(); }

    void aBundleThatWasMovedOpensWithoutTheOriginal() {
        ProjectSettings kept;
        Mask mask(SizePx{96, 64});
        {
            const auto session = opened(video_);
            QVERIFY(loadFlow(*session, FlowRole::Truth, fixture_->path("original/truth")));
            QVERIFY(loadFlow(*session, FlowRole::Method, fixture_->path("other")));
            ViewSet& views = session->views();
            views.arrange(Arrangement::SideBySide);
            views.useModel(1, pathOf(fixture_->path("models/second.safetensors")));
            views.at(0).layers().showOnly(kTruthLayer);
            session->playhead().seek(3);
            QVERIFY(SessionFixture::settle(*session));
            mask.labels.at(10, 10) = 2;
            session->masks().importMask(3, mask);
            session->view().setQuery({12.0F, 20.0F});
            QVERIFY(session->timeline().bookmarks.add(
                {.caption = "A view", .frame = 2, .views = viewsToJson(views), .look = {}}));
            QVERIFY(SessionFixture::settle(*session));
            kept = session->project().settings;
            BundlePlan plan =
                planBundle(session->project(), pathOf(session->document().path()), {});
            QVERIFY(plan.missing.empty());
            // The clip, a model, two folders of flow.
            QCOMPARE(plan.files.size(), std::size_t(2 + 2 * (kFrames - 1)));
            QVERIFY(plan.bytes() > fs::file_size(pathOf(video_)));
            BundleWriter writer(std::move(plan), pathOf(fixture_->path("bundle")));
            writeAll(writer);
        }
        QVERIFY(QDir().rename(fixture_->path("bundle"), fixture_->path("moved")));
        for (const QString folder : {"original", "other", "models"}) {
            QVERIFY(QDir(fixture_->path(folder)).removeRecursively());
        }
        QVERIFY(QFile::remove(fixture_->video()));
        const auto session = newSession();
        QSignalSpy notices(session.get(), &Session::noticed);
        session->open(fixture_->path("moved/clip.mkv.mcjepa"));
        QVERIFY(SessionFixture::settle(*session));
        for (const auto& notice : notices) {
            const auto said = notice.front().value<Notice>();
            QVERIFY2(said.level == Notice::Level::Info, qPrintable(said.text));
        }
        QVERIFY(session->isOpen());
        QCOMPARE(QString::fromStdString(session->frames().info().path),
                 fixture_->path("moved/clip.mkv"));
        QCOMPARE(session->playhead().current(), FrameIndex{3});
        QVERIFY(session->masks().mask(3) && session->masks().mask(3)->labels == mask.labels);
        const ViewSet& views = session->views();
        QCOMPARE(views.arrangement(), Arrangement::SideBySide);
        QCOMPARE(QString::fromStdString(views.ownModel(1).string()),
                 fixture_->path("moved/models/second.safetensors"));
        QVERIFY(views.at(0).layers().visible(kTruthLayer));
        QVERIFY(views.at(0).truth());
        QVERIFY(QString::fromStdString(views.at(0).truth()->path())
                    .startsWith(fixture_->path("moved/flow/")));
        QVERIFY(isFlowFiles(views.at(0).flowProvider()));
        QVERIFY(views.at(0).query());
        QCOMPARE(session->timeline().bookmarks.all().size(), std::size_t{1});
        viewsFromJson(session->timeline().bookmarks.all().front().views, session->views());
        QCOMPARE(QString::fromStdString(session->views().ownModel(1).string()),
                 fixture_->path("moved/models/second.safetensors"));
        // What does not contain a path is the same.
        const ProjectSettings now = session->project().settings;
        for (const char* name : {"pins", "hidden-objects", "marks", "frame"}) {
            QCOMPARE(now.at(name), kept.at(name));
        }
    }

    void aFolderOfPicturesIsCopiedWithItsNames() {
        QVERIFY(QDir().mkpath(fixture_->path("pictures")));
        for (int frame = 0; frame < 4; ++frame) {
            writeRgbPng(pathOf(fixture_->path(QString("pictures/p%1.png").arg(frame + 3))),
                        smallScene().picture(frame));
        }
        {
            const auto session = opened(fixture_->path("pictures"));
            session->masks().importMask(1, Mask(smallScene().mask(1)));
            QVERIFY(SessionFixture::settle(*session));
            BundleWriter writer(
                planBundle(session->project(), pathOf(session->document().path()), {}),
                pathOf(fixture_->path("bundle")));
            writeAll(writer);
        }
        QVERIFY(QDir(fixture_->path("pictures")).removeRecursively());
        const auto session = opened(fixture_->path("bundle/pictures.mcjepa"));
        QVERIFY(session->isOpen());
        QCOMPARE(session->frames().frameCount(), FrameIndex{4});
        QVERIFY(session->masks().mask(1));
        QVERIFY(QFile::exists(fixture_->path("bundle/pictures/p3.png")));
    }

    void theUsualModelIsThatOfTheBundle() {
        const auto session = opened(video_);
        BundleOptions options;
        options.model = pathOf(fixture_->path("models/second.safetensors"));
        const BundlePlan plan =
            planBundle(session->project(), pathOf(session->document().path()), options);
        QCOMPARE(plan.files.size(), std::size_t{2});
        QCOMPARE(plan.files.back().to.string(), std::string("models/second.safetensors"));
        const std::string& views = plan.content.settings.at(kViewsSetting);
        QVERIFY2(views.find("\"model\":\"models/second.safetensors\"") != std::string::npos,
                 views.c_str());
    }

    void theKeptIndexGoesWithTheClip() {
        // Indexes of short clips are not kept.
        const SessionFixture longer(300);
        QVERIFY2(longer.error().isEmpty(), qPrintable(longer.error()));
        SourceOptions options;
        options.indexFolder = pathOf(fixture_->path("indexes"));
        scanToEnd(*openSource(longer.video().toStdString(), options), nullptr);
        ProjectContent content;
        content.video.path = longer.video().toStdString();
        content.video.size = {96, 64};
        const BundlePlan plan = planBundle(content, pathOf(longer.path("clip.mkv.mcjepa")),
                                           {.model = {}, .indexFolder = options.indexFolder});
        QVERIFY(plan.index);
        BundleWriter writer(plan, pathOf(fixture_->path("bundle")));
        writeAll(writer);
        // Another machine has no index of its own: the clip is exact at once.
        const std::string copy = fixture_->path("bundle/clip.mkv").toStdString();
        options.indexFolder = pathOf(fixture_->path("elsewhere"));
        QVERIFY(openSource(copy, options)->info().frames == std::optional<FrameIndex>(300));
        QVERIFY(FrameIndexFolder(options.indexFolder).load(quickIdentityOf(copy)));
        QVERIFY(!openSource(longer.video().toStdString(),
                            {.indexFolder = pathOf(fixture_->path("nothing"))})
                     ->info()
                     .frames);
    }

    void aBundleThatIsNotFinishedLeavesNothing() {
        const auto session = opened(video_);
        const ProjectContent content = session->project();
        const fs::path project = pathOf(session->document().path());
        const fs::path folder = pathOf(fixture_->path("bundle"));
        const auto entries = [this] {
            return QDir(fixture_->path("."))
                .entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
        };
        const QStringList before = entries();
        {
            BundleWriter writer(planBundle(content, project, {}), folder);
            QVERIFY(writer.totalParts() >= 2);
            writer.writePart({});
            QVERIFY(entries() != before);
        }
        QCOMPARE(entries(), before);
        {
            BundleWriter writer(planBundle(content, project, {}), folder);
            const StopSource stop;
            stop.requestStop();
            const auto outcome = runGuarded([&] {
                writer.writePart(stop.token());
                return true;
            });
            QVERIFY(!outcome.ok());
            QCOMPARE(outcome.error().code(), ErrorCode::Interrupted);
        }
        {
            BundlePlan plan = planBundle(content, project, {});
            plan.files.front().bytes += 10;
            BundleWriter writer(std::move(plan), folder);
            QVERIFY_EXCEPTION_THROWN(writeAll(writer), Error);
        }
        QCOMPARE(entries(), before);
        QVERIFY(QDir().mkpath(fixture_->path("bundle")));
        QVERIFY_EXCEPTION_THROWN(BundleWriter(planBundle(content, project, {}), folder), Error);
    }

    void whatIsMissingIsSaidAndStaysInTheProject() {
        ProjectContent content;
        content.video.path = video_.toStdString();
        content.video.size = {96, 64};
        content.settings[kTruthSetting] = "/nowhere/truth";
        const BundlePlan plan =
            planBundle(content, pathOf(fixture_->path("original/clip.mkv.mcjepa")), {});
        QCOMPARE(plan.missing, std::vector<std::string>{"/nowhere/truth"});
        QCOMPARE(plan.content.settings.at(kTruthSetting), std::string("/nowhere/truth"));
        content.video.path = "/nowhere/other.mkv";
        QVERIFY_EXCEPTION_THROWN(
            (void)planBundle(content, pathOf(fixture_->path("original/clip.mkv.mcjepa")), {}),
            Error);
    }

    void theRunMakesIt() {
        const auto session = opened(video_);
        QSignalSpy notices(session.get(), &Session::noticed);
        BundlePlan plan = planBundle(session->project(), pathOf(session->document().path()), {});
        QVERIFY(session->runs().start(
            std::make_unique<BundleRun>(std::move(plan), fixture_->path("bundle"))));
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(QFile::exists(fixture_->path("bundle/clip.mkv.mcjepa")));
        QVERIFY(!notices.empty());
        QVERIFY(notices.back().front().value<Notice>().text.contains("bundle"));
    }

private:
    [[nodiscard]] std::unique_ptr<Session> newSession() const {
        SessionOptions options = fixture_->options();
        options.loadEngine = [](const EngineOptions&) { return std::make_unique<StandInEngine>(); };
        // Only what is named is a model of its own.
        options.engine.model.clear();
        auto session = std::make_unique<Session>(options);
        session->view().setFlowProvider(kDisFlow);
        return session;
    }
    [[nodiscard]] std::unique_ptr<Session> opened(const QString& path) const {
        auto session = newSession();
        session->open(path);
        (void)SessionFixture::settle(*session);
        return session;
    }

    std::unique_ptr<SessionFixture> fixture_;
    QString video_;
};

}  // namespace

QTEST_GUILESS_MAIN(TestBundle)
#include "test_bundle.moc"
