#include <QSignalSpy>
#include <cmath>
#include <filesystem>

#include "media/io/flow_file.h"
#include "segmentation/rle.h"
#include "tests/support/stand_in_engine.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/canvas/canvas_content.h"
#include "viewer/session/command_line.h"
#include "viewer/session/inspection.h"
#include "viewer/session/pins.h"
#include "viewer/session/view_settings.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// The pins of a view and their trajectories.
class TestPins : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    }

    /// A fixture of its own: projects keep pins.
    void init() {
        fixture_ = std::make_unique<SessionFixture>(30);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void pinsAreStoredAndReadBack() {
        Pins pins;
        QVERIFY(pinsFromJson(pinsToJson(pins)).empty());
        for (const float x : {10.0F, 20.5F, 30.0F}) (void)pins.add({4, {x, 7.25F}});
        pins.select(0);
        pins.removeSelected();
        pins.select(1);
        const Pins read = pinsFromJson(pinsToJson(pins));
        QCOMPARE(read.all().size(), std::size_t(2));
        QCOMPARE(read.selectedPlace(), std::size_t(1));
        for (std::size_t i = 0; i < 2; ++i) {
            QVERIFY(read.all()[i].query == pins.all()[i].query);
            QCOMPARE(read.all()[i].color, pins.all()[i].color);
        }
    }

    void damagedPinsAreLeftOut() {
        QVERIFY(pinsFromJson("not JSON").empty());
        const Pins pins = pinsFromJson(R"([{"frame":1,"x":5,"y":6,"color":99},{"x":5,"y":6},)"
                                       R"({"frame":-2,"x":5,"y":6},{"frame":2,"x":-5,"y":6},)"
                                       R"({"frame":3,"x":8,"y":9,"color":0}])");
        QCOMPARE(pins.all().size(), std::size_t(2));
        QCOMPARE(pins.all()[0].color, std::size_t(0));
        QVERIFY(pins.all()[0].color != pins.all()[1].color);
        QVERIFY(pins.all()[1].query == (SimilarityQuery{3, {8.0F, 9.0F}}));
        QCOMPARE(pins.selectedPlace(), std::size_t(0));
    }

    void anObjectsPinIsStoredWithItsPixels() {
        Raster<std::uint8_t> labels({96, 64}, 1);
        for (int x = 10; x < 21; ++x) labels.at(7, x) = 3;
        Pins pins;
        (void)pins.add({1, {5.0F, 5.0F}});
        (void)pins.add(regionQuery(4, objectRegion(labels, 3)));
        const Pins read = pinsFromJson(pinsToJson(pins));
        QCOMPARE(read.all().size(), std::size_t(2));
        QVERIFY(read.all()[1].query == pins.all()[1].query);
        QCOMPARE(read.all()[1].query.region->object(), 3);
        QVERIFY(read.all()[1].query.where == (PointF{15.0F, 7.0F}));
        QString damaged = QString::fromStdString(pinsToJson(pins));
        damaged.replace("\"width\":96", "\"width\":95");
        QCOMPARE(pinsFromJson(damaged.toStdString()).all().size(), std::size_t(1));
    }

    void theQueryOfAnObjectIsItsMaskAsItWas() {
        const auto session = sessionWithStandIn();
        session->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session));
        drag(*session, StrokeMode::Paint, {30.0F, 32.0F}, {34.0F, 32.0F});
        const ObjectId object = session->masks().activeObject();
        View& view = session->view();
        view.setQuery(objectRegion(session->mask()->labels, object));
        QVERIFY(SessionFixture::settle(*session));
        const auto area = static_cast<float>(areaOf(*session->mask(), object));
        QVERIFY(std::abs(view.map(kSimilarityLayer)->values.at(0, 0) -
                         (3.0F + (100.0F + area) / 1000.0F)) < 1e-4F);
        // Another mask is another query only when it is asked for.
        const QueryRegionPtr asked = view.query()->region;
        drag(*session, StrokeMode::Paint, {60.0F, 32.0F}, {64.0F, 32.0F});
        QVERIFY(view.query()->region == asked);
        view.setQuery(objectRegion(session->mask()->labels, object));
        QVERIFY(!(*view.query()->region == *asked));
        QVERIFY(SessionFixture::settle(*session));
        const std::string name =
            nameOfObject(session->document().state().objects, static_cast<int>(object));
        QCOMPARE(shownRegion(view, session->document().state().objects), name + ", frame 0");
        // The command line has the pixels, and reads them back.
        const QString line = commandLineOf(*session);
        const qsizetype at = line.indexOf("--pixels ");
        QVERIFY2(at > 0, qPrintable(line));
        QString runs = line.mid(at + 9).section(' ', 0, 0);
        runs.remove(QLatin1Char('\''));
        const Raster<std::uint8_t> pixels =
            decodeCocoRle({{96, 64}, cocoCountsFromString(runs.toStdString())});
        QVERIFY(QueryRegion(pixels, object) == *view.query()->region);
        // A click is a point again.
        view.setQuery(PointF{8.0F, 8.0F});
        QVERIFY(!view.query()->region);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(shownRegion(view, session->document().state().objects).empty());
    }

    // In spare time, each frame once, and not again after the project was closed.
    void theRibbonIsFilledForAllFramesAndKept() {
        const auto all = static_cast<std::size_t>(fixture_->frames());
        {
            const auto session = sessionWithStandIn();
            session->open(fixture_->video());
            QVERIFY(SessionFixture::settle(*session));
            drag(*session, StrokeMode::Paint, {10.0F, 10.0F}, {12.0F, 10.0F});
            View& view = session->view();
            view.addPin({20.0F, 30.0F});
            QVERIFY(SessionFixture::settle(*session));
            QCOMPARE(view.matchScores().size(), std::size_t(1));
            session->timeline().ribbon.setFilling(RibbonFilling::On);
            QVERIFY(!session->timeline().ribbon.working().isEmpty());
            QVERIFY(SessionFixture::settle(*session));
            QCOMPARE(view.matchScores().size(), all);
            for (const auto& [frame, score] : view.matchScores()) QCOMPARE(score, 0.03F);
            QCOMPARE(script_->similarityCalls.load(), fixture_->frames());
            QVERIFY(session->timeline().ribbon.working().isEmpty());
            // Another level, another query: other numbers.
            view.setLevel(2);
            QVERIFY(view.matchScores().empty());
            view.setLevel(3);
            view.setQuery(PointF{20.0F, 31.0F});
            QVERIFY(view.matchScores().size() < all);
            QVERIFY(SessionFixture::settle(*session));
            QCOMPARE(view.matchScores().size(), all);
            for (const auto& [frame, score] : view.matchScores()) QCOMPARE(score, 0.031F);
            session->close();
        }
        const auto session = sessionWithStandIn();
        session->open(fixture_->video());
        QTRY_COMPARE(session->view().matchScores().size(), all);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(session->timeline().ribbon.filling() == RibbonFilling::On);
        // Only the map on screen, if it is shown.
        QVERIFY(script_->similarityCalls <= 1);
    }

    void theRibbonGivesWayToTheCanvas() {
        const auto session = sessionWithStandIn();
        session->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session));
        View& view = session->view();
        view.addPin({20.0F, 30.0F});
        QVERIFY(SessionFixture::settle(*session));
        script_->similarityMs = 20;
        session->timeline().ribbon.setFilling(RibbonFilling::On);
        QTRY_VERIFY(view.matchScores().size() > 3);
        // A frame far from those that are filled has its map long before the row is full.
        session->playhead().seek(fixture_->frames() - 2);
        QTRY_VERIFY(view.frame()->index == fixture_->frames() - 2 && view.map(kSimilarityLayer));
        QVERIFY(view.matchScores().size() < static_cast<std::size_t>(fixture_->frames()));
        session->timeline().ribbon.setFilling(RibbonFilling::Off);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(view.matchScores().size() < static_cast<std::size_t>(fixture_->frames()));
    }

    void pinsComeBackWithTheProject() {
        {
            const auto session = sessionWithStandIn();
            session->open(fixture_->video());
            QVERIFY(SessionFixture::settle(*session));
            session->view().addPin({20.0F, 20.0F});
            session->playhead().seek(2);
            QVERIFY(SessionFixture::settle(*session));
            session->view().addPin({40.0F, 30.0F});
            session->view().selectPin(0);
            drag(*session, StrokeMode::Paint, {10.0F, 10.0F}, {12.0F, 10.0F});
            QVERIFY(SessionFixture::settle(*session));
            session->close();
            QVERIFY(session->view().pins().empty());
        }
        const auto session = sessionWithStandIn();
        session->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session));
        QTRY_COMPARE(session->view().pins().all().size(), std::size_t(2));
        QVERIFY(session->view().query() == (SimilarityQuery{0, {20.0F, 20.0F}}));
        QVERIFY(session->view().pins().all()[1].query == (SimilarityQuery{2, {40.0F, 30.0F}}));
        // A restored pin needs its frame, wherever the video is shown.
        session->playhead().seek(20);
        session->view().selectPin(1);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(session->view().map(kSimilarityLayer));
        QVERIFY(session->view().queryFrame());
    }

    void theSimilarityIsThatOfTheSelectedPin() {
        const auto session = sessionWithStandIn();
        session->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session));
        View& view = session->view();
        view.addPin({10.0F, 20.0F});
        view.addPin({50.0F, 20.0F});
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(view.map(kSimilarityLayer)->values.at(0, 0), 3.05F);
        view.selectPin(0);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(view.map(kSimilarityLayer)->values.at(0, 0), 3.01F);
        const int calls = script_->similarityCalls;
        // Both are kept: a look at the other pin computes nothing.
        view.selectPin(1);
        QCOMPARE(view.map(kSimilarityLayer)->values.at(0, 0), 3.05F);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(script_->similarityCalls.load(), calls);
        QCOMPARE(view.matchScores().size(), std::size_t(1));
    }

    void theTrajectoryFollowsTheDiscWithinItsWindow() {
        const auto session = fixture_->openSession();  // flow by DIS, no model
        View& view = session->view();
        session->playhead().seek(2);
        QVERIFY(SessionFixture::settle(*session));
        view.setQuery({32.0F, 33.0F});  // the disc's centre; it moves by (1, 0.5)
        QVERIFY(SessionFixture::settle(*session));
        const Trajectory& path = view.pins().selected()->trajectory;
        QCOMPARE(path.last(TimeDirection::Backward), FrameIndex(0));
        QCOMPARE(path.last(TimeDirection::Forward), 2 + View::kTrackWindow);
        for (const auto& [frame, place] : path.points()) {
            const auto steps = static_cast<float>(frame - 2);
            QVERIFY2(distancePx(place, {32.0F + steps, 33.0F + 0.5F * steps}) < 2.0F,
                     qPrintable(QString::number(frame)));
        }
        session->playhead().seek(10);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(view.trackedPoint() == path.at(10));
        QCOMPARE(view.pins().selected()->trajectory.last(TimeDirection::Forward),
                 10 + View::kTrackWindow);
        // A distant frame does not pull the trajectory through the whole clip.
        view.clearPins();
        session->playhead().seek(29);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(view.spareDemand().empty());
        // Another flow, another trajectory.
        session->playhead().seek(2);
        QVERIFY(SessionFixture::settle(*session));
        view.setQuery({32.0F, 33.0F});
        view.setFlowProvider(kZeroFlow);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(view.pins().selected()->trajectory.at(5) == (PointF{32.0F, 33.0F}));
    }

    void theDistanceToTheBestMatchIsShown() {
        const auto session = sessionWithStandIn();
        session->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session));
        View& view = session->view();
        view.setFlowProvider(kDisFlow);
        view.setQuery({30.0F, 32.0F});
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(view.matchDistancePx() == 0.0F);
        session->playhead().seek(8);
        QVERIFY(SessionFixture::settle(*session));
        // The stand-in finds everything where it was; the disc has moved by 8.9 px.
        const std::optional<float> away = view.matchDistancePx();
        QVERIFY(away && std::abs(*away - 8.94F) < 2.0F);
        ViewTransform transform;
        transform.setViewport({960, 640}, 1.0);
        transform.setImageSize({96, 64});
        const OverlayData overlay = overlayOf(*session, {}, transform, {});
        QVERIFY(overlay.match && !overlay.query);
        QVERIFY(QString::fromStdString(overlay.match->text).contains("px from the trajectory"));
        QVERIFY(overlay.match->color == kPinColors[0]);
        QCOMPARE(overlay.pins.size(), std::size_t(1));
        QVERIFY(overlay.pins[0].at && overlay.pins[0].selected);
        QCOMPARE(overlay.pins[0].path.size(), view.pins().selected()->trajectory.points().size());
        // The scale of similarity is fixed; another one is marked.
        QCOMPARE(overlay.colorBar->title, std::string("Similarity"));
        Layer layer = view.layers().layer(kSimilarityLayer);
        layer.scalar().low = 0.0F;
        view.layers().set(layer);
        QCOMPARE(overlayOf(*session, {}, transform, {}).colorBar->title,
                 std::string("Similarity (stretched)"));
    }

    void trajectoriesWaitForTheScreen() {
        const auto session = sessionWithStandIn();
        session->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session));
        session->view().setFlowProvider(kModelFlow);
        QVERIFY(SessionFixture::settle(*session));
        script_->flowMs = 60'000;
        const int before = script_->slowFlows;
        session->view().setQuery({30.0F, 20.0F});
        // Flow backwards from frame 1 is wanted by nothing but the trajectory.
        QTRY_VERIFY_WITH_TIMEOUT(script_->slowFlows > before, 5'000);
        QVERIFY(session->view().map(kSimilarityLayer));
        session->view().setQuery({40.0F, 20.0F});
        const auto shown = [&] {
            const ScalarMapPtr map = session->view().map(kSimilarityLayer);
            return map && std::abs(map->values.at(0, 0) - 3.04F) < 1e-4F;
        };
        QTRY_VERIFY_WITH_TIMEOUT(shown(), 5'000);
    }

    void pinsAreCommonToAllViews() {
        const auto session = sessionWithStandIn();
        session->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session));
        ViewSet& views = session->views();
        views.at(0).setFlowProvider(kZeroFlow);
        views.at(0).addPin({20.0F, 20.0F});
        views.arrange(Arrangement::SideBySide);
        // A new view has the pins of the one it copies.
        QCOMPARE(views.at(1).pins().all().size(), std::size_t(1));
        views.at(1).setFlowProvider(kDisFlow);
        views.at(1).setLevel(4);
        views.at(1).layers().setVisible(kSimilarityLayer, true);
        views.at(0).addPin({30.0F, 32.0F});
        QVERIFY(views.at(1).pins().samePlaces(views.at(0).pins()));
        views.activate(1);
        QVERIFY(SessionFixture::settle(*session));
        // The similarity of each view is of the selected pin, and by its own level.
        for (const std::size_t index : {std::size_t(0), std::size_t(1)}) {
            const ScalarMapPtr map = views.at(index).map(kSimilarityLayer);
            QVERIFY(map);
            QCOMPARE(map->values.at(0, 0), index == 0 ? 3.03F : 4.03F);
            QCOMPARE(views.at(index).matchScores().size(), std::size_t(1));
        }
        // Each view follows them by its own flow, in spare time that of the active one.
        const auto end = [&views](std::size_t index) {
            return views.at(index).pins().selected()->trajectory.last(TimeDirection::Forward);
        };
        QCOMPARE(end(1), View::kTrackWindow);
        views.activate(0);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(end(0), View::kTrackWindow);
        QVERIFY(views.at(0).pins().selected()->trajectory.at(5) == (PointF{30.0F, 32.0F}));
        const auto moved = views.at(1).pins().selected()->trajectory.at(5);
        QVERIFY(moved && distancePx(*moved, {35.0F, 34.5F}) < 2.0F);
        // What is known of a pin survives a look at another one and is kept in the cache.
        const int calls = script_->similarityCalls;
        views.at(0).selectPin(0);
        QVERIFY(views.at(1).query() == (SimilarityQuery{0, {20.0F, 20.0F}}));
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(script_->similarityCalls.load(), calls + 2);
        views.at(1).selectPin(1);
        QCOMPARE(views.at(0).pins().selectedPlace(), std::size_t(1));
        QCOMPARE(views.at(0).map(kSimilarityLayer)->values.at(0, 0), 3.03F);
        QCOMPARE(end(1), View::kTrackWindow);
        views.at(1).clearQuery();
        QCOMPARE(views.at(0).pins().all().size(), std::size_t(1));
        views.at(0).clearPins();
        QVERIFY(views.at(1).pins().empty());
    }

    void flowFromFilesHasNoTrajectory() {
        const auto session = fixture_->openSession();
        View& view = session->view();
        QVERIFY(SessionFixture::settle(*session));
        const std::filesystem::path folder = fixture_->path("flow").toStdString();
        std::filesystem::create_directories(folder);
        writeFlow(folder / "000000.flo", FlowField({96, 64}), FlowFormat::Flo);
        QVERIFY(loadFlow(*session, FlowRole::Method, QString::fromStdString(folder.string())));
        QSignalSpy notices(session.get(), &Session::noticed);
        view.addPin({30.0F, 32.0F});
        // There is no flow to earlier frames, by which hidden points are found.
        QVERIFY(view.spareDemand().empty());
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(view.pins().selected()->trajectory.points().size(), std::size_t(1));
        QCOMPARE(notices.size(), 0);
    }

private:
    [[nodiscard]] std::unique_ptr<Session> sessionWithStandIn() {
        script_ = std::make_shared<EngineScript>();
        SessionOptions options;
        options.projectFolder = fixture_->path("projects");
        options.loadEngine = [script = script_](const EngineOptions&) {
            return std::make_unique<StandInEngine>(script);
        };
        return std::make_unique<Session>(options);
    }

    std::unique_ptr<SessionFixture> fixture_;
    std::shared_ptr<EngineScript> script_;
};

}  // namespace

QTEST_MAIN(TestPins)
#include "test_pins.moc"
