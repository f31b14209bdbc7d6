#include <QTest>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "media/base/error.h"
#include "media/base/stop_token.h"
#include "segmentation/simulated_annotator.h"
#include "tests/segmentation/moving_clip.h"

using namespace mcj;

namespace {

constexpr FrameIndex kFrames = 8;

/// A disk that moves by 6 px a frame; the method `identity` leaves its mask behind.
class AnnotatorFixture {
public:
    AnnotatorFixture() {
        clip_.frames = kFrames;
        clip_.read = moving_.reader();
        clip_.truth = [this](FrameIndex frame) { return moving_.truth(frame); };
        clip_.anchor = [this](FrameIndex frame) {
            return std::make_shared<const Mask>(moving_.truth(frame));
        };
        options_.propagator.method = PropagationMethod::Identity;
        options_.target = 2.0;
    }

    std::vector<AnnotatorTouch> run(FramePicker picker, int touches) {
        options_.picker = picker;
        options_.maxTouches = touches;
        return simulateAnnotator(clip_, options_, nullptr, {});
    }

    MovingClip moving_{{128, 96}, kFrames, {6.0F, 1.0F}, MovingClip::Moves::Object};
    AnnotatedClip clip_;
    AnnotatorOptions options_;
};

}  // namespace

class TestSimulatedAnnotator : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void uniformTouchesAreSpreadEvenly() {
        QCOMPARE(uniformTouches(10, 1), (std::vector<FrameIndex>{5}));
        QCOMPARE(uniformTouches(100, 3), (std::vector<FrameIndex>{25, 50, 75}));
        QVERIFY(uniformTouches(10, 0).empty());
        // More than there are frames.
        const std::vector<FrameIndex> all = uniformTouches(4, 9);
        QCOMPARE(all, (std::vector<FrameIndex>{1, 2, 3}));
    }

    void pickersHaveNames() {
        for (const FramePicker picker :
             {FramePicker::Curve, FramePicker::Uniform, FramePicker::Oracle}) {
            QVERIFY(parseFramePicker(framePickerName(picker)) == picker);
        }
        QVERIFY_THROWS_EXCEPTION(Error, (void)parseFramePicker("random"));
    }

    void theFirstStateIsThePropagationOfTheFirstMask() {
        AnnotatorFixture fixture;
        const auto states = fixture.run(FramePicker::Oracle, 1);
        QCOMPARE(states.size(), std::size_t{2});
        QCOMPARE(states[0].touches, 0);
        QVERIFY(!states[0].frame);
        std::vector<MaskPtr> results;
        std::vector<MaskPtr> truth;
        for (FrameIndex frame = 0; frame < kFrames; ++frame) {
            results.push_back(fixture.clip_.anchor(0));
            truth.push_back(fixture.clip_.anchor(frame));
        }
        const SequenceMean expected = meanOverObjects(scoreSequence(results, truth));
        QCOMPARE(states[0].j, expected.j);
        QCOMPARE(states[0].f, expected.f);
    }

    // The mask that was left behind is worst in the last frame that is scored.
    void theOracleTouchesTheWorstFrame() {
        AnnotatorFixture fixture;
        const auto states = fixture.run(FramePicker::Oracle, 1);
        QCOMPARE(states[1].touches, 1);
        QVERIFY(states[1].frame.has_value());
        const std::vector<MaskPtr> first(static_cast<std::size_t>(kFrames),
                                         fixture.clip_.anchor(0));
        std::vector<MaskPtr> truth;
        for (FrameIndex frame = 0; frame < kFrames; ++frame) {
            truth.push_back(fixture.clip_.anchor(frame));
        }
        const SequenceScore score = scoreSequence(first, truth);
        const ObjectScore& object = score.objects.front();
        std::vector<double> both;
        for (std::size_t i = 0; i < object.jFrames.size(); ++i) {
            both.push_back(object.jFrames[i] + object.fFrames[i]);
        }
        const auto worst = std::ranges::min_element(both) - both.begin();
        QCOMPARE(*states[1].frame, static_cast<FrameIndex>(worst) + 1);
        QVERIFY(states[1].jf() > states[0].jf());
    }

    void touchedFramesStayTheTruth_data() {
        QTest::addColumn<int>("picker");
        QTest::newRow("curve") << static_cast<int>(FramePicker::Curve);
        QTest::newRow("oracle") << static_cast<int>(FramePicker::Oracle);
    }
    void touchedFramesStayTheTruth() {
        QFETCH(int, picker);
        AnnotatorFixture fixture;
        // More touches than there are frames beside the first.
        const auto states = fixture.run(static_cast<FramePicker>(picker), 20);
        QCOMPARE(states.size(), static_cast<std::size_t>(kFrames));
        std::set<FrameIndex> touched;
        for (std::size_t i = 1; i < states.size(); ++i) {
            QVERIFY(states[i].frame.has_value());
            QVERIFY(*states[i].frame > 0 && *states[i].frame < kFrames);
            QVERIFY(touched.insert(*states[i].frame).second);
        }
        QCOMPARE(states.back().jf(), 1.0);
    }

    void uniformEndsWithEveryFrame() {
        AnnotatorFixture fixture;
        const auto states = fixture.run(FramePicker::Uniform, 20);
        QCOMPARE(states.front().touches, 0);
        QVERIFY(states.size() > 3);
        QVERIFY(states.back().jf() > states.front().jf());
        for (const AnnotatorTouch& state : states) QVERIFY(!state.frame);
    }

    void theAnnotatorStopsAtTheTarget() {
        AnnotatorFixture fixture;
        fixture.options_.target = 0.01;
        const auto states = fixture.run(FramePicker::Curve, 5);
        QCOMPARE(states.size(), std::size_t{1});
        QCOMPARE(touchesTo(states, 0.01).value_or(-1), 0);
        QVERIFY(!touchesTo(states, 1.5));
    }

    // With flow that carries the disk, corrections of what the curve doubts do not make it worse.
    void theCurveReadsPicturesAndMargins() {
        AnnotatorFixture fixture;
        fixture.options_.propagator.method = PropagationMethod::DisFlow;
        const auto states = fixture.run(FramePicker::Curve, 3);
        QCOMPARE(states.size(), std::size_t{4});
        QVERIFY(states.back().jf() >= states.front().jf());
    }

    void aStopEndsIt() {
        AnnotatorFixture fixture;
        StopSource stop;
        stop.requestStop();
        AnnotatorCallbacks callbacks;
        callbacks.stop = stop.token();
        QVERIFY_THROWS_EXCEPTION(
            Error, (void)simulateAnnotator(fixture.clip_, fixture.options_, nullptr, callbacks));
    }
};

QTEST_APPLESS_MAIN(TestSimulatedAnnotator)
#include "test_simulated_annotator.moc"
