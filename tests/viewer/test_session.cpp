#include <QSignalSpy>
#include <algorithm>
#include <set>

#include "media/io/flow_file.h"
#include "media/io/manifest.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/session/export_run.h"
#include "viewer/session/inspection.h"

namespace {

using namespace mcj;
using namespace mcj::test;

class TestSession : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        fixture_ = std::make_unique<SessionFixture>();
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void opensAndCounts() {
        const auto session = fixture_->openSession();
        QVERIFY(session->isOpen());
        QVERIFY(session->frames().scanned());
        QCOMPARE(session->frames().frameCount(), FrameIndex(fixture_->frames()));
        QVERIFY(session->playhead().shown());
        QCOMPARE(session->playhead().shown()->index, FrameIndex(0));
        QVERIFY(session->playhead().shown()->rgb == smallScene().picture(0));
    }

    void showsEveryFrameBitForBit() {
        const auto session = fixture_->openSession();
        for (const FrameIndex frame : {7, 3, 23, 0, 12}) {
            session->playhead().seek(frame);
            QVERIFY(SessionFixture::settle(*session));
            QCOMPARE(session->playhead().shown()->index, frame);
            QVERIFY(session->playhead().shown()->rgb ==
                    smallScene().picture(static_cast<int>(frame)));
        }
    }

    void engineFailureLeavesDisAndSaysSo() {
        const auto session = fixture_->makeSession();
        QSignalSpy notices(session.get(), &Session::noticed);
        session->view().setFlowProvider(kModelFlow);
        session->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->view().engine().state, EngineState::Failed);
        QCOMPARE(session->view().flowInUse(), std::string(kDisFlow));
        QCOMPARE(notices.size(), 1);
        QVERIFY(notices.front().front().value<Notice>().text.contains("DIS"));
        QVERIFY(session->view().flow());
    }

    void flowIsThatOfTheShownFrame() {
        const auto session = fixture_->openSession();
        session->playhead().seek(5);
        QVERIFY(SessionFixture::settle(*session));
        const FlowPtr flow = session->view().flow();
        QVERIFY(flow);
        // The middle of the disc at frame 5; DIS is no oracle, half a pixel is what it reaches.
        const PointF motion = flow->at(34, 35);
        QVERIFY2(std::abs(motion.x - 1.0F) < 0.5F, qPrintable(QString::number(motion.x)));
        QVERIFY2(std::abs(motion.y - 0.5F) < 0.5F, qPrintable(QString::number(motion.y)));
        const Inspection at = inspect(session->view(), session->mask(), {35, 34});
        QVERIFY(at.flow);
        QCOMPARE(at.flow->x, motion.x);
    }

    void mapsComeWhenTheirLayerIsShown() {
        const auto session = fixture_->openSession();
        QVERIFY(!session->view().map(kConsistencyLayer));
        for (const char* kind : {kWarpErrorLayer, kConsistencyLayer, kOcclusionLayer}) {
            session->view().layers().setVisible(kind, true);
        }
        QVERIFY(SessionFixture::settle(*session));
        for (const char* kind : {kWarpErrorLayer, kConsistencyLayer, kOcclusionLayer}) {
            QVERIFY(session->view().map(kind));
            QCOMPARE(session->view().map(kind)->size(), session->frames().info().size);
        }
    }

    void lastFrameHasNoFlow() {
        const auto session = fixture_->openSession();
        session->playhead().seek(fixture_->frames() - 1);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(!session->view().flow());
    }

    void scrubbingStartsFewJobs() {
        const auto session = fixture_->openSession();
        const int ioBefore = session->pump().lanes().reading.startedJobs();
        const int inferenceBefore = session->pump().lanes().inference.startedJobs();
        for (int i = 0; i < 200; ++i) session->playhead().seek(i * 7 % fixture_->frames());
        const FrameIndex last = session->playhead().current();
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->playhead().shown()->index, last);
        // The last position alone is served: its frame, the next one, their flow.
        QVERIFY2(
            session->pump().lanes().reading.startedJobs() - ioBefore <= 4,
            qPrintable(QString::number(session->pump().lanes().reading.startedJobs() - ioBefore)));
        QVERIFY(session->pump().lanes().inference.startedJobs() - inferenceBefore <= 3);
    }

    void scrubbingWithEventsNeverQueues() {
        const auto session = fixture_->openSession();
        const int before = session->pump().lanes().inference.startedJobs();
        for (int i = 0; i < 200; ++i) {
            session->playhead().seek(i % fixture_->frames());
            QCoreApplication::processEvents();
        }
        const FrameIndex last = session->playhead().current();
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->playhead().shown()->index, last);
        // A position that is left before its turn costs nothing; 24 frames have 23 flows at most.
        QVERIFY(session->pump().lanes().inference.startedJobs() - before <= 2 * fixture_->frames());
    }

    void missingFileIsNamedAndTheSessionGoesOn() {
        const auto session = fixture_->makeSession();
        QSignalSpy notices(session.get(), &Session::noticed);
        session->open(fixture_->path("nothing-here.mp4"));
        QTRY_COMPARE_WITH_TIMEOUT(notices.size(), 1, 10'000);
        const auto notice = notices.front().front().value<Notice>();
        QVERIFY2(notice.text.contains("nothing-here.mp4"), qPrintable(notice.text));
        QVERIFY(!session->isOpen());
        session->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(session->isOpen());
    }

    void playsForwardAndStopsAtTheEnd() {
        const auto session = fixture_->openSession();
        session->playhead().setLoop(LoopMode::Once);
        session->playhead().seek(18);
        QVERIFY(SessionFixture::settle(*session));
        std::vector<FrameIndex> seen;
        connect(&session->playhead(), &Playhead::moved, session.get(),
                [&seen](FrameIndex frame) { seen.push_back(frame); });
        session->playhead().play();
        QVERIFY(session->playhead().playing());
        QTRY_VERIFY_WITH_TIMEOUT(!session->playhead().playing(), 10'000);
        QCOMPARE(session->playhead().current(), FrameIndex(fixture_->frames() - 1));
        QVERIFY(std::is_sorted(seen.begin(), seen.end()));
    }

    void flowScaleOnlyRises() {
        LayerStack layers;
        QVERIFY(!layers.raiseFlowScale(3.0F));
        QCOMPARE(layers.layer(kFlowLayer).flow().scalePx, 5.0F);
        QVERIFY(!layers.raiseFlowScale(0.4F));
        QCOMPARE(layers.layer(kFlowLayer).flow().scalePx, 5.0F);
        QVERIFY(layers.raiseFlowScale(11.0F));
        QCOMPARE(layers.layer(kFlowLayer).flow().scalePx, 20.0F);
        Layer flow = layers.layer(kFlowLayer);
        flow.flow().pinned = true;
        flow.flow().scalePx = 2.0F;
        layers.set(flow);
        QVERIFY(!layers.raiseFlowScale(300.0F));
        QCOMPARE(layers.layer(kFlowLayer).flow().scalePx, 2.0F);
    }

    void layersMoveAndKeepAll() {
        LayerStack layers;
        layers.move(kFlowLayer, 100);
        QCOMPARE(layers.layers().back().id, std::string(kFlowLayer));
        layers.setOrder({kMaskLayer, kImageLayer});
        QCOMPARE(layers.layers().size(), layerTraits().size());
        QCOMPARE(layers.layers()[0].id, std::string(kMaskLayer));
        QCOMPARE(layers.layers()[1].id, std::string(kImageLayer));
    }

    void clockDropsFramesAndNeverSlows() {
        double now = 0.0;
        PlaybackClock clock([](FrameIndex frame) { return static_cast<double>(frame) * 0.04; },
                            [&now] { return now; });
        clock.start(10);
        QCOMPARE(clock.due({0, 100}), FrameIndex(10));
        now = 0.05;
        QCOMPARE(clock.due({0, 100}), FrameIndex(11));
        now = 1.001;  // a long pause in painting: 25 frames later, not the next one
        QCOMPARE(clock.due({0, 100}), FrameIndex(35));
        now = 10.0;
        QCOMPARE(clock.due({0, 100}), FrameIndex(99));
        QVERIFY(!clock.running());
        clock.setLoop(LoopMode::Loop);
        clock.start(99);
        now += 1.0;
        QCOMPARE(clock.due({0, 100}), FrameIndex(0));
        QVERIFY(clock.running());
    }

    void clockPlaysSlowlyAndBackwards() {
        double now = 0.0;
        PlaybackClock clock([](FrameIndex frame) { return static_cast<double>(frame) * 0.04; },
                            [&now] { return now; });
        const FrameSpan all{0, 100};
        clock.start(10, 0.25);
        now = 0.15;
        QCOMPARE(clock.due(all), FrameIndex(10));
        QCOMPARE(clock.untilNextMs(10, all), 10);
        now = 0.165;
        QCOMPARE(clock.due(all), FrameIndex(11));
        clock.start(10, -1.0);
        QCOMPARE(clock.due(all), FrameIndex(10));
        QCOMPARE(clock.untilNextMs(10, all), 40);
        now += 0.03;
        QCOMPARE(clock.due(all), FrameIndex(10));
        now += 0.055;
        QCOMPARE(clock.due(all), FrameIndex(8));
        now += 10.0;
        QCOMPARE(clock.due(all), FrameIndex(0));
        QVERIFY(!clock.running());
        clock.setLoop(LoopMode::Loop);
        clock.start(1, -4.0);
        now += 0.1;
        QCOMPARE(clock.due(all), FrameIndex(99));
        QVERIFY(clock.running());
    }

    void clockStaysWithinASpan() {
        for (const double rate : {0.5, 1.0, 4.0, -1.0, -8.0}) {
            double now = 0.0;
            PlaybackClock clock([](FrameIndex frame) { return static_cast<double>(frame) * 0.04; },
                                [&now] { return now; });
            clock.setLoop(LoopMode::Loop);
            const FrameSpan span{20, 30};
            std::set<FrameIndex> seen;
            clock.start(50, rate);  // the user has just moved the in and out points
            for (int i = 0; i < 2000; ++i) {
                seen.insert(clock.due(span));
                now += 0.004;
            }
            QVERIFY(clock.running());
            QCOMPARE(seen.size(), std::size_t{10});
            QCOMPARE(*seen.begin(), FrameIndex(20));
            QCOMPARE(*seen.rbegin(), FrameIndex(29));
        }
    }

    void shuttleDoublesAndTurnsRound() {
        const auto session = fixture_->openSession();
        Playhead& playhead = session->playhead();
        playhead.seek(12);
        playhead.setSpeed(0.5);
        QCOMPARE(playhead.rate(), 0.5);
        playhead.shuttle(PlayDirection::Backward);
        QVERIFY(playhead.playing());
        QCOMPARE(playhead.rate(), -0.5);
        playhead.shuttle(PlayDirection::Backward);
        QCOMPARE(playhead.rate(), -1.0);
        playhead.shuttle(PlayDirection::Forward);
        QCOMPARE(playhead.rate(), 0.5);
        for (int i = 0; i < 10; ++i) playhead.shuttle(PlayDirection::Forward);
        QCOMPARE(playhead.rate(), 8.0);
        playhead.pause();
        QCOMPARE(playhead.rate(), 0.5);
    }

    void playsBackwardsToTheFirstFrame() {
        const auto session = fixture_->openSession();
        Playhead& playhead = session->playhead();
        playhead.setLoop(LoopMode::Once);
        playhead.seek(12);
        QVERIFY(SessionFixture::settle(*session));
        FrameIndex before = 12;
        bool falls = true;
        connect(&playhead, &Playhead::moved, session.get(), [&](FrameIndex frame) {
            falls = falls && frame < before;
            before = frame;
        });
        playhead.shuttle(PlayDirection::Backward);
        QTRY_VERIFY_WITH_TIMEOUT(!playhead.playing(), 10'000);
        QVERIFY(falls);
        QCOMPARE(playhead.current(), FrameIndex(0));
        QTRY_COMPARE_WITH_TIMEOUT(playhead.shown()->index, FrameIndex(0), 10'000);
    }

    void playbackInALoopStaysBetweenInAndOut() {
        const auto session = fixture_->openSession();
        Playhead& playhead = session->playhead();
        playhead.setLoop(LoopMode::Loop);
        playhead.setLoopSpan(5, 9);
        playhead.setSpeed(2.0);
        playhead.seek(15);
        std::set<FrameIndex> seen;
        int wraps = 0;
        connect(&playhead, &Playhead::moved, session.get(), [&](FrameIndex frame) {
            wraps += !seen.empty() && frame == 5 ? 1 : 0;
            seen.insert(frame);
        });
        playhead.play();
        QTRY_VERIFY_WITH_TIMEOUT(wraps >= 2, 10'000);
        playhead.pause();
        QCOMPARE(*seen.begin(), FrameIndex(5));
        QCOMPARE(*seen.rbegin(), FrameIndex(8));
    }

    void exportedMapsReadBack() {
        const auto session = fixture_->openSession();
        MapExportSettings settings;
        settings.analysis.folder = fixture_->path("maps").toStdString();
        settings.analysis.maps = {AnalysisMap::Flow, AnalysisMap::WarpError};
        settings.analysis.formats = {MapFormat::Png, MapFormat::Flo};
        settings.analysis.range = {2, 6, 1};
        settings.analysis.scale = {FlowScale::Kind::Fixed, 2.0F};
        settings.analysis.method = kDisFlow;
        QVERIFY(session->runs().start(std::make_unique<ExportRun>(
            session->engines(), session->view().engine().id, settings, session->frames().info())));
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() == nullptr, 30'000);
        const std::filesystem::path folder = settings.analysis.folder;
        const Manifest manifest = readManifest(folder / "manifest.json");
        QVERIFY(manifest.complete);
        QVERIFY(!manifest.files.empty());
        for (const std::string& file : manifest.files) {
            QVERIFY2(std::filesystem::exists(folder / file), file.c_str());
        }
        session->playhead().seek(3);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(readFlow(folder / "flow/000003.flo").vectors == session->view().flow()->vectors);
    }

    void stoppedExportGoesOn() {
        const auto session = fixture_->openSession();
        MapExportSettings settings;
        settings.analysis.folder = fixture_->path("stopped").toStdString();
        settings.analysis.formats = {MapFormat::Flo};
        settings.analysis.range = {0, fixture_->frames(), 1};
        settings.analysis.scale = {FlowScale::Kind::Fixed, 2.0F};
        settings.analysis.method = kDisFlow;
        const auto start = [&] {
            return session->runs().start(
                std::make_unique<ExportRun>(session->engines(), session->view().engine().id,
                                            settings, session->frames().info()));
        };
        QVERIFY(start());
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() && session->runs().run()->doneSteps() >= 2,
                                 30'000);
        session->runs().stop();
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() == nullptr, 30'000);
        const std::filesystem::path folder = settings.analysis.folder;
        QVERIFY(!readManifest(folder / "manifest.json").complete);
        // Meanwhile faster motion was looked at: the export keeps the scale of its first pictures.
        settings.analysis.scale = {FlowScale::Kind::Fixed, 5.0F};
        QVERIFY(start());
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() == nullptr, 30'000);
        const Manifest manifest = readManifest(folder / "manifest.json");
        QVERIFY(manifest.complete);
        QCOMPARE(manifest.options.at("flow-scale"), std::string("2"));
    }

    void aScaleOfTheUsersOwnIsNotGivenUpForAStoppedExport() {
        const auto session = fixture_->openSession();
        MapExportSettings settings = flowOf(*session, "pinned");
        settings.analysis.range = {0, fixture_->frames(), 1};
        QVERIFY(session->runs().start(std::make_unique<ExportRun>(
            session->engines(), session->view().engine().id, settings, session->frames().info())));
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() && session->runs().run()->doneSteps() >= 1,
                                 30'000);
        session->runs().stop();
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() == nullptr, 30'000);
        settings.scalePinned = true;
        settings.analysis.scale = {FlowScale::Kind::Fixed, 5.0F};
        const auto notices = exported(*session, settings);
        QCOMPARE(notices.size(), 1);
        QVERIFY2(notices.front().text.contains("flow-scale"), qPrintable(notices.front().text));
    }

    void anotherExportIsRefusedInTheWindowsWordsAndReplacedWhenTold() {
        const auto session = fixture_->openSession();
        MapExportSettings settings = flowOf(*session, "replaced");
        settings.analysis.maps = {AnalysisMap::Flow, AnalysisMap::WarpError};
        QVERIFY(exported(*session, settings).front().text.contains("done"));
        const std::filesystem::path folder = settings.analysis.folder;
        QVERIFY(std::filesystem::exists(folder / "warp_error/000000.png"));
        const Manifest manifest = readManifest(folder / "manifest.json");
        QCOMPARE(manifest.options.at("max-side"), std::string("0"));
        QVERIFY(!manifest.options.contains("damaged"));

        settings.analysis.maps = {AnalysisMap::Flow};
        const auto refused = exported(*session, settings);
        QCOMPARE(refused.size(), 1);
        QCOMPARE(refused.front().level, Notice::Level::Failure);
        QVERIFY2(refused.front().hint.contains("Replace existing files"),
                 qPrintable(refused.front().hint));
        QVERIFY2(!refused.front().hint.contains("-o"), qPrintable(refused.front().hint));
        QVERIFY(std::filesystem::exists(folder / "warp_error/000000.png"));

        settings.analysis.existing = ExistingFiles::Replace;
        QVERIFY(exported(*session, settings).front().text.contains("done"));
        QVERIFY(!std::filesystem::exists(folder / "warp_error"));
        QVERIFY(std::filesystem::exists(folder / "flow/000000.flo"));
        QVERIFY(readManifest(folder / "manifest.json").complete);
    }

    void damageStandsInTheManifest() {
        const auto session = fixture_->openSession();
        const MapExportSettings settings = flowOf(*session, "damaged");
        VideoInfo video = session->frames().info();
        video.damaged = "frame 5 of the file is cut short";
        QVERIFY(session->runs().start(std::make_unique<ExportRun>(
            session->engines(), session->view().engine().id, settings, video)));
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() == nullptr, 30'000);
        const Manifest manifest = readManifest(settings.analysis.folder / "manifest.json");
        QCOMPARE(manifest.options.at("damaged"), *video.damaged);
    }

    void anExportWithoutAModelSaysThatItIsByDis() {
        const auto session = fixture_->openSession();
        MapExportSettings settings = flowOf(*session, "by dis");
        settings.analysis.method = kModelFlow;
        const auto notices = exported(*session, settings);
        QCOMPARE(notices.size(), 2);
        QVERIFY2(notices.front().text.contains("DIS"), qPrintable(notices.front().text));
        QCOMPARE(readManifest(settings.analysis.folder / "manifest.json").options.at("method"),
                 std::string("dis"));
    }

private:
    /// Flow of the first frames into a folder of the fixture.
    [[nodiscard]] MapExportSettings flowOf(const Session& session, const QString& name) const {
        MapExportSettings settings;
        settings.analysis.folder = fixture_->path(name).toStdString();
        settings.analysis.formats = {MapFormat::Png, MapFormat::Flo};
        settings.analysis.range = {0, 3, 1};
        settings.analysis.scale = {FlowScale::Kind::Fixed, 2.0F};
        settings.analysis.method = session.view().flowProvider();
        return settings;
    }

    /// What is said while the export runs to its end.
    [[nodiscard]] static std::vector<Notice> exported(Session& session,
                                                      const MapExportSettings& settings) {
        std::vector<Notice> notices;
        const auto listening = connect(&session, &Session::noticed, &session,
                                       [&](const Notice& notice) { notices.push_back(notice); });
        session.runs().start(std::make_unique<ExportRun>(
            session.engines(), session.view().engine().id, settings, session.frames().info()));
        (void)QTest::qWaitFor([&] { return session.runs().run() == nullptr; }, 30'000);
        disconnect(listening);
        // For callers that look at the first one.
        if (notices.empty()) notices.emplace_back();
        return notices;
    }

    std::unique_ptr<SessionFixture> fixture_;
};

}  // namespace

QTEST_MAIN(TestSession)
#include "test_session.moc"
