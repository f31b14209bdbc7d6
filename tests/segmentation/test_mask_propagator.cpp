#include <QTest>

#include "media/base/error.h"
#include "segmentation/mask_metrics.h"
#include "segmentation/mask_propagator.h"
#include "tests/segmentation/moving_clip.h"

namespace mcj {
namespace {

constexpr SizePx kSize{160, 120};

MaskPtr share(Mask mask) { return std::make_shared<const Mask>(std::move(mask)); }

MaskPropagator propagator(PropagationMethod method, const MovingClip& clip) {
    return {{.method = method}, clip.reader(), nullptr};
}

double similarity(const Mask& result, const Mask& truth) {
    return regionSimilarity(result.labels, truth.labels);
}

class TestMaskPropagator : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesParseBack() {
        for (const auto method :
             {PropagationMethod::Studio, PropagationMethod::Features, PropagationMethod::Flow,
              PropagationMethod::Both, PropagationMethod::DisFlow, PropagationMethod::Identity}) {
            QVERIFY(parsePropagationMethod(propagationMethodName(method)) == method);
        }
        try {
            (void)parsePropagationMethod("magic");
            QFAIL("no such method");
        } catch (const Error& error) {
            QCOMPARE(int(error.code()), int(ErrorCode::Usage));
            QVERIFY(error.hint().find("dis-flow") != std::string::npos);
        }
    }

    void aStillVideoKeepsItsMask() {
        const MovingClip clip(kSize, 5, {0, 0}, MovingClip::Moves::Object);
        for (const auto method : {PropagationMethod::Identity, PropagationMethod::DisFlow}) {
            MaskPropagator run = propagator(method, clip);
            const Mask mask = randomMask(kSize, 5, 3);
            run.condition(0, share(mask));
            for (FrameIndex frame = 1; frame < 5; ++frame) {
                const PropagatedMask result = run.step(frame);
                QVERIFY(*result.mask == mask);
                QCOMPARE(result.frame, frame);
                QVERIFY(result.meanConfidence > 0.99F);
                QVERIFY(result.confidence->size() == kSize);
            }
        }
    }

    void flowFollowsTheCamera() {
        const MovingClip clip(kSize, 9, {3, 1.5F}, MovingClip::Moves::Everything);
        MaskPropagator run = propagator(PropagationMethod::DisFlow, clip);
        run.condition(0, share(clip.truth(0)));
        PropagatedMask last;
        for (FrameIndex frame = 1; frame < 9; ++frame) last = run.step(frame);
        QVERIFY2(similarity(*last.mask, clip.truth(8)) > 0.9,
                 qPrintable(QString::number(similarity(*last.mask, clip.truth(8)))));
        QVERIFY(similarity(clip.truth(0), clip.truth(8)) < 0.4);
        QVERIFY(last.meanConfidence > 0.3F && last.meanConfidence <= 1.0F);
        // Backwards in time works the same way.
        MaskPropagator back = propagator(PropagationMethod::DisFlow, clip);
        back.condition(8, share(clip.truth(8)));
        for (FrameIndex frame = 7; frame >= 0; --frame) last = back.step(frame);
        QVERIFY(similarity(*last.mask, clip.truth(0)) > 0.9);
    }

    void flowFollowsAnObject() {
        // DIS smears motion over outlines, so the mask loses some of its rim on every frame.
        const MovingClip clip(kSize, 9, {3, 1.5F}, MovingClip::Moves::Object);
        MaskPropagator run = propagator(PropagationMethod::DisFlow, clip);
        run.condition(0, share(clip.truth(0)));
        PropagatedMask last;
        for (FrameIndex frame = 1; frame < 9; ++frame) last = run.step(frame);
        const double still = similarity(clip.truth(0), clip.truth(8));
        QVERIFY(similarity(*last.mask, clip.truth(8)) > still + 0.2);
    }

    void walkFillsTheTrack() {
        const MovingClip clip(kSize, 8, {2, 0}, MovingClip::Moves::Everything);
        MaskTrack track;
        track.set(0, makeEntry(clip.truth(0), {}));
        track.set(5, makeEntry(clip.truth(5), {}));
        const auto plan = planPropagation(track, {0, 8, Travel::Forward});
        PlanWalk walk(plan, track, {.method = PropagationMethod::DisFlow}, clip.reader(), nullptr);
        QCOMPARE(walk.total(), std::size_t{6});
        std::vector<FrameIndex> frames;
        while (const auto result = walk.next()) {
            frames.push_back(result->propagated.frame);
            track.set(result->propagated.frame, result->entry);
            QVERIFY(result->entry.facts.origin == MaskOrigin::Propagated);
            QCOMPARE(walk.done(), frames.size());
        }
        QCOMPARE(frames, (std::vector<FrameIndex>{1, 2, 3, 4, 6, 7}));
        QVERIFY(!walk.next());
        for (FrameIndex frame = 0; frame < 8; ++frame) {
            QVERIFY(similarity(*track.mask(frame), clip.truth(frame)) > 0.9);
        }
        QVERIFY(*track.mask(5) == clip.truth(5));
    }

    void reRunningASpanGivesTheSameMasks() {
        const MovingClip clip(kSize, 8, {2, 0}, MovingClip::Moves::Everything);
        MaskTrack track;
        track.set(0, makeEntry(clip.truth(0), {}));
        track.set(3, makeEntry(clip.truth(3), {}));
        const PropagationRequest request{0, 8, Travel::Forward};
        const auto runPlan = [&](const PropagationPlan& plan, MaskTrack into) {
            PlanWalk walk(plan, into, {.method = PropagationMethod::DisFlow}, clip.reader(),
                          nullptr);
            while (const auto result = walk.next())
                into.set(result->propagated.frame, result->entry);
            return into;
        };
        const MaskTrack whole = runPlan(planPropagation(track, request), track);
        const MaskTrack again = runPlan(planCorrection(whole, 3, request), whole);
        QVERIFY(whole == again);
    }

    void lockedFramesNeverChange() {
        const MovingClip clip(kSize, 6, {2, 0}, MovingClip::Moves::Object);
        MaskTrack track;
        track.set(0, makeEntry(clip.truth(0), {}));
        const Mask reviewed = randomMask(kSize, 3, 9);
        track.set(2, makeEntry(reviewed, {.origin = MaskOrigin::Propagated, .locked = true}));
        PlanWalk walk(planPropagation(track, {0, 6, Travel::Forward}), track,
                      {.method = PropagationMethod::Identity}, clip.reader(), nullptr);
        while (const auto result = walk.next()) {
            QVERIFY(result->propagated.frame != 2);
            track.set(result->propagated.frame, result->entry);
        }
        QVERIFY(*track.mask(2) == reviewed);
        QVERIFY(*track.mask(1) == clip.truth(0));
        QVERIFY(*track.mask(5) == reviewed);
    }

    void laterObjectsJoin() {
        const MovingClip clip(kSize, 8, {2, 0}, MovingClip::Moves::Everything);
        const Mask second = diskMask(kSize, {120, 90}, 10, 2);
        MaskTrack track;
        track.set(0, makeEntry(clip.truth(0), {.origin = MaskOrigin::Imported}));
        track.set(4, makeEntry(second, {.origin = MaskOrigin::Imported, .partial = true}));
        PlanWalk walk(planPropagation(track, {0, 8, Travel::Forward}), track,
                      {.method = PropagationMethod::DisFlow}, clip.reader(), nullptr);
        while (const auto result = walk.next()) track.set(result->propagated.frame, result->entry);
        QVERIFY(!track.find(4)->facts.partial);
        QVERIFY(track.find(4)->facts.origin == MaskOrigin::Imported);
        for (FrameIndex frame = 0; frame < 8; ++frame) {
            const Mask mask = *track.mask(frame);
            QCOMPARE(areaOf(mask, 2) > 0, frame >= 4);
            Mask first = mask;
            std::ranges::replace(first.labels.values(), ObjectId{2}, ObjectId{0});
            QVERIFY(similarity(first, clip.truth(frame)) > 0.85);
        }
        // The second object moves with the picture, by 6 px since it joined.
        Mask last = *track.mask(7);
        std::ranges::replace(last.labels.values(), ObjectId{1}, ObjectId{0});
        std::ranges::replace(last.labels.values(), ObjectId{2}, ObjectId{1});
        QVERIFY(similarity(last, diskMask(kSize, {126, 90}, 10)) > 0.85);
    }

    void mistakesAreNamed() {
        const MovingClip clip(kSize, 3, {0, 0}, MovingClip::Moves::Object);
        QVERIFY_EXCEPTION_THROWN(propagator(PropagationMethod::Features, clip), Error);
        QVERIFY_EXCEPTION_THROWN(propagator(PropagationMethod::Studio, clip), Error);
        QVERIFY(needsEngine(PropagationMethod::Flow) && !needsEngine(PropagationMethod::DisFlow));
        MaskPropagator run = propagator(PropagationMethod::DisFlow, clip);
        QVERIFY_EXCEPTION_THROWN((void)run.step(1), Error);
        try {
            run.condition(0, share(Mask({5, 5})));
            QFAIL("a mask of another size was taken");
        } catch (const Error& error) {
            QVERIFY(std::string(error.what()).find("5 x 5") != std::string::npos);
        }
        QVERIFY_EXCEPTION_THROWN(run.condition(7, share(clip.truth(0))), Error);
        run.condition(0, share(clip.truth(0)));
        QVERIFY_EXCEPTION_THROWN((void)run.step(3), Error);
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestMaskPropagator)
#include "test_mask_propagator.moc"
