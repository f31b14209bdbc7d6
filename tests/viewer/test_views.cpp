#include <QFile>
#include <QSignalSpy>
#include <array>
#include <cmath>
#include <set>

#include "tests/support/stand_in_engine.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/session/legend_title.h"
#include "viewer/session/level_comparison.h"
#include "viewer/session/view_settings.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// Several views of one document: which are shown, what they share, and what they compute.
class TestViews : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        fixture_ = std::make_unique<SessionFixture>(12);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void everyArrangementHasAName() {
        for (const Arrangement arrangement :
             {Arrangement::Single, Arrangement::SideBySide, Arrangement::Grid, Arrangement::Wipe,
              Arrangement::Difference}) {
            QCOMPARE(arrangementNamed(arrangementName(arrangement)), arrangement);
        }
        QCOMPARE(arrangementNamed("mosaic"), Arrangement::Single);
    }

    void aSecondViewBeginsAsACopy() {
        const auto session = fixture_->openSession();
        ViewSet& views = session->views();
        session->view().layers().showOnly(kWarpErrorLayer);
        QCOMPARE(views.size(), std::size_t{1});
        views.arrange(Arrangement::SideBySide);
        QCOMPARE(views.shown(), (std::vector<std::size_t>{0, 1}));
        QVERIFY(views.at(1).layers().layers() == views.at(0).layers().layers());
        QCOMPARE(views.at(1).flowProvider(), std::string(kDisFlow));
        QCOMPARE(views.at(1).frame(), views.at(0).frame());
        // From now on each has its own.
        views.activate(1);
        QCOMPARE(&session->view(), &views.at(1));
        session->view().layers().showOnly(kConsistencyLayer);
        QVERIFY(!views.at(0).layers().visible(kConsistencyLayer));
        QVERIFY(views.at(0).layers().visible(kWarpErrorLayer));
    }

    void allShownViewsAreComputed() {
        const auto session = fixture_->openSession();
        ViewSet& views = session->views();
        views.arrange(Arrangement::SideBySide);
        views.at(0).layers().showOnly(kFlowLayer);
        views.at(1).setFlowProvider(kZeroFlow);
        views.at(1).layers().showOnly(kWarpErrorLayer);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(views.at(0).flow());
        const ScalarMapPtr error = views.at(1).map(kWarpErrorLayer);
        QVERIFY(error);
        // Zero motion: the difference of the frames. By DIS it would be smaller.
        views.at(0).layers().showOnly(kWarpErrorLayer);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(views.at(0).map(kWarpErrorLayer) != error);
        // A view that is not shown asks for nothing.
        views.arrange(Arrangement::Single);
        const std::size_t alone = views.demand().size();
        views.arrange(Arrangement::Wipe);
        QCOMPARE(views.demand().size(), 2 * alone);
    }

    void flipChangesTheActiveOne() {
        const auto session = fixture_->openSession();
        ViewSet& views = session->views();
        QSignalSpy arranged(&views, &ViewSet::arranged);
        views.flip();
        QCOMPARE(views.activeIndex(), std::size_t{1});
        QCOMPARE(views.shown(), (std::vector<std::size_t>{1}));
        QVERIFY(session->view().frame());
        views.flip();
        QCOMPARE(views.activeIndex(), std::size_t{0});
        QCOMPARE(arranged.size(), 2);
        // The active one of four is shown by itself, and the first one where two are shown.
        views.arrange(Arrangement::Grid);
        views.activate(3);
        views.arrange(Arrangement::Single);
        QCOMPARE(views.shown(), (std::vector<std::size_t>{3}));
        views.arrange(Arrangement::Wipe);
        QCOMPARE(views.activeIndex(), std::size_t{0});
        views.activate(17);
        QCOMPARE(views.activeIndex(), std::size_t{0});
    }

    void aViewWithAnOffsetShowsItsOwnFrame() {
        const auto session = fixture_->openSession();
        ViewSet& views = session->views();
        views.arrange(Arrangement::SideBySide);
        views.at(1).setOffset(3);
        session->playhead().seek(2);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(views.at(0).frame()->index, FrameIndex{2});
        QTRY_VERIFY(views.at(1).frame() && views.at(1).frame()->index == 5);
        QTRY_VERIFY(views.at(1).flow());
        // Beyond the end there is nothing.
        session->playhead().seek(11);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(!views.at(1).frame());
        QVERIFY(views.at(0).frame());
    }

    void aViewWithAnOffsetIsNotBlankMeanwhile() {
        const auto session = fixture_->openSession();
        ViewSet& views = session->views();
        views.arrange(Arrangement::SideBySide);
        views.at(1).setOffset(3);
        QTRY_VERIFY(views.at(1).frame() && views.at(1).frame()->index == 3);
        bool blank = false;
        connect(session.get(), &Session::changed, this,
                [&] { blank = blank || !views.at(1).frame(); });
        session->playhead().seek(6);
        QVERIFY(SessionFixture::settle(*session));
        QTRY_COMPARE(views.at(1).frame()->index, FrameIndex{9});
        QVERIFY(!blank);
        session->playhead().seek(10);
        QTRY_VERIFY(blank);
        QVERIFY(!views.at(1).frame());
        session->disconnect(this);
    }

    void separateViewsKeepTheirFrames() {
        const auto session = fixture_->openSession();
        ViewSet& views = session->views();
        QCOMPARE(views.frameLinking(), FrameLinking::Linked);
        views.arrange(Arrangement::SideBySide);
        session->playhead().seek(4);
        QVERIFY(SessionFixture::settle(*session));
        views.setFrameLinking(FrameLinking::Separate);
        QCOMPARE(views.at(1).offset(), FrameIndex{0});
        // The other view never shows another frame, also while the next one is read.
        bool moved = false;
        connect(session.get(), &Session::changed, this,
                [&] { moved = moved || !views.at(1).frame() || views.at(1).frame()->index != 4; });
        for (const FrameIndex frame : {5, 9, 0, 7}) {
            session->playhead().seek(frame);
            QVERIFY(SessionFixture::settle(*session));
            QCOMPARE(views.at(0).frame()->index, frame);
            QCOMPARE(views.at(0).offset(), FrameIndex{0});
            QCOMPARE(views.at(1).offset(), 4 - frame);
        }
        QVERIFY(!moved);
        session->disconnect(this);
        // Now the second one is active, and moves from where it is.
        views.activate(1);
        session->playhead().step(2);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(views.at(0).frame()->index, FrameIndex{7});
        QTRY_COMPARE(views.at(1).frame()->index, FrameIndex{6});
        // Linked again, they keep their distance.
        views.setFrameLinking(FrameLinking::Linked);
        session->playhead().step(1);
        QVERIFY(SessionFixture::settle(*session));
        QTRY_COMPARE(views.at(0).frame()->index, FrameIndex{8});
        QTRY_COMPARE(views.at(1).frame()->index, FrameIndex{7});
    }

    void separateViewsComeBackAtTheirFrames() {
        std::string stored;
        {
            const auto session = fixture_->openSession();
            ViewSet& views = session->views();
            views.arrange(Arrangement::SideBySide);
            stored = viewsToJson(views);
            session->playhead().seek(3);
            QVERIFY(SessionFixture::settle(*session));
            views.setFrameLinking(FrameLinking::Separate);
            session->playhead().seek(8);
            QVERIFY(SessionFixture::settle(*session));
            const std::string separate = viewsToJson(views);
            // What was stored before is of linked views.
            viewsFromJson(stored, views);
            QCOMPARE(views.frameLinking(), FrameLinking::Linked);
            QCOMPARE(views.at(1).offset(), FrameIndex{0});
            stored = separate;
            session->close();
        }
        // At whatever frame the other video is: it begins at 0.
        const auto session = fixture_->openSession();
        ViewSet& views = session->views();
        viewsFromJson(stored, views);
        QCOMPARE(views.frameLinking(), FrameLinking::Separate);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(views.at(0).frame()->index, session->playhead().current());
        QTRY_VERIFY(views.at(1).frame() && views.at(1).frame()->index == 3);
        session->playhead().seek(10);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(views.at(1).frame()->index, FrameIndex{3});
        // A damaged number does no harm.
        viewsFromJson("{\"views\": [{}, {}], \"offsets-from\": 9e18}", views);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(views.at(0).frame());
        QVERIFY(!views.at(1).frame());
        // Another clip begins with linked views.
        session->close();
        QCOMPARE(views.frameLinking(), FrameLinking::Linked);
    }

    void separatePlacesAreKeptWithTheViews() {
        const auto session = fixture_->openSession();
        ViewSet& views = session->views();
        views.arrange(Arrangement::SideBySide);
        const std::string linked = viewsToJson(views);
        int arranged = 0;
        connect(&views, &ViewSet::arranged, this, [&arranged] { ++arranged; });
        views.setPlaceLinking(PlaceLinking::Separate);
        QCOMPARE(arranged, 1);
        QVERIFY(views.placesApart());
        const std::string separate = viewsToJson(views);
        // Views in one place cannot differ.
        views.arrange(Arrangement::Wipe);
        QVERIFY(!views.placesApart());
        viewsFromJson(linked, views);
        QVERIFY(views.placeLinking() == PlaceLinking::Linked);
        viewsFromJson(separate, views);
        QVERIFY(views.placesApart());
        session->close();
        QVERIFY(views.placeLinking() == PlaceLinking::Linked);
    }

    void playingDoesNotReadDistantFrames() {
        SessionFixture clip(200);
        QVERIFY2(clip.error().isEmpty(), qPrintable(clip.error()));
        const auto session = clip.openSession();
        ViewSet& views = session->views();
        views.arrange(Arrangement::SideBySide);
        session->playhead().setSpeed(0.25);
        session->playhead().play();
        QVERIFY(session->playhead().playing());
        views.at(1).setOffset(150);
        // The read-ahead is done after this.
        QTRY_VERIFY(session->playhead().shown()->index >= 2);
        QVERIFY(session->playhead().playing());
        const FrameIndex distant = session->playhead().current() + 150;
        for (const FrameIndex frame : session->frames().cachedFrames()) QVERIFY(frame < 150);
        session->playhead().pause();
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(views.at(1).frame() && views.at(1).frame()->index >= distant);
    }

    void allViewsCompareTheSamePoint() {
        SessionOptions options = fixture_->options();
        auto script = std::make_shared<EngineScript>();
        options.loadEngine = [script](const EngineOptions&) {
            return std::make_unique<StandInEngine>(script);
        };
        Session session(options);
        session.open(fixture_->video());
        QVERIFY(SessionFixture::settle(session));
        ViewSet& views = session.views();
        views.arrange(Arrangement::SideBySide);
        views.at(1).setLevel(4);
        session.view().setQuery({12.0F, 20.0F});
        QVERIFY(views.at(1).query() == views.at(0).query());
        QVERIFY(SessionFixture::settle(session));
        const ScalarMapPtr first = views.at(0).map(kSimilarityLayer);
        QVERIFY(first);
        views.at(1).layers().setVisible(kSimilarityLayer, true);
        QVERIFY(SessionFixture::settle(session));
        QVERIFY(views.at(1).map(kSimilarityLayer));
        QVERIFY(views.at(1).map(kSimilarityLayer) != first);
        session.view().clearQuery();
        QVERIFY(!views.at(1).query());
    }

    void aCoarserFlowIsShownUntilTheFlowIsThere() {
        SessionOptions options = fixture_->options();
        auto script = std::make_shared<EngineScript>();
        script->holdFlow = true;
        options.loadEngine = [script](const EngineOptions&) {
            return std::make_unique<StandInEngine>(script, "cpu");
        };
        Session session(options);
        session.view().setFlowProvider(kModelFlow);
        session.view().layers().showOnly(kFlowLayer);
        session.open(fixture_->video());
        const View& view = session.view();
        QTRY_VERIFY_WITH_TIMEOUT(view.flow(), 30'000);
        QCOMPARE(view.preview(), std::string(kModelFastFlow));
        QCOMPARE(view.flow()->at(0, 0).x, 1.0F);
        // What is exported is the flow itself.
        QVERIFY(!view.flow(kFlowLayer, View::Stage::Final));
        script->holdFlow = false;
        QVERIFY(SessionFixture::settle(session));
        QVERIFY(view.preview().empty());
        QCOMPARE(view.flow()->at(0, 0).x, 2.0F);
        QCOMPARE(view.flow(kFlowLayer, View::Stage::Final), view.flow());
    }

    void fourLevelsAreSpreadEvenly() {
        QVERIFY((comparedLevels(6) == std::array{1, 3, 4, 6}));
        QVERIFY((comparedLevels(5) == std::array{1, 2, 4, 5}));
        QVERIFY((comparedLevels(4) == std::array{1, 2, 3, 4}));
        QVERIFY((comparedLevels(2) == std::array{1, 2, 2, 2}));
    }

    void featureLevelsAreShownInFourViews() {
        SessionOptions options = fixture_->options();
        options.loadEngine = [](const EngineOptions&) { return std::make_unique<StandInEngine>(); };
        Session session(options);
        session.open(fixture_->video());
        QVERIFY(SessionFixture::settle(session));
        ViewSet& views = session.views();
        views.flip();
        views.active().setOffset(1);
        views.at(0).layers().showOnly(kWarpErrorLayer);
        showFeatureLevels(views);
        QVERIFY(SessionFixture::settle(session));
        QCOMPARE(views.arrangement(), Arrangement::Grid);
        const std::array<int, 4> levels{1, 3, 4, 6};
        std::set<const void*> colors;
        for (std::size_t i = 0; i < views.size(); ++i) {
            const View& view = views.at(i);
            QCOMPARE(view.level(), levels.at(i));
            QCOMPARE(view.offset(), FrameIndex{1});
            QCOMPARE(view.engine().id, views.at(0).engine().id);
            QVERIFY(view.layers().visible(kFeaturesLayer));
            QVERIFY(!view.layers().visible(kWarpErrorLayer));
            QTRY_VERIFY_WITH_TIMEOUT(view.colors(kFeaturesLayer), 30'000);
            colors.insert(view.colors(kFeaturesLayer).get());
        }
        QCOMPARE(colors.size(), std::size_t(4));
    }

    void aDifferenceComparesTwoViews() {
        const auto session = fixture_->openSession();
        ViewSet& views = session->views();
        Layer layer = views.at(0).layers().layer(kDifferenceLayer);
        QVERIFY((layer.scalar() == ScalarLook{Colormap::Signed, -64.0F, 64.0F}));
        views.at(0).layers().showOnly(kDifferenceLayer);
        QVERIFY(SessionFixture::settle(*session));
        // There is no view B yet.
        QVERIFY(!views.at(0).map(kDifferenceLayer));
        QVERIFY(!views.at(0).whyEmpty(layer).isEmpty());
        views.ensure(2);
        views.at(1).setFlowProvider(kZeroFlow);
        QVERIFY(SessionFixture::settle(*session));
        const ScalarMapPtr difference = views.at(0).map(kDifferenceLayer);
        QVERIFY(difference);
        QVERIFY(views.at(0).whyEmpty(layer).isEmpty());
        // Both maps are those of the views: by DIS and without motion.
        const ScalarMapPtr first = views.at(0).map(kWarpErrorLayer);
        const ScalarMapPtr second = views.at(1).map(kWarpErrorLayer);
        QVERIFY(first && second);
        for (const PointPx at : {PointPx{35, 34}, PointPx{20, 30}, PointPx{80, 10}}) {
            const float wanted = first->values.at(at.y, at.x) - second->values.at(at.y, at.x);
            const float value = difference->values.at(at.y, at.x);
            QVERIFY(value == wanted || (std::isnan(value) && std::isnan(wanted)));
        }
        QCOMPARE(legendTitle(views.at(0), layer, session->document().state().objects),
                 std::string("Warp error, A \xE2\x88\x92 B"));
        QCOMPARE(legendUnit(views.at(0), layer), std::string("levels of 255"));
        // What the other view does shows at once.
        views.at(1).setFlowProvider(kDisFlow);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(views.at(0).map(kDifferenceLayer)->values.at(34, 35), 0.0F);
        // Two maps of one view.
        views.at(0).setDifference({{0, kConsistencyLayer}, {0, kWarpErrorLayer}});
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(views.at(0).map(kDifferenceLayer));
        QCOMPARE(legendTitle(views.at(0), layer, session->document().state().objects),
                 std::string("Consistency \xE2\x88\x92 Warp error, A"));
        QVERIFY(legendUnit(views.at(0), layer).empty());
        QVERIFY_EXCEPTION_THROWN(views.at(0).setDifference({{0, kFlowLayer}, {}}), Error);
        QVERIFY_EXCEPTION_THROWN(views.at(0).setDifference({{}, {1, kDifferenceLayer}}), Error);
    }

    void streamlinesGrowFrameByFrame() {
        const auto session = fixture_->openSession();
        session->playhead().seek(2);
        QVERIFY(SessionFixture::settle(*session));
        Layer layer = session->view().layers().layer(kStreamlinesLayer);
        layer.visible = true;
        layer.streams().frames = 4;
        std::set<std::size_t> lengths;
        const auto heard = connect(session.get(), &Session::changed, this, [&] {
            const StreamlinesPtr lines = session->view().streamlines(kStreamlinesLayer);
            if (lines) lengths.insert(lines->places.size() - 1);
            // What is exported is as long as the layer wants it.
            const StreamlinesPtr whole =
                session->view().streamlines(kStreamlinesLayer, View::Stage::Final);
            if (whole) QCOMPARE(whole->places.size(), std::size_t(5));
        });
        session->view().layers().set(layer);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(disconnect(heard));
        QVERIFY((lengths == std::set<std::size_t>{1, 2, 3, 4}));
        // They are those of the flow of each of these frames.
        const StreamlinesPtr lines = session->view().streamlines(kStreamlinesLayer);
        Streamlines wanted = streamGrid(session->frames().info().size);
        for (FrameIndex frame = 2; frame < 6; ++frame) {
            session->playhead().seek(frame);
            QVERIFY(SessionFixture::settle(*session));
            wanted = extended(wanted, *session->view().flow());
        }
        QCOMPARE(lines->places.size(), wanted.places.size());
        const auto places = lines->places.back()->values();
        const auto expected = wanted.places.back()->values();
        for (std::size_t i = 0; i < places.size(); ++i) {
            QVERIFY(places[i] == expected[i] || (std::isnan(places[i]) && std::isnan(expected[i])));
        }
        // Towards the end of the clip of 12 frames they are shorter.
        session->playhead().seek(10);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->view().streamlines(kStreamlinesLayer)->places.size(), std::size_t(2));
        session->playhead().seek(11);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(!session->view().streamlines(kStreamlinesLayer));
    }

    // What the next link is made from is kept whatever the budget says.
    void aChainGrowsWithoutMemoryForMaps() {
        SessionOptions options = fixture_->options();
        options.mapBytes = 1;
        Session session(options);
        session.view().setFlowProvider(kDisFlow);
        session.view().layers().showOnly(kStreamlinesLayer);
        session.open(fixture_->video());
        QVERIFY(SessionFixture::settle(session));
        QCOMPARE(session.view().streamlines(kStreamlinesLayer)->places.size(), std::size_t(9));
    }

    void thresholdsOfOcclusionNeedNoNewFlow() {
        SessionOptions options = fixture_->options();
        auto script = std::make_shared<EngineScript>();
        options.loadEngine = [script](const EngineOptions&) {
            return std::make_unique<StandInEngine>(script);
        };
        Session session(options);
        session.view().setFlowProvider(kModelFlow);
        session.view().layers().showOnly(kOcclusionLayer);
        session.open(fixture_->video());
        QVERIFY(SessionFixture::settle(session));
        const ScalarMapPtr usual = session.view().map(kOcclusionLayer);
        QVERIFY(usual);
        // The flow is (2, 1), to a pixel that does not move: 5 > 0.01 * 5 + 0.5.
        QCOMPARE(usual->values.at(0, 0), 1.0F);
        const int flows = script->slowFlows;
        session.view().setOcclusionRule({0.0F, 100.0F});
        QVERIFY(SessionFixture::settle(session));
        const ScalarMapPtr lax = session.view().map(kOcclusionLayer);
        QVERIFY(lax && lax != usual);
        QCOMPARE(lax->values.at(0, 0), 0.0F);
        QCOMPARE(script->slowFlows.load(), flows);
        // Values out of range are clamped, and one's own thresholds stay with one's own view.
        session.views().arrange(Arrangement::SideBySide);
        session.views().at(1).setOcclusionRule({5.0F, -1.0F});
        QVERIFY(
            (session.views().at(1).occlusionRule() == OcclusionRule{kMostOcclusionAlpha, 0.0F}));
        QVERIFY((session.views().at(0).occlusionRule() == OcclusionRule{0.0F, 100.0F}));
    }

    void theArrangementIsKeptInTheProject() {
        const auto written = fixture_->openSession();
        ViewSet& views = written->views();
        views.arrange(Arrangement::Wipe);
        views.setWipe(0.25);
        views.activate(1);
        views.at(1).setFlowProvider(kZeroFlow);
        views.at(1).setLevel(5);
        views.at(1).setOffset(-2);
        views.at(1).setOcclusionRule({0.125F, 3.0F});
        const MapDifference difference{{1, kConsistencyLayer}, {3, kFeatureErrorLayer}};
        views.at(1).setDifference(difference);
        views.at(1).layers().showOnly(kOcclusionLayer);
        const ProjectSettings settings =
            settingsOf(views, written->masks(), written->timeline().marks, 4);

        const auto read = fixture_->makeSession();
        QCOMPARE(restoreSettings(settings, read->views(), read->masks(), read->timeline().marks),
                 FrameIndex{4});
        QCOMPARE(read->views().arrangement(), Arrangement::Wipe);
        QCOMPARE(read->views().wipe(), 0.25);
        QCOMPARE(read->views().activeIndex(), std::size_t{1});
        const View& second = read->views().at(1);
        QCOMPARE(second.flowProvider(), std::string(kZeroFlow));
        QCOMPARE(second.wantedLevel(), 5);
        QCOMPARE(second.offset(), FrameIndex{-2});
        QVERIFY((second.occlusionRule() == OcclusionRule{0.125F, 3.0F}));
        QVERIFY(read->views().at(0).occlusionRule() == OcclusionRule{});
        QVERIFY(second.difference() == difference);
        QVERIFY(read->views().at(0).difference() == MapDifference{});
        QVERIFY(second.layers().layers() == views.at(1).layers().layers());
        QVERIFY(read->views().at(0).layers().layers() == views.at(0).layers().layers());
    }

    void aViewKeepsItsModel() {
        SessionOptions options = fixture_->options();
        options.loadEngine = [](const EngineOptions&) { return std::make_unique<StandInEngine>(); };
        const QString model = fixture_->path("other.safetensors");
        QFile file(model);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.close();
        Session written(options);
        written.views().arrange(Arrangement::SideBySide);
        EngineOptions other = written.views().at(0).engine().options;
        other.model = model.toStdString();
        const std::string shared = viewsToJson(written.views());
        written.views().at(1).setEngine(written.engines().add(other));
        const std::string apart = viewsToJson(written.views());

        Session read(options);
        ViewSet& views = read.views();
        read.open(fixture_->video());
        QVERIFY(SessionFixture::settle(read));
        viewsFromJson(apart, views);
        QCOMPARE(views.at(1).engine().options.model, other.model);
        QVERIFY(views.at(0).engine().id != views.at(1).engine().id);
        QTRY_COMPARE(views.at(1).engine().state, EngineState::Ready);
        viewsFromJson(shared, views);
        QCOMPARE(views.at(1).engine().id, views.at(0).engine().id);
        // A model that is gone changes nothing.
        QVERIFY(QFile::remove(model));
        viewsFromJson(apart, views);
        QCOMPARE(views.at(1).engine().id, views.at(0).engine().id);
    }

    void theFirstViewKeepsItsModelToo() {
        SessionOptions options = fixture_->options();
        options.loadEngine = [](const EngineOptions&) { return std::make_unique<StandInEngine>(); };
        const QString model = fixture_->path("first.safetensors");
        QFile file(model);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.close();
        Session written(options);
        const std::string usual = viewsToJson(written.views());
        EngineOptions other = written.view().engine().options;
        other.model = model.toStdString();
        written.view().setEngine(written.engines().add(other));
        written.views().arrange(Arrangement::SideBySide);
        const std::string chosen = viewsToJson(written.views());

        Session read(options);
        ViewSet& views = read.views();
        const std::string first = views.at(0).engine().id;
        viewsFromJson(chosen, views);
        QCOMPARE(views.at(0).engine().options.model, other.model);
        // The second one is computed by the model of the first.
        QCOMPARE(views.at(1).engine().id, views.at(0).engine().id);
        // An older project says nothing about it.
        viewsFromJson("{\"views\": [{\"level\": 3}]}", views);
        QCOMPARE(views.at(0).engine().options.model, other.model);
        viewsFromJson(usual, views);
        QCOMPARE(views.at(0).engine().id, first);
    }

    void offsetsAreLimitedAndOfOneClip() {
        const auto session = fixture_->openSession();
        ViewSet& views = session->views();
        viewsFromJson("{\"views\": [{\"offset\": 900000000000}, {\"offset\": -900000000000}]}",
                      views);
        QCOMPARE(views.at(0).offset(), View::kMostOffset);
        QCOMPARE(views.at(1).offset(), -View::kMostOffset);
        views.at(0).setOffset(0);
        views.at(1).setOffset(2);
        session->close();
        QCOMPARE(views.at(1).offset(), FrameIndex{0});
    }

    void aProjectOfOneViewShowsOne() {
        const auto session = fixture_->openSession();
        const ProjectSettings settings =
            settingsOf(session->views(), session->masks(), session->timeline().marks, 0);
        session->views().arrange(Arrangement::Grid);
        (void)restoreSettings(settings, session->views(), session->masks(),
                              session->timeline().marks);
        QCOMPARE(session->views().arrangement(), Arrangement::Single);
        // Projects of earlier programs say nothing about views, and damaged ones nonsense.
        session->views().arrange(Arrangement::Wipe);
        (void)restoreSettings({{"frame", "3"}}, session->views(), session->masks(),
                              session->timeline().marks);
        QCOMPARE(session->views().arrangement(), Arrangement::Wipe);
        (void)restoreSettings({{"views", "{\"views\": [1, 2, 3, 4, 5, 6, 7], \"wipe\": \"x\"}"}},
                              session->views(), session->masks(), session->timeline().marks);
        QCOMPARE(session->views().size(), ViewSet::kMost);
    }

private:
    std::unique_ptr<SessionFixture> fixture_;
};

}  // namespace

QTEST_GUILESS_MAIN(TestViews)
#include "test_views.moc"
