#include <QElapsedTimer>
#include <QSignalSpy>
#include <QThread>
#include <array>
#include <atomic>
#include <set>

#include "inference/analysis/feature_colors.h"
#include "tests/support/stand_in_engine.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/session/frame_picture.h"
#include "viewer/session/level_comparison.h"
#include "viewer/session/view_settings.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// What is computed for the screen, with an engine that says what it was asked.
class TestSessionProducts : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        fixture_ = std::make_unique<SessionFixture>();
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void init() {
        script_ = std::make_shared<EngineScript>();
        session_ = sessionWithStandIn();
        session_->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(session_->view().engine().state, EngineState::Ready);
    }

    void cleanup() {
        script_->hold = false;
        script_->holdFlow = false;
        session_.reset();
    }

    void whatIsDoneIsOneText() {
        script_->hold = true;
        session_->view().layers().setVisible(kFeatureErrorLayer, true);
        QTRY_COMPARE(script_->waiting.load(), 1);
        const QString work = session_->pump().working();
        QVERIFY2(work.startsWith("computing ") && !work.contains("loading"), qPrintable(work));
        script_->hold = false;
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(session_->pump().working(), QString());

        std::atomic<bool> mayLoad = false;
        SessionOptions options;
        options.projectFolder = fixture_->path("projects");
        options.loadEngine = [&mayLoad, script = script_](const EngineOptions&) {
            while (!mayLoad) QThread::msleep(1);
            return std::make_unique<StandInEngine>(script);
        };
        Session loading(options);
        loading.open(fixture_->video());
        const bool said = QTest::qWaitFor(
            [&] { return loading.view().engine().state == EngineState::Loading; }, 30'000);
        const QString words = loading.pump().working();
        mayLoad = true;
        QVERIFY(said);
        QCOMPARE(words, QString("loading the model"));
        QVERIFY(SessionFixture::settle(loading));
    }

    void aFeatureErrorOfTheOldLevelIsNotShownUnderTheNewOne() {
        script_->hold = true;
        session_->view().layers().setVisible(kFeatureErrorLayer, true);
        QTRY_COMPARE(script_->waiting.load(), 1);
        session_->view().setLevel(2);
        script_->hold = false;
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(session_->view().map(kFeatureErrorLayer));
        QCOMPARE(session_->view().map(kFeatureErrorLayer)->values.at(0, 0), 102.001F);
    }

    void whatArrivesAfterAnotherVideoWasOpenedIsDropped() {
        const QString other = fixture_->path("other.mkv");
        const QString failed = writeLossless(smallScene(), 8, other);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        session_->playhead().seek(5);
        QVERIFY(SessionFixture::settle(*session_));
        script_->holdFlow = true;
        session_->view().setFlowProvider(kModelFlow);
        QTRY_VERIFY(script_->slowFlows == 1 && script_->waiting == 1);
        session_->open(other);
        QTRY_COMPARE(QString::fromStdString(session_->frames().info().path), other);
        script_->holdFlow = false;
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(session_->view().flow());
        QVERIFY(session_->timeline().curves.numbers().contains(0));
        QVERIFY(!session_->timeline().curves.numbers().contains(5));
    }

    void aFailureOfTheOldQueryIsNotTheNewOnes() {
        script_->hold = true;
        script_->failingQueryX = 10;
        QSignalSpy notices(session_.get(), &Session::noticed);
        session_->view().setQuery({10.0F, 20.0F});
        QTRY_COMPARE(script_->waiting.load(), 1);
        session_->view().setQuery({20.0F, 20.0F});
        script_->hold = false;
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(session_->view().map(kSimilarityLayer));
        QCOMPARE(session_->view().map(kSimilarityLayer)->values.at(0, 0), 3.02F);
    }

    void whatFailedIsNotTriedAgain() {
        script_->failingQueryX = 10;
        QSignalSpy notices(session_.get(), &Session::noticed);
        session_->view().setQuery({10.0F, 20.0F});
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(notices.size(), 1);
        QCOMPARE(script_->similarityCalls.load(), 1);
        QVERIFY(!session_->view().map(kSimilarityLayer));
    }

    void aDragShowsTheNewestMapAndNeverNone() {
        script_->similarityMs = 20;
        session_->view().setQuery({1.0F, 20.0F});
        QVERIFY(SessionFixture::settle(*session_));
        std::set<float> shown;
        float newest = 0.0F;
        for (int x = 2; x < 90; ++x) {
            session_->view().setQuery({static_cast<float>(x), 20.0F});
            QTest::qWait(5);
            const ScalarMapPtr map = session_->view().map(kSimilarityLayer);
            QVERIFY2(map, qPrintable(QString("nothing is shown at x = %1").arg(x)));
            const float value = map->values.at(0, 0);
            QVERIFY(value >= newest);
            QCOMPARE(value, session_->view().shownQuery()->where.x / 1000.0F + 3.0F);
            newest = value;
            shown.insert(value);
        }
        // 88 positions at 5 ms and more, of which one in five can be computed.
        QVERIFY2(shown.size() >= 10, qPrintable(QString::number(shown.size())));
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(session_->view().map(kSimilarityLayer)->values.at(0, 0), 3.089F);
    }

    void aClickAfterALookAtAnotherFrameKeepsTheMapThatIsShown() {
        session_->view().setQuery({1.0F, 20.0F});
        QVERIFY(SessionFixture::settle(*session_));
        const ScalarMapPtr before = session_->view().map(kSimilarityLayer);
        session_->playhead().seek(1);
        QVERIFY(SessionFixture::settle(*session_));
        session_->playhead().seek(0);
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(session_->view().map(kSimilarityLayer) == before);
        session_->view().setQuery({2.0F, 20.0F});
        QVERIFY(session_->view().map(kSimilarityLayer) == before);
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(session_->view().map(kSimilarityLayer) != before);
    }

    void aChangeOfTheFlowKeepsSimilarity() {
        session_->view().setQuery({30.0F, 20.0F});
        QVERIFY(SessionFixture::settle(*session_));
        const ScalarMapPtr map = session_->view().map(kSimilarityLayer);
        QVERIFY(map);
        session_->view().setFlowProvider(kDisFlow);
        QVERIFY(session_->view().map(kSimilarityLayer) == map);
        QCOMPARE(session_->view().matchScores().size(), std::size_t(1));
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(script_->similarityCalls.load(), 1);
        QVERIFY(session_->view().map(kSimilarityLayer) == map);
    }

    void flowComesWhilePlayingAfterASlowOne() {
        script_->flowMs = 400;
        session_->view().setFlowProvider(kModelFlow);
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(session_->view().flow()->at(0, 0).x, 2.0F);
        session_->playhead().play();
        session_->view().setFlowProvider(kDisFlow);
        const FrameIndex start = session_->playhead().shown()->index;
        QTRY_VERIFY_WITH_TIMEOUT(
            session_->playhead().shown()->index != start && session_->view().flow(), 5'000);
    }

    void aSlowFlowIsTriedAgainWhilePlaying() {
        script_->flowMs = 150;
        session_->view().setFlowProvider(kModelFlow);
        QVERIFY(SessionFixture::settle(*session_));
        script_->flowMs = 0;
        const FrameIndex start = session_->playhead().shown()->index;
        session_->playhead().play();
        // Ten times as long as the slow one took: then the next one is quick, and all that follow.
        QTRY_VERIFY_WITH_TIMEOUT(
            session_->playhead().shown()->index != start && session_->view().flow(), 6'000);
    }

    void whatIsMoreUrgentStopsSlowerWork() {
        script_->flowMs = 60'000;
        session_->view().setFlowProvider(kModelFlow);
        QTRY_COMPARE(script_->slowFlows.load(), 1);
        // Similarity stands above the flow in the list of what the screen needs.
        session_->view().layers().showOnly(kSimilarityLayer);
        session_->view().setQuery({7.0F, 20.0F});
        QTRY_VERIFY_WITH_TIMEOUT(session_->view().map(kSimilarityLayer), 5'000);
        QCOMPARE(session_->view().map(kSimilarityLayer)->values.at(0, 0), 3.007F);
    }

    void workForAFrameThatWasLeftIsStopped() {
        script_->flowMs = 60'000;
        session_->view().setFlowProvider(kModelFlow);
        QTRY_COMPARE(script_->slowFlows.load(), 1);
        QSignalSpy notices(session_.get(), &Session::noticed);
        script_->flowMs = 0;
        session_->playhead().seek(5);
        QTRY_VERIFY_WITH_TIMEOUT(session_->view().flow(), 5'000);
        QCOMPARE(session_->playhead().shown()->index, FrameIndex(5));
        QCOMPARE(notices.size(), 0);
        // It was stopped, not marked as failed: it is made when the frame is shown again.
        session_->playhead().seek(0);
        QTRY_VERIFY_WITH_TIMEOUT(session_->view().flow(), 5'000);
    }

    void closingStopsTheWork() {
        script_->flowMs = 60'000;
        session_->view().setFlowProvider(kModelFlow);
        QTRY_COMPARE(script_->slowFlows.load(), 1);
        session_->close();
        QTRY_VERIFY_WITH_TIMEOUT(!session_->pump().lanes().inference.busy(), 5'000);
        session_->open(fixture_->video());
        QTRY_COMPARE(script_->slowFlows.load(), 2);
        session_.reset();  // would wait a minute
    }

    void featuresAreEncodedOnceForAllClicks() {
        for (int x = 1; x <= 5; ++x) {
            session_->view().setQuery({static_cast<float>(x), 20.0F});
            QVERIFY(SessionFixture::settle(*session_));
        }
        QCOMPARE(script_->similarityCalls.load(), 5);
        QCOMPARE(script_->featureCalls.load(), 1);
        session_->playhead().seek(session_->playhead().current() + 1);
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(script_->featureCalls.load(), 2);
        QCOMPARE(session_->view().matchScores().size(), std::size_t(2));
    }

    void featuresAreColouredByOneBasisOfTheVideo() {
        View& view = session_->view();
        QVERIFY(!view.colors(kFeaturesLayer));
        view.layers().setVisible(kFeaturesLayer, true);
        QVERIFY(SessionFixture::settle(*session_));
        // Eight frames of the video, most of them not shown before, and the frame itself.
        QCOMPARE(script_->featureCalls.load(), 9);
        StandInEngine engine;
        std::vector<FeatureMomentsPtr> moments;
        const auto source = openSource(fixture_->video().toStdString());
        for (const FrameIndex index : featureBasisFrames(fixture_->frames())) {
            moments.push_back(std::make_shared<const FeatureMoments>(
                engine.featureMoments(*engine.featureMap(source->read(index), 3, {}), {})));
        }
        const FeatureBasis basis = fitFeatureBasis(moments);
        for (const FrameIndex frame : {0, 13}) {
            session_->playhead().seek(frame);
            QVERIFY(SessionFixture::settle(*session_));
            QCOMPARE(session_->playhead().shown()->index, frame);
            const RgbPtr colors = view.colors(kFeaturesLayer);
            QVERIFY(colors);
            QVERIFY(*colors ==
                    featureColors(engine, *engine.featureMap(source->read(frame), 3, {}), basis));
        }
        QCOMPARE(script_->featureCalls.load(), 10);
        QVERIFY(!view.map(kFeaturesLayer));
        view.setLevel(2);
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(script_->featureCalls.load(), 19);
        const FramePicture picture = pictureOfShownFrame(*session_);
        const auto part = std::find_if(picture.parts.begin(), picture.parts.end(),
                                       [](const auto& each) { return each.colors != nullptr; });
        QVERIFY(part != picture.parts.end() && part->layer.kind == kFeaturesLayer);
    }

    void whatIsOnTheScreenStaysWhateverTheBudgetSays() {
        ProductCache cache(1);
        ProductKey all;
        all.source = 1;
        all.frame = 3;
        all.other = 4;
        all.flow = kDisFlow;
        const ProductKey flow = productKey("flow", all);
        const ProductKey error = productKey("warp-error", all);
        const auto product = [] {
            Product made;
            made.flow = std::make_shared<const FlowField>(SizePx{8, 8});
            return std::make_shared<const Product>(std::move(made));
        };
        cache.put(flow, product());
        QVERIFY(!cache.find(flow));
        // With its inputs, which have to be there when it is made.
        cache.need({error}, 3);
        cache.put(flow, product());
        cache.put(error, product());
        QVERIFY(cache.find(flow) && cache.find(error));
        cache.need({}, 3);
        QVERIFY(!cache.find(flow) && !cache.find(error));
        cache.fail(flow);
        QVERIFY(cache.failed(flow) && !cache.failed(error));
        cache.forgive();
        QVERIFY(!cache.failed(flow));
    }

    void aLinkOfAChainNeedsItsInputsOnlyUntilItIsThere() {
        ProductCache cache(1);
        ProductKey all;
        all.source = 1;
        all.frame = 3;
        all.other = 4;
        all.flow = kDisFlow;
        const ProductKey flow = productKey("flow", all);
        const ProductKey one = productKey("streamlines", all);
        all.other = 5;
        const ProductKey two = productKey("streamlines", all);
        const auto product = std::make_shared<const Product>([] {
            Product made;
            made.flow = std::make_shared<const FlowField>(SizePx{8, 8});
            return made;
        }());
        cache.need({one}, 3);
        cache.put(flow, product);
        cache.put(one, product);
        QVERIFY(cache.find(flow) && cache.find(one));
        // The flow would stay for as long as the chain grows.
        cache.need({two}, 3);
        QVERIFY(!cache.find(flow) && cache.find(one));
    }

    void flowLevelsAreShownInFourViews() {
        QVERIFY((comparedLevels(2, 6) == std::array{2, 3, 5, 6}));
        QVERIFY((comparedLevels(1, 5) == std::array{1, 2, 4, 5}));
        // A clip of its own, whose views are kept.
        const QString clip = fixture_->path("levels.mkv");
        const QString failed = writeLossless(smallScene(), 4, clip);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        session_->open(clip);
        QTRY_COMPARE(QString::fromStdString(session_->frames().info().path), clip);
        QVERIFY(SessionFixture::settle(*session_));
        ViewSet& views = session_->views();
        showFlowLevels(views);
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(views.arrangement(), Arrangement::Grid);
        const std::array<float, 4> levels{2.0F, 3.0F, 5.0F, 6.0F};
        for (std::size_t i = 0; i < views.size(); ++i) {
            QVERIFY(views.at(i).layers().visible(kFlowLayer));
            QTRY_VERIFY_WITH_TIMEOUT(views.at(i).flow(), 30'000);
            QCOMPARE(views.at(i).flow()->at(0, 0).x, levels.at(i));
        }
        // Kept with the views.
        const std::string stored = viewsToJson(views);
        views.at(3).setFlowProvider(kDisFlow);
        viewsFromJson(stored, views);
        QCOMPARE(views.at(3).flowProvider(), levelFlowId(6));
    }

private:
    [[nodiscard]] std::unique_ptr<Session> sessionWithStandIn() const {
        SessionOptions options;
        options.projectFolder = fixture_->path("projects");
        options.loadEngine = [script = script_](const EngineOptions&) {
            return std::make_unique<StandInEngine>(script);
        };
        return std::make_unique<Session>(options);
    }

    std::unique_ptr<SessionFixture> fixture_;
    std::shared_ptr<EngineScript> script_;
    std::unique_ptr<Session> session_;
};

}  // namespace

QTEST_MAIN(TestSessionProducts)
#include "test_session_products.moc"
