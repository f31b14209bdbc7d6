// How long the user works on each frame.
#include <QSignalSpy>

#include "tests/viewer/session_fixture.h"
#include "viewer/session/work_time.h"

namespace {

using namespace mcj;
using namespace mcj::test;

class TestWorkTime : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    }

    void init() {
        fixture_ = std::make_unique<SessionFixture>(12);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        session_ = fixture_->openSession();
        QVERIFY(session_->isOpen());
        now_ = 1000.0;
    }

    void cleanup() { session_.reset(); }

    void workIsTheTimeBetweenChangesWithoutPauses() {
        WorkTime time({session_->document(), session_->masks(), session_->playhead()},
                      [this] { return now_; });
        seek(3);
        dab();
        QVERIFY(time.secs().empty());
        QCOMPARE(time.toJson(), std::string());
        time.setCounting(WorkTime::Count::On);
        now_ += 5.0;
        dab();
        QCOMPARE(time.secs().at(3), 5.0);
        now_ += 31.0;
        dab();
        QCOMPARE(time.secs().at(3), 5.0);
        QSignalSpy edited(&time, &WorkTime::edited);
        now_ += 2.0;
        seek(4);
        QCOMPARE(edited.size(), 1);
        // From the arrival on.
        now_ += 7.25;
        session_->masks().importMask(4, Mask(smallScene().mask(4)));
        QCOMPARE(time.secs().at(4), 7.25);
        // A change of another frame is not work on this one.
        now_ += 1.0;
        session_->masks().clearFrame(3);
        QCOMPARE(time.totalSecs(), 12.25);
        now_ += 1.0;
        session_->projectTools().statusNotes.setStatus(StatusSubject::ofFrame(4), WorkStatus::Done);
        QCOMPARE(time.secs().at(4), 9.25);
        QCOMPARE(time.csv(), std::string("frame,seconds\n3,5.0\n4,9.2\n"));

        WorkTime other({session_->document(), session_->masks(), session_->playhead()},
                       [this] { return now_; });
        other.fromJson(time.toJson());
        QVERIFY(other.secs() == time.secs());
        QVERIFY(other.counting() == WorkTime::Count::On);
        other.fromJson(R"({"on": false, "seconds": {"x": 1, "-2": 3, "5": "y", "6": 2}})");
        QVERIFY(other.secs() == (std::map<FrameIndex, double>{{6, 2.0}}));
    }

    void aPropagationIsNotWork() {
        MaskEditor& masks = session_->masks();
        WorkTime time({session_->document(), masks, session_->playhead()}, [this] { return now_; });
        seek(3);
        time.setCounting(WorkTime::Count::On);
        masks.beginPropagation("propagation");
        now_ += 5.0;
        MaskFacts facts;
        facts.origin = MaskOrigin::Propagated;
        masks.putPropagated(3, makeEntry(Mask(smallScene().mask(3)), facts),
                            PropagationMethod::DisFlow);
        masks.endPropagation();
        QVERIFY(time.secs().empty());
    }

    void theProjectKeepsIt() {
        WorkTime& time = session_->projectTools().workTime;
        QVERIFY(time.counting() == WorkTime::Count::Off);
        time.fromJson(R"({"on": true, "seconds": {"2": 4.5}})");
        drag(*session_, StrokeMode::Paint, {20, 20}, {40, 30});
        session_->save();
        QVERIFY(SessionFixture::settle(*session_));
        session_.reset();
        session_ = fixture_->openSession();
        QVERIFY(session_->projectTools().workTime.counting() == WorkTime::Count::On);
        QCOMPARE(session_->projectTools().workTime.secs().at(2), 4.5);
        session_->close();
        QVERIFY(session_->projectTools().workTime.secs().empty());
    }

private:
    void seek(FrameIndex frame) {
        session_->playhead().seek(frame);
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(session_->playhead().shown()->index, frame);
    }
    /// A stroke within one moment, each time at another place, so that it changes something.
    void dab() {
        place_ += 10.0F;
        drag(*session_, StrokeMode::Paint, {place_, 20.0F}, {place_ + 4.0F, 20.0F});
    }

    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<Session> session_;
    double now_ = 0.0;
    float place_ = 0.0F;
};

}  // namespace

QTEST_MAIN(TestWorkTime)
#include "test_work_time.moc"
