#include <QProcess>
#include <QSignalSpy>
#include <QtTest>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <utility>

#include "inference/analysis/live_picture.h"
#include "media/io/frame_source.h"
#include "tests/support/live_stream.h"
#include "tests/support/stand_in_engine.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/canvas/live_content.h"

using namespace mcj;
using namespace mcj::test;

namespace {

constexpr int kPatienceMs = 60'000;
constexpr int kFrames = 24;

FrameIndex framesOf(const QString& file) {
    const auto source = openSource(file.toStdString());
    scanToEnd(*source, {});
    return source->info().frames.value_or(0);
}

/// Mean absolute difference of the values, 0 to 255; of the same size.
double meanDifference(const Raster<std::uint8_t>& a, const Raster<std::uint8_t>& b) {
    double sum = 0.0;
    for (int y = 0; y < a.height(); ++y) {
        for (int x = 0; x < a.width(); ++x) {
            for (int c = 0; c < 3; ++c) sum += std::abs(a.at(y, x, c) - b.at(y, x, c));
        }
    }
    return sum / (3.0 * a.width() * a.height());
}

bool hasLayer(const Session& session, const char* id) {
    for (const LayerDrawData& layer : liveLayersOf(session)) {
        if (layer.layer == id) return true;
    }
    return false;
}

}  // namespace

/// The live view of a real session, on FIFOs.
class TestLiveView : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        fixture_ = std::make_unique<SessionFixture>(kFrames);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void init() {
        stream_ = std::make_unique<LiveStream>();
        QVERIFY2(stream_->make().isEmpty(), "no FIFO");
        session_ = fixture_->makeSession();
    }
    void cleanup() {
        session_.reset();
        stream_.reset();
    }

    void countsTellHowWellTheViewKeepsUp() {
        using namespace std::chrono_literals;
        const LiveCounts::Clock::time_point begin{};
        LiveCounts counts;
        QVERIFY(!counts.shownAgeSecs(begin) && !counts.silenceSecs(begin));
        QCOMPARE(counts.framesPerSec(begin), 0.0);
        // 20 frames/s for five seconds; every fourth one is shown.
        for (int i = 0; i < 100; ++i) {
            counts.arrived(i, begin + 50ms * i);
            if (i % 4 == 0) counts.showed(begin + 50ms * i);
        }
        const auto now = begin + 50ms * 99;
        QCOMPARE(counts.received(), FrameIndex{100});
        QCOMPARE(counts.shown(), FrameIndex{25});
        QCOMPARE(counts.passedOver(), FrameIndex{75});
        QVERIFY(std::abs(counts.framesPerSec(now) - 20.0) < 1e-6);
        // The last one shown is frame 96.
        QVERIFY(std::abs(*counts.shownAgeSecs(now) - 0.15) < 1e-6);
        QVERIFY(std::abs(*counts.silenceSecs(now + 1s) - 1.0) < 1e-6);
        QCOMPARE(counts.framesPerSec(now + 3s), 0.0);
    }

    void aPictureIsDrawnFromItsLayersAndMarks() {
        auto frame = std::make_shared<Frame>();
        frame->rgb = Raster<std::uint8_t>({40, 30}, 3);
        for (std::uint8_t& value : frame->rgb.values()) value = 100;
        FlowField back(frame->size());
        back.set(2, 3, {-2.0F, 0.0F});
        const auto motion = std::make_shared<const FlowField>(liveMotion(back));
        QCOMPARE(motion->at(2, 3), (PointF{2.0F, 0.0F}));
        auto map = std::make_shared<ScalarMap>(frame->size(), "cosine", "1", -1.0F, 1.0F);
        for (float& value : map->values.values()) value = 1.0F;

        LivePicture picture;
        QVERIFY(drawLivePicture(picture).empty());
        picture.frame = frame;
        picture.layers = {{LivePicture::Part::Image, 1.0F}};
        QVERIFY(drawLivePicture(picture) == frame->rgb);
        picture.motion = motion;
        picture.scalePx = 2.0F;
        picture.layers.push_back({LivePicture::Part::Motion, 0.5F});
        const auto hue = flowColor({1.0F, 0.0F}, FlowWheel::Middlebury);
        const Raster<std::uint8_t> moving = drawLivePicture(picture);
        for (int c = 0; c < 3; ++c) {
            const double expected = (100.0 + hue[static_cast<std::size_t>(c)]) / 2.0;
            QVERIFY(std::abs(moving.at(2, 3, c) - expected) <= 1.0);
        }
        picture.similarity = map;
        picture.layers.push_back({LivePicture::Part::Similarity, 1.0F});
        const auto top = colormapTable(picture.similarityLook.colormap)[255];
        QCOMPARE(drawLivePicture(picture).at(10, 10, 0), top[0]);
        // The marks lie above everything.
        const Raster<std::uint8_t> plain = drawLivePicture(picture);
        picture.point = PointF{20.0F, 15.0F};
        const Raster<std::uint8_t> crossed = drawLivePicture(picture);
        QVERIFY(crossed.at(15, 20, 0) != plain.at(15, 20, 0));
        picture.match = std::exchange(picture.point, std::nullopt);
        const Raster<std::uint8_t> ringed = drawLivePicture(picture);
        QCOMPARE(ringed.at(15, 20, 0), plain.at(15, 20, 0));
        QVERIFY(ringed != plain && ringed != crossed);
    }

    // As a file is written into a FIFO: faster than it can be shown.
    void theLastFrameOfAStreamStaysWithItsMotion() {
        QProcess writer;
        writer.start("sh", {"-c", "cat \"$1\" > \"$2\"", "sh", fixture_->video(), stream_->fifo()});
        QVERIFY(writer.waitForStarted());
        live().open({stream_->fifo().toStdString(), {}});
        QVERIFY(live().state() == LiveState::Waiting);
        QTRY_VERIFY_WITH_TIMEOUT(live().state() == LiveState::Ended, kPatienceMs);
        QCOMPARE(live().shown()->index, FrameIndex{kFrames - 1});
        QVERIFY(live().shown()->rgb == smallScene().picture(kFrames - 1));
        QTRY_VERIFY_WITH_TIMEOUT(live().answer().frame == live().shown(), kPatienceMs);
        QVERIFY(live().answer().motion);
        QCOMPARE(live().answer().method, std::string(kDisFlow));
        // The disc has moved by (1, 0.5) to where it is now.
        const PointF motion = live().answer().motion->at(43, 53);
        QVERIFY2(std::hypot(motion.x - 1.0F, motion.y - 0.5F) < 0.6F,
                 qPrintable(QString("%1 %2").arg(motion.x).arg(motion.y)));
        QVERIFY(hasLayer(*session_, kFlowLayer));
        QTRY_VERIFY_WITH_TIMEOUT(writer.state() == QProcess::NotRunning, kPatienceMs);
    }

    void documentAndLiveSourceTakeEachOthersPlace() {
        session_ = fixture_->openSession();
        QVERIFY(session_->isOpen());
        live().open({stream_->fifo().toStdString(), {}});
        // Nothing has come yet.
        QVERIFY(session_->isOpen());
        QVERIFY(stream_->feed(fixture_->video()));
        QTRY_VERIFY_WITH_TIMEOUT(live().showsPicture(), kPatienceMs);
        QVERIFY(!session_->isOpen());
        session_->open(fixture_->video());
        QTRY_VERIFY_WITH_TIMEOUT(session_->isOpen(), kPatienceMs);
        QVERIFY(live().state() == LiveState::Off);
        QVERIFY(!live().showsPicture());
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(session_->view().flow());
    }

    void whatIsNoLiveSourceLeavesTheDocumentOpen() {
        session_ = fixture_->openSession();
        QSignalSpy notices(session_.get(), &Session::noticed);
        for (const QString& source :
             {fixture_->video(), QString("http://127.0.0.1/a.ts"), QString("lavfi:movie=a.mkv")}) {
            notices.clear();
            live().open({source.toStdString(), {}});
            QTRY_VERIFY_WITH_TIMEOUT(live().state() == LiveState::Off, kPatienceMs);
            QCOMPARE(notices.size(), 1);
            QVERIFY(notices[0][0].value<Notice>().level == Notice::Level::Failure);
        }
        QVERIFY(session_->isOpen());
        // A size is for cameras.
        notices.clear();
        live().open({stream_->fifo().toStdString(), {{640, 480}, 0.0}});
        QTRY_COMPARE_WITH_TIMEOUT(notices.size(), 1, kPatienceMs);
        QVERIFY(!notices[0][0].value<Notice>().text.isEmpty());
    }

    void theWaitForAFirstFrameCanBeStopped() {
        live().open({stream_->fifo().toStdString(), {}});
        QTest::qWait(100);
        live().stop();
        QVERIFY(live().state() == LiveState::Off);
        // The lane is free for another source; the next writer must not find the old reader.
        QTest::qWait(500);
        QVERIFY(stream_->feed(fixture_->video()));
        live().open({stream_->fifo().toStdString(), {}});
        QTRY_VERIFY_WITH_TIMEOUT(live().showsPicture(), kPatienceMs);
        QCOMPARE(live().recentSources(), QStringList{stream_->fifo()});
    }

    void aFrozenPictureStaysWhileRecordingGoesOn() {
        openStream();
        live().setFrozen(true);
        const FramePtr frozen = live().shown();
        const QString file = stream_->path("recorded.mp4");
        QSignalSpy recorded(&live(), &LiveView::recorded);
        live().record(file);
        QVERIFY(live().recording());
        QTRY_VERIFY_WITH_TIMEOUT(live().recordingProgress().frames >= 5, kPatienceMs);
        QVERIFY(live().shown() == frozen);
        QTRY_VERIFY_WITH_TIMEOUT(live().answer().frame == frozen, kPatienceMs);
        ViewTransform transform = transformOf(*frozen);
        const OverlayData overlay = liveOverlayOf(*session_, transform, ViewPos{100.0, 80.0});
        QVERIFY2(overlay.status[0].starts_with("Frozen"), overlay.status[0].c_str());
        QVERIFY(overlay.status.back().starts_with("recording"));
        QVERIFY(overlay.flow && overlay.flow->probed);
        QCOMPARE(overlay.probe->rows[0].name, std::string("u"));

        live().setFrozen(false);
        QTRY_VERIFY_WITH_TIMEOUT(live().shown() != frozen, kPatienceMs);
        QVERIFY(live().shown()->index > frozen->index + 4);
        QVERIFY(recorded.isEmpty());
        live().endRecording();
        QTRY_COMPARE_WITH_TIMEOUT(recorded.size(), 1, kPatienceMs);
        QCOMPARE(recorded[0][0].toString(), file);
        QVERIFY(framesOf(file) >= 5);
        QVERIFY(live().state() == LiveState::Running);
    }

    void stoppingCompletesTheRecording() {
        openStream();
        const QString file = stream_->path("stopped.mp4");
        QSignalSpy recorded(&live(), &LiveView::recorded);
        live().record(file);
        QTRY_VERIFY_WITH_TIMEOUT(live().recordingProgress().frames >= 3, kPatienceMs);
        live().stop();
        QTRY_COMPARE_WITH_TIMEOUT(recorded.size(), 1, kPatienceMs);
        QVERIFY(framesOf(file) >= 3);

        // So does leaving the program.
        stream_ = std::make_unique<LiveStream>();
        QVERIFY(stream_->make().isEmpty());
        openStream();
        const QString left = stream_->path("left.mp4");
        live().record(left);
        QTRY_VERIFY_WITH_TIMEOUT(live().recordingProgress().frames >= 3, kPatienceMs);
        session_.reset();
        QVERIFY(framesOf(left) >= 3);
    }

    void aFileThatCannotBeWrittenDoesNotEndThePicture() {
        openStream();
        QSignalSpy notices(session_.get(), &Session::noticed);
        live().record(stream_->path("nowhere/recorded.mp4"));
        QTRY_VERIFY_WITH_TIMEOUT(!live().recording(), kPatienceMs);
        const auto failures = std::count_if(notices.begin(), notices.end(), [](const auto& said) {
            return said[0].template value<Notice>().level == Notice::Level::Failure;
        });
        QCOMPARE(failures, 1);
        const FramePtr before = live().shown();
        QTRY_VERIFY_WITH_TIMEOUT(live().shown() != before, kPatienceMs);
    }

    // The file is completed while there is room for that, and reading goes on.
    void aRecordingEndsBeforeItsDiskIsFull() {
        QVERIFY(stream_->feed(fixture_->video()));
        auto left = std::make_shared<std::atomic<std::uintmax_t>>(1000);
        const StopSource stop;
        LiveFeed feed({stream_->fifo().toStdString(), {}}, stop.token(),
                      {500, [left](const std::filesystem::path&) { return left->load(); }});
        LiveOrders orders;
        orders.record = stream_->path("full.mp4").toStdString();
        LiveStep step = feed.step(orders);
        while (!step.ended && step.recorded.frames < 3) step = feed.step(orders);
        QVERIFY(!step.ended && step.recorded.secs > 0.0);
        const FrameIndex recorded = step.recorded.frames;
        *left = 0;
        step = feed.step(orders);
        QVERIFY(!step.ended && step.newest);
        QVERIFY(step.written == orders.record && step.failed == orders.record);
        QVERIFY(step.writing && QString(step.writing->what()).contains("nearly full"));
        QCOMPARE(framesOf(stream_->path("full.mp4")), recorded);
    }

    void whatIsSeenIsRecorded() {
        openStream();
        QTRY_VERIFY_WITH_TIMEOUT(live().answer().motion, kPatienceMs);
        // That the fixture has no model is said, too.
        QTRY_VERIFY_WITH_TIMEOUT(session_->view().engine().state == EngineState::Failed,
                                 kPatienceMs);
        const QString file = stream_->path("seen.mp4");
        QSignalSpy recorded(&live(), &LiveView::recorded);
        QSignalSpy notices(session_.get(), &Session::noticed);
        live().recordSeen(file);
        QVERIFY(live().seen().recording());
        QTRY_VERIFY_WITH_TIMEOUT(live().seen().progress().frames >= 3, kPatienceMs);
        // A frozen picture lasts as long as it was looked at.
        live().setFrozen(true);
        QTRY_VERIFY_WITH_TIMEOUT(live().answer().frame == live().shown(), kPatienceMs);
        const Raster<std::uint8_t> shown = drawLivePicture(live().picture());
        QVERIFY(shown.size() == live().shown()->size() && shown != live().shown()->rgb);
        QTest::qWait(600);
        live().endSeen();
        QVERIFY(!live().seen().recording());
        QTRY_COMPARE_WITH_TIMEOUT(recorded.size(), 1, kPatienceMs);
        QVERIFY(!live().seen().busy() && notices.isEmpty());
        QCOMPARE(recorded[0][0].toString(), file);
        const auto written = openSource(file.toStdString());
        scanToEnd(*written, {});
        const VideoInfo& info = written->info();
        QCOMPARE(info.size, shown.size());
        const FramePtr last = written->read(*info.frames - 1);
        // Flow colours are over the picture, and the codec changes little.
        QVERIFY(meanDifference(last->rgb, shown) <
                0.25 * meanDifference(live().shown()->rgb, shown));
        const auto secs = [&info](FrameIndex i) {
            return static_cast<double>(*info.pts[static_cast<std::size_t>(i)]) *
                   info.timeBase.value();
        };
        QVERIFY(secs(*info.frames - 1) - secs(*info.frames - 2) > 0.4);
        // The source and its own recording do not depend on it.
        live().setFrozen(false);
        live().recordSeen(stream_->path("nowhere/seen.mp4"));
        QTRY_COMPARE_WITH_TIMEOUT(notices.size(), 1, kPatienceMs);
        QVERIFY(!live().seen().busy() && live().state() == LiveState::Running);
        live().recordSeen(file);
        QTRY_VERIFY_WITH_TIMEOUT(live().seen().progress().frames >= 1, kPatienceMs);
        live().stop();
        QTRY_COMPARE_WITH_TIMEOUT(recorded.size(), 2, kPatienceMs);
        QVERIFY(framesOf(file) >= 1);
    }

    // Nobody writes into the FIFO: that is said once, and the wait goes on.
    void aSourceThatStaysSilentIsSaid() {
        QSignalSpy notices(session_.get(), &Session::noticed);
        live().open({stream_->fifo().toStdString(), {}});
        QTRY_COMPARE_WITH_TIMEOUT(notices.size(), 1, kPatienceMs);
        const auto said = notices[0][0].value<Notice>();
        QVERIFY(said.level == Notice::Level::Warning && said.text.contains(stream_->fifo()));
        QVERIFY2(said.hint.contains("ffmpeg"), qPrintable(said.hint));
        QVERIFY(live().state() == LiveState::Waiting);
        QVERIFY(stream_->feed(fixture_->video()));
        QTRY_VERIFY_WITH_TIMEOUT(live().showsPicture(), kPatienceMs);
    }

    void theNewestFramesAreKept() {
        openStream();
        QTRY_VERIFY_WITH_TIMEOUT(live().shown()->index >= 5, kPatienceMs);
        const QString file = stream_->path("kept.mp4");
        QSignalSpy kept(&live(), &LiveView::kept);
        live().keep(file);
        QTRY_COMPARE_WITH_TIMEOUT(kept.size(), 1, kPatienceMs);
        QVERIFY(framesOf(file) >= 5);
        QVERIFY(live().state() == LiveState::Running);
    }

    // A camera hangs, its last seconds are to be saved, and then it is unplugged.
    void theNewestFramesAreKeptWhereTheSourceEndsMeanwhile() {
        openStream();
        QTRY_VERIFY_WITH_TIMEOUT(live().shown()->index >= 5, kPatienceMs);
        stream_->fallSilent();
        QTRY_VERIFY_WITH_TIMEOUT(live().counts().silenceSecs(LiveCounts::Clock::now()) > 1.0,
                                 kPatienceMs);
        const QString file = stream_->path("kept.mp4");
        QSignalSpy kept(&live(), &LiveView::kept);
        live().keep(file);
        QVERIFY(live().state() == LiveState::Running);
        stream_->endWriting();
        QTRY_COMPARE_WITH_TIMEOUT(kept.size(), 1, kPatienceMs);
        QVERIFY(framesOf(file) >= 5);
        QTRY_VERIFY_WITH_TIMEOUT(live().state() == LiveState::Ended, kPatienceMs);

        // Closed first, it is said.
        stream_ = std::make_unique<LiveStream>();
        QVERIFY2(stream_->make().isEmpty(), "no FIFO");
        openStream();
        QSignalSpy notices(session_.get(), &Session::noticed);
        live().keep(stream_->path("late.mp4"));
        live().stop();
        QCOMPARE(notices.size(), 1);
        QVERIFY(notices[0][0].value<Notice>().text.contains("late.mp4"));
    }

    // The stand-in engine's values say what they were made from.
    void aFrozenPictureGetsTheDetailOfTheView() {
        useStandIn();
        openStream();
        // Until the engine is loaded, the motion is DIS's.
        QTRY_COMPARE_WITH_TIMEOUT(live().answer().method, std::string(kModelCoarseFlow),
                                  kPatienceMs);
        live().setFrozen(true);
        QTRY_VERIFY_WITH_TIMEOUT(
            live().answer().frame == live().shown() && live().answer().method == kModelFastFlow,
            kPatienceMs);
        // Flow from the shown frame back to the one before, with its sign changed.
        QCOMPARE(live().answer().motion->at(0, 0), (PointF{-1.0F, 1.0F}));
        live().setFrozen(false);
        QTRY_COMPARE_WITH_TIMEOUT(live().answer().method, std::string(kModelCoarseFlow),
                                  kPatienceMs);
    }

    void aClickedPointIsSearchedInTheFollowingFrames() {
        useStandIn();
        openStream();
        session_->view().layers().setVisible(kSimilarityLayer, true);
        QTRY_VERIFY_WITH_TIMEOUT(session_->view().engine().state == EngineState::Ready,
                                 kPatienceMs);
        live().setFrozen(true);
        const FrameIndex asked = live().shown()->index;
        live().setPoint({-1.0F, 3.0F});
        QVERIFY(!live().point());
        live().setPoint({20.0F, 30.0F});
        QTRY_VERIFY_WITH_TIMEOUT(live().answer().similarity, kPatienceMs);
        QVERIFY(hasLayer(*session_, kSimilarityLayer));
        compareSimilarity(asked);
        ViewTransform transform = transformOf(*live().shown());
        QVERIFY(liveOverlayOf(*session_, transform, {}).query);

        live().setFrozen(false);
        QTRY_VERIFY_WITH_TIMEOUT(live().answer().similarity && live().answer().frame &&
                                     live().answer().frame->index > asked,
                                 kPatienceMs);
        compareSimilarity(asked);
        const OverlayData moving = liveOverlayOf(*session_, transform, {});
        QVERIFY(!moving.query && moving.match);
        live().clearPoint();
        QVERIFY(!hasLayer(*session_, kSimilarityLayer));
    }

private:
    [[nodiscard]] LiveView& live() { return session_->live(); }

    void openStream() {
        QVERIFY(stream_->feed(fixture_->video()));
        live().open({stream_->fifo().toStdString(), {}});
        QTRY_VERIFY_WITH_TIMEOUT(live().showsPicture(), kPatienceMs);
        // Another one has come, so that there is motion.
        QTRY_VERIFY_WITH_TIMEOUT(live().shown()->index > 0, kPatienceMs);
    }

    void useStandIn() {
        SessionOptions options = fixture_->options();
        options.loadEngine = [](const EngineOptions&) {
            return std::make_unique<StandInEngine>(std::make_shared<EngineScript>(), "cpu");
        };
        session_ = std::make_unique<Session>(options);
    }

    static ViewTransform transformOf(const Frame& frame) {
        ViewTransform transform;
        transform.setViewport({192, 128}, 1.0);
        transform.setImageSize(frame.size());
        return transform;
    }

    void compareSimilarity(FrameIndex asked) {
        const LiveAnswer& answer = live().answer();
        const float expected = 0.02F + static_cast<float>(session_->view().level()) +
                               10.0F * static_cast<float>(asked) +
                               100.0F * static_cast<float>(answer.frame->index);
        QVERIFY(std::abs(answer.similarity->values.at(0, 0) - expected) < 0.01F);
    }

    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<LiveStream> stream_;
    std::unique_ptr<Session> session_;
};

QTEST_MAIN(TestLiveView)
#include "test_live_view.moc"
