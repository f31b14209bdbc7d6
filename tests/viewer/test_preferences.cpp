#include <QSignalSpy>
#include <mutex>

#include "tests/support/stand_in_engine.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/session/preferences.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// The options of the engines that were loaded, in their order.
struct Loadings {
    std::mutex mutex;
    std::vector<EngineOptions> all;

    [[nodiscard]] std::vector<EngineOptions> copy() {
        const std::lock_guard lock(mutex);
        return all;
    }
};

/// What the user prefers for every clip, applied to a session.
class TestPreferences : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        fixture_ = std::make_unique<SessionFixture>(12);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void init() { loadings_ = std::make_shared<Loadings>(); }

    void valuesThatDoNotExistBecomeTheDefaults() {
        Preferences wrong;
        wrong.device = "tpu";
        wrong.threads = -1;
        wrong.precision = "float16";
        wrong.maxSidePx = 3;
        wrong.frameMiB = 1;
        wrong.mapMiB = kMostMiB + 1;
        wrong.flow = "guess";
        wrong.wheel = FlowWheel::VisionSafe;
        Preferences expected;
        expected.wheel = FlowWheel::VisionSafe;
        QVERIFY(validPreferences(wrong) == expected);
        Preferences right;
        right.device = "cuda:1";
        right.maxSidePx = 640;
        right.flow = kDisFlow;
        QVERIFY(validPreferences(right) == right);
    }

    void whatIsGivenWins() {
        Preferences preferred;
        preferred.device = "cuda";
        preferred.threads = 3;
        preferred.maxSidePx = 640;
        EngineOptions usual;
        usual.model = "some.safetensors";
        const EngineOptions options =
            preferredEngine(usual, preferred, {.device = "cpu", .maxSidePx = 0});
        QCOMPARE(options.model, usual.model);
        QCOMPARE(options.device, std::string("cpu"));
        QCOMPARE(options.threads, 3);
        QCOMPARE(options.maxSidePx, 0);
        QCOMPARE(options.precision, std::string("auto"));
    }

    void theModelIsLoadedOnceWithWhatIsPreferred() {
        const auto session = newSession();
        Preferences preferred;
        preferred.threads = 2;
        preferred.precision = "float32";
        session->preferences().begin(preferred, {.device = "cpu"});
        session->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session));
        const std::vector<EngineOptions> loaded = loadings_->copy();
        QCOMPARE(loaded.size(), std::size_t{1});
        QCOMPARE(loaded.front().threads, 2);
        QCOMPARE(loaded.front().precision, std::string("float32"));
        QCOMPARE(loaded.front().device, std::string("cpu"));
    }

    void aChangeOpensTheModelAgainForEveryViewAndForgetsTheOldOne() {
        const auto session = newSession();
        session->open(fixture_->video());
        session->views().arrange(Arrangement::SideBySide);
        QVERIFY(SessionFixture::settle(*session));
        const std::string before = session->view().engine().id;
        const FlowPtr flow = session->view().flow();
        QVERIFY(flow);
        QSignalSpy edits(&session->preferences(), &PreferenceChoice::edited);
        Preferences preferred = session->preferences().current();
        preferred.maxSidePx = 64;
        session->preferences().set(preferred);
        QCOMPARE(edits.size(), 1);
        QVERIFY(SessionFixture::settle(*session));
        const PooledEngine& engine = session->view().engine();
        QVERIFY(engine.id != before);
        QCOMPARE(engine.options.maxSidePx, 64);
        QCOMPARE(session->views().at(1).engine().id, engine.id);
        // A second view by the usual engine has no model of its own.
        QVERIFY(session->views().ownModel(1).empty());
        QCOMPARE(loadings_->copy().size(), std::size_t{2});
        QVERIFY(session->view().flow() && session->view().flow() != flow);
        const PooledEngine& old = session->engines().at(before);
        QCOMPARE(old.state, EngineState::NotLoaded);
        QVERIFY(!old.engine && !old.requested);
        // The same once more changes nothing.
        session->preferences().set(preferred);
        QCOMPARE(edits.size(), 1);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(loadings_->copy().size(), std::size_t{2});
        // Back again: it is loaded anew, and what it had computed is still there.
        preferred.maxSidePx = 0;
        session->preferences().set(preferred);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->view().engine().id, before);
        QCOMPARE(session->view().flow(), flow);
        QCOMPARE(loadings_->copy().size(), std::size_t{3});
    }

    void anEngineThatIsReplacedWhileItLoadsIsNotKept() {
        const auto session = newSession();
        session->open(fixture_->video());
        QTRY_VERIFY_WITH_TIMEOUT(
            session->engines().loading() || session->view().engine().state == EngineState::Ready,
            30'000);
        const std::string before = session->view().engine().id;
        Preferences preferred;
        preferred.threads = 1;
        session->preferences().set(preferred);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->engines().at(before).state, EngineState::NotLoaded);
        QVERIFY(!session->engines().at(before).engine);
        QCOMPARE(session->view().engine().state, EngineState::Ready);
    }

    void budgetsApplyAtOnceAndAreTold() {
        const auto session = newSession();
        session->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session));
        const MemoryUse usual = session->preferences().memory();
        QCOMPARE(usual.frameBudget, std::size_t{512} << 20);
        QCOMPARE(usual.mapBudget, std::size_t{768} << 20);
        QVERIFY(usual.frameBytes >= std::size_t{96 * 64 * 3});
        QVERIFY(usual.mapBytes > 0);
        Preferences preferred;
        preferred.frameMiB = 128;
        preferred.mapMiB = 256;
        session->preferences().set(preferred);
        QCOMPARE(session->preferences().memory().frameBudget, std::size_t{128} << 20);
        QCOMPARE(session->preferences().memory().mapBudget, std::size_t{256} << 20);
    }

    void fewerFramesAreKeptWithASmallerBudget() {
        Lane lane("reading");
        FrameProvider frames(lane, std::size_t{1} << 30, {});
        QSignalSpy opened(&frames, &FrameProvider::openSucceeded);
        frames.open(fixture_->video());
        frames.serve({});
        QTRY_COMPARE_WITH_TIMEOUT(opened.size(), 1, 30'000);
        frames.takeOver();
        const std::vector<FrameIndex> wanted{0, 1, 2, 3, 4, 5};
        QVERIFY(QTest::qWaitFor(
            [&] {
                frames.serve({.frames = wanted});
                return frames.has(wanted);
            },
            30'000));
        const std::size_t one = std::size_t{96 * 64 * 3};
        QVERIFY(frames.keptBytes() >= 6 * one);
        frames.serve({.frames = {0}});
        frames.setBudget(3 * one);
        QVERIFY(frames.keptBytes() <= 3 * one);
        QVERIFY(frames.cached(0));
        lane.wait();
    }

    void theWheelIsThatOfAllFlowLayersUntilOneIsChosen() {
        const auto session = newSession();
        session->views().arrange(Arrangement::SideBySide);
        Preferences preferred;
        preferred.wheel = FlowWheel::VisionSafe;
        session->preferences().set(preferred);
        for (std::size_t i = 0; i < 2; ++i) {
            QCOMPARE(session->views().at(i).layers().layer(kFlowLayer).flow().wheel,
                     FlowWheel::VisionSafe);
        }
        Layer own = session->view().layers().layer(kFlowLayer);
        own.flow().wheel = FlowWheel::Middlebury;
        session->view().layers().set(own);
        preferred.mapMiB = 300;
        session->preferences().set(preferred);
        QCOMPARE(session->view().layers().layer(kFlowLayer).flow().wheel, FlowWheel::Middlebury);
    }

private:
    [[nodiscard]] std::unique_ptr<Session> newSession() const {
        SessionOptions options = fixture_->options();
        options.loadEngine = [loadings = loadings_](const EngineOptions& asked) {
            const std::lock_guard lock(loadings->mutex);
            loadings->all.push_back(asked);
            return std::make_unique<StandInEngine>();
        };
        auto session = std::make_unique<Session>(options);
        session->view().layers().showOnly(kFlowLayer);
        return session;
    }

    std::unique_ptr<SessionFixture> fixture_;
    std::shared_ptr<Loadings> loadings_;
};

}  // namespace

QTEST_GUILESS_MAIN(TestPreferences)
#include "test_preferences.moc"
