#include "viewer/session/curves.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <algorithm>

#include "tests/support/stand_in_engine.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/session/curves_run.h"

namespace {

using namespace mcj;
using namespace mcj::test;

class TestCurves : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    }

    void init() {
        fixture_ = std::make_unique<SessionFixture>(kFrames);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void theScreensProductsAreTakenOver() {
        const auto session = fixture_->openSession();
        session->view().layers().setVisible(kFlowLayer, true);
        session->view().layers().setVisible(kWarpErrorLayer, true);
        session->playhead().seek(4);
        QVERIFY(SessionFixture::settle(*session));
        const auto& numbers = session->timeline().curves.numbers();
        QVERIFY(numbers.contains(4));
        const PairSummary whole = summaryOf(*session, 4);
        for (const PairNumber number :
             {PairNumber::Motion, PairNumber::Motion99, PairNumber::WarpError}) {
            QVERIFY(numbers.at(4).at(number) == whole.at(number));
        }
        QVERIFY(!session->timeline().curves.unsaved());
        QVERIFY(session->document().saveState() == Document::SaveState::Nothing);
    }

    void aRunFillsThePartAndTheProjectKeepsIt() {
        Curves::Numbers filled;
        {
            const auto session = fixture_->openSession();
            const FrameSpan part{3, 9};
            fill(*session, part);
            QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() == nullptr, 30'000);
            QVERIFY(session->timeline().curves.missing(part).empty());
            filled = session->timeline().curves.numbers();
            for (FrameIndex frame = 3; frame < 8; ++frame) {
                QVERIFY(equal(filled.at(frame), summaryOf(*session, frame)));
            }
            QVERIFY(!filled.contains(9));
            session->timeline().curves.setShown(true);
        }
        const auto session = fixture_->openSession();
        QVERIFY(session->timeline().curves.shown());
        for (FrameIndex frame = 3; frame < 8; ++frame) {
            QVERIFY(equal(session->timeline().curves.numbers().at(frame), filled.at(frame)));
        }
        // Another method has other numbers, and going back loses none.
        session->view().setFlowProvider(kZeroFlow);
        QVERIFY(!session->timeline().curves.complete(kZeroFlow, 4));
        QVERIFY(!session->timeline().curves.numbers().contains(4));
        session->view().setFlowProvider(kDisFlow);
        QVERIFY(session->timeline().curves.numbers().contains(4));
    }

    void aStoppedRunKeepsWhatItHas() {
        const auto session = fixture_->openSession();
        fill(*session, {0, kFrames});
        const Run* run = session->runs().run();
        connect(run, &Run::progressed, session.get(), [run, slot = &session->runs()] {
            if (run->doneSteps() == 2) slot->stop();
        });
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() == nullptr, 30'000);
        const std::size_t left = session->timeline().curves.missing({0, kFrames}).size();
        QVERIFY(left <= static_cast<std::size_t>(kFrames - 3));
        fill(*session, {0, kFrames});
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() == nullptr, 30'000);
        QVERIFY(session->timeline().curves.missing({0, kFrames}).empty());
    }

    void theScreenHasItsTurnWhileARunFills() {
        const auto session = fixture_->openSession();
        session->view().layers().setVisible(kFlowLayer, true);
        fill(*session, {0, kFrames});
        session->playhead().seek(kFrames - 2);
        QTRY_VERIFY_WITH_TIMEOUT(session->view().flow(), 30'000);
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() == nullptr, 30'000);
    }

    void onlyFlowThatAViewUsesIsTakenOver() {
        const auto session = fixture_->openSession();
        ProductKey key;
        key.product = "flow";
        key.source = session->frames().source();
        key.frame = 9;
        key.other = 10;
        Product product;
        product.mean = 1.0;
        key.flow = kZeroFlow;
        session->timeline().curves.adopt(key, product);
        key.flow = kDisFlow;
        session->timeline().curves.adopt(key, product);
        QVERIFY(session->timeline().curves.numbers().contains(9));
        session->view().setFlowProvider(kZeroFlow);
        QVERIFY(!session->timeline().curves.numbers().contains(9));
        // That of another view is kept for it.
        key.frame = 7;
        key.other = 8;
        session->views().arrange(Arrangement::SideBySide);
        session->views().at(1).setFlowProvider(kDisFlow);
        key.flow = kDisFlow;
        session->timeline().curves.adopt(key, product);
        QVERIFY(!session->timeline().curves.numbers().contains(7));
        session->views().activate(1);
        QVERIFY(session->timeline().curves.numbers().contains(7));
    }

    void eachEngineHasItsOwn() {
        SessionOptions options = fixture_->options();
        options.loadEngine = [](const EngineOptions&) { return std::make_unique<StandInEngine>(); };
        Session session(options);
        session.open(fixture_->video());
        QVERIFY(SessionFixture::settle(session));
        EngineOptions smaller = options.engine;
        smaller.maxSidePx = 48;
        const std::string other = session.engines().add(smaller);
        session.engines().request(other);
        ViewSet& views = session.views();
        views.arrange(Arrangement::SideBySide);
        views.at(1).setEngine(other);
        views.at(1).setOffset(3);
        session.playhead().seek(2);
        QVERIFY(SessionFixture::settle(session));
        QTRY_VERIFY(views.at(0).flow() && views.at(1).flow());
        QCOMPARE(views.at(1).flowInUse(), std::string(kModelFastFlow));
        QVERIFY(session.timeline().curves.numbers().contains(2));
        QVERIFY(!session.timeline().curves.numbers().contains(5));
        // A run computes by its own engine, whatever view is active.
        QVERIFY(session.runs().start(
            std::make_unique<CurvesRun>(session.timeline().curves, session.engines(), other,
                                        kModelFastFlow, std::vector<FrameIndex>{8})));
        QTRY_VERIFY_WITH_TIMEOUT(session.runs().run() == nullptr, 30'000);
        QVERIFY(!session.timeline().curves.numbers().contains(8));
        views.activate(1);
        QVERIFY(session.timeline().curves.numbers().contains(8));
        QVERIFY(session.timeline().curves.numbers().contains(5));
        QVERIFY(!session.timeline().curves.numbers().contains(2));
    }

    void whatIsReadIsWhatWasWritten() {
        const auto session = fixture_->openSession();
        Curves written(session->views(), session->engines());
        PairSummary summary;
        for (const PairNumber number : kPairNumbers) summary.set(number, 1.0 / 3.0);
        written.put(kDisFlow, 2, summary);
        written.put(kDisFlow, 9000, summary);
        const std::string text = written.toJson(1234);
        // Frames that are not computed cost little.
        QVERIFY2(text.size() < 10'000, qPrintable(QString::number(text.size())));
        Curves read(session->views(), session->engines());
        QSignalSpy edited(&read, &Curves::edited);
        read.fromJson(text, 1234);
        QCOMPARE(read.numbers().size(), std::size_t{2});
        QVERIFY(equal(read.numbers().at(2), summary) && equal(read.numbers().at(9000), summary));
        QVERIFY(edited.isEmpty());
        Curves other(session->views(), session->engines());
        other.fromJson(text, 1235);
        QVERIFY(other.numbers().empty());
        for (const char* damaged :
             {"", "[]", "{\"video\":\"1234\",\"sets\":[4,{\"method\":\"dis\"}]}",
              "{\"video\":\"1234\",\"sets\":[{\"method\":\"dis\",\"numbers\":\"/////w==\"}]}"}) {
            other.fromJson(damaged, 1234);
            QVERIFY(other.numbers().empty());
        }
    }

    void curvesThatDidNotChangeAreNotPackedAgain() {
        const auto session = fixture_->openSession();
        Curves curves(session->views(), session->engines());
        PairSummary summary;
        summary.set(PairNumber::Motion, 1.0);
        curves.put(kDisFlow, Curves::kMostFrames - 1, summary);
        QElapsedTimer time;
        time.start();
        const std::string text = curves.toJson(1);
        const qint64 packing = time.nsecsElapsed();
        // Another view or method changes what is shown, not what is written.
        const std::uint64_t revision = curves.revision();
        session->view().setFlowProvider(kZeroFlow);
        QVERIFY(curves.revision() != revision);
        time.start();
        QVERIFY(curves.toJson(1) == text);
        QVERIFY2(time.nsecsElapsed() < packing / 4,
                 qPrintable(QString("%1 of %2 ns").arg(time.nsecsElapsed()).arg(packing)));
        QVERIFY(curves.toJson(2) != text);
        curves.put(kDisFlow, 3, summary);
        QVERIFY(curves.toJson(1) != text);
        const std::string hidden = curves.toJson(1);
        curves.setShown(true);
        QVERIFY(curves.toJson(1) != hidden);
    }

private:
    static constexpr int kFrames = 12;

    static bool equal(const PairSummary& a, const PairSummary& b) {
        return std::all_of(kPairNumbers.begin(), kPairNumbers.end(),
                           [&](PairNumber number) { return a.at(number) == b.at(number); });
    }
    static PairSummary summaryOf(const Session& session, FrameIndex frame) {
        const auto source = openSource(session.frames().info().path);
        return summarizePair(source->read(frame), source->read(frame + 1), kDisFlow, nullptr);
    }
    static void fill(Session& session, FrameSpan part) {
        QVERIFY(session.runs().start(std::make_unique<CurvesRun>(
            session.timeline().curves, session.engines(), session.view().engine().id,
            session.view().flowProvider(), session.timeline().curves.missing(part))));
    }

    std::unique_ptr<SessionFixture> fixture_;
};

}  // namespace

QTEST_MAIN(TestCurves)
#include "test_curves.moc"
