#include <QTest>

#include <algorithm>
#include <random>
#include <vector>

#include "media/base/error.h"
#include "segmentation/propagation_plan.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

constexpr SizePx kSize{16, 12};

void put(MaskTrack& track, FrameIndex frame, MaskOrigin origin, ObjectId object = 1) {
    track.set(frame, makeEntry(diskMask(kSize, {8, 6}, 3, object), {.origin = origin}));
}

void putPartial(MaskTrack& track, FrameIndex frame, ObjectId object) {
    track.set(frame, makeEntry(diskMask(kSize, {3, 3}, 2, object),
                               {.origin = MaskOrigin::Imported, .partial = true}));
}

using Frames = std::vector<FrameIndex>;

Frames framesOf(const PropagationSpan& span) {
    Frames frames;
    for (const PlanStep& step : span.steps) frames.push_back(step.frame);
    return frames;
}

Frames allFrames(const PropagationPlan& plan) {
    Frames frames;
    for (const PropagationSpan& span : plan.spans) {
        for (const PlanStep& step : span.steps) frames.push_back(step.frame);
    }
    std::ranges::sort(frames);
    return frames;
}

class TestPropagationPlan : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void oneMaskServesEverythingAfterIt() {
        MaskTrack track;
        put(track, 2, MaskOrigin::Painted);
        const PropagationPlan plan = planPropagation(track, {0, 6, Travel::Forward});
        QCOMPARE(plan.spans.size(), std::size_t{1});
        QCOMPARE(plan.spans[0].anchors, (Frames{2}));
        QCOMPARE(framesOf(plan.spans[0]), (Frames{3, 4, 5}));
        QCOMPARE(plan.steps(), std::size_t{3});
        const PropagationPlan back = planPropagation(track, {0, 6, Travel::Backward});
        QCOMPARE(framesOf(back.spans[0]), (Frames{1, 0}));
    }

    void bothDirectionsMeetInTheMiddle() {
        MaskTrack track;
        put(track, 2, MaskOrigin::Painted);
        put(track, 8, MaskOrigin::Imported);
        const PropagationPlan plan = planPropagation(track, {0, 12, Travel::Both});
        QCOMPARE(plan.spans.size(), std::size_t{4});
        QCOMPARE(framesOf(plan.spans[0]), (Frames{3, 4, 5}));
        QCOMPARE(framesOf(plan.spans[1]), (Frames{9, 10, 11}));
        QCOMPARE(framesOf(plan.spans[2]), (Frames{7, 6}));
        QCOMPARE(framesOf(plan.spans[3]), (Frames{1, 0}));
    }

    /// Whatever the anchors: nothing twice, nothing on an anchor, and Both leaves nothing out.
    void everyFrameOnce() {
        std::mt19937 random(4);
        for (int round = 0; round < 200; ++round) {
            MaskTrack track;
            for (int i = 0; i < 5; ++i) {
                const auto frame = static_cast<FrameIndex>(random() % 30);
                put(track, frame, static_cast<MaskOrigin>(random() % 3));
                if (random() % 3 == 0) track.lock(frame);
            }
            if (track.anchors().empty()) continue;
            const FrameIndex begin = random() % 2 == 0 ? 0 : static_cast<FrameIndex>(random() % 20);
            const FrameIndex end = begin + 1 + static_cast<FrameIndex>(random() % 10);
            const PropagationPlan plan = planPropagation(track, {begin, end, Travel::Both});
            const Frames frames = allFrames(plan);
            QVERIFY(std::ranges::adjacent_find(frames) == frames.end());
            for (const FrameIndex frame : frames) {
                QVERIFY(track.find(frame) == nullptr || !track.find(frame)->anchor());
            }
            for (FrameIndex frame = begin; frame < end; ++frame) {
                const bool anchor = track.find(frame) != nullptr && track.find(frame)->anchor();
                QCOMPARE(std::ranges::binary_search(frames, frame), !anchor);
            }
            for (const PropagationSpan& span : plan.spans) {
                // Travel starts beside the anchor and never jumps.
                FrameIndex at = span.anchors.back();
                const FrameIndex way = span.steps.front().frame > at ? 1 : -1;
                for (const PlanStep& step : span.steps) QCOMPARE(step.frame, at += way);
            }
        }
    }

    void correctionReRunsOnlyToItsNeighbours() {
        MaskTrack track;
        for (FrameIndex frame = 0; frame < 20; ++frame) put(track, frame, MaskOrigin::Propagated);
        put(track, 0, MaskOrigin::Painted);
        put(track, 15, MaskOrigin::Painted);
        put(track, 6, MaskOrigin::Painted);
        const PropagationPlan forward = planCorrection(track, 6, {0, 20, Travel::Forward});
        QCOMPARE(allFrames(forward), (Frames{7, 8, 9, 10, 11, 12, 13, 14}));
        QCOMPARE(forward.spans[0].anchors, (Frames{0, 6}));
        const PropagationPlan backward = planCorrection(track, 6, {0, 20, Travel::Backward});
        QCOMPARE(allFrames(backward), (Frames{1, 2, 3, 4, 5}));
        const PropagationPlan both = planCorrection(track, 6, {0, 20, Travel::Both});
        QCOMPARE(allFrames(both), (Frames{1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14}));
        QVERIFY_EXCEPTION_THROWN((void)planCorrection(track, 7, {0, 20, Travel::Both}), Error);
    }

    void aSpanIsPlannedTheSameAloneOrWithin() {
        MaskTrack track;
        put(track, 0, MaskOrigin::Painted);
        put(track, 10, MaskOrigin::Painted);
        put(track, 20, MaskOrigin::Painted);
        const auto all = planPropagation(track, {0, 30, Travel::Forward});
        const auto part = planCorrection(track, 10, {0, 30, Travel::Forward});
        QVERIFY(part.spans.size() == 1 && part.spans[0] == all.spans[1]);
    }

    void lockedFramesAreAnchorsAndNeverWritten() {
        MaskTrack track;
        for (FrameIndex frame = 0; frame < 10; ++frame) put(track, frame, MaskOrigin::Propagated);
        put(track, 0, MaskOrigin::Painted);
        track.lock(4);
        track.lock(5);
        const auto plan = planPropagation(track, {0, 10, Travel::Forward});
        QCOMPARE(allFrames(plan), (Frames{1, 2, 3, 6, 7, 8, 9}));
        QCOMPARE(plan.spans[1].anchors.back(), FrameIndex{5});
    }

    void aStoppedRunGoesOnFromItsLastFrame() {
        MaskTrack track;
        put(track, 0, MaskOrigin::Painted);
        for (FrameIndex frame = 1; frame < 5; ++frame) put(track, frame, MaskOrigin::Propagated);
        const auto plan = planPropagation(track, {5, 8, Travel::Forward});
        QCOMPARE(plan.spans[0].anchors, (Frames{0, 4}));
        QCOMPARE(allFrames(plan), (Frames{5, 6, 7}));
        // Where masks are missing on the way they are filled: labels pass through them.
        const auto gap = planPropagation(track, {7, 9, Travel::Forward});
        QCOMPARE(allFrames(gap), (Frames{5, 6, 7, 8}));
    }

    void partialMasksJoin() {
        MaskTrack track;
        put(track, 0, MaskOrigin::Imported);
        putPartial(track, 3, 2);
        const PropagationSpan span = planPropagation(track, {0, 6, Travel::Forward}).spans.at(0);
        QCOMPARE(framesOf(span), (Frames{1, 2, 3, 4, 5}));
        QVERIFY(span.steps[2].kind == StepKind::Join);
        QVERIFY(span.steps[3].kind == StepKind::Carry);
        const auto both = planPropagation(track, {0, 6, Travel::Both});
        QCOMPARE(both.spans.size(), std::size_t{1});
        QVERIFY(both.spans[0] == span);
        // Alone it is all there is to start from.
        track.erase(0);
        const auto alone = planPropagation(track, {0, 6, Travel::Both});
        QCOMPARE(allFrames(alone), (Frames{0, 1, 2, 4, 5}));
        // Reviewed as it is: it stays so.
        put(track, 0, MaskOrigin::Imported);
        track.lock(3);
        QCOMPARE(allFrames(planPropagation(track, {0, 6, Travel::Forward})), (Frames{1, 2, 4, 5}));
    }

    void contextHoldsTheSameObjectsOnly() {
        MaskTrack track;
        put(track, 0, MaskOrigin::Painted, 1);
        put(track, 2, MaskOrigin::Painted, 1);
        put(track, 4, MaskOrigin::Painted, 2);
        put(track, 6, MaskOrigin::Painted, 1);
        put(track, 8, MaskOrigin::Painted, 1);
        const auto plan = planPropagation(track, {0, 12, Travel::Forward});
        QCOMPARE(plan.spans.back().anchors, (Frames{2, 6, 8}));
        const auto lean = planPropagation(track, {0, 12, Travel::Forward, 1});
        QCOMPARE(lean.spans.back().anchors, (Frames{8}));
        QCOMPARE(plan.spans[2].anchors, (Frames{4}));
    }

    void betweenTwoAnchorsBothPassesArePlanned() {
        MaskTrack track;
        put(track, 2, MaskOrigin::Painted);
        put(track, 8, MaskOrigin::Imported);
        put(track, 10, MaskOrigin::Imported);
        PropagationRequest request{0, 14, Travel::Both};
        request.between = BetweenAnchors::Blended;
        const PropagationPlan plan = planPropagation(track, request);
        QCOMPARE(plan.spans.size(), std::size_t{4});
        QCOMPARE(framesOf(plan.spans[0]), (Frames{3, 4, 5, 6, 7}));
        QCOMPARE(plan.spans[0].anchors, (Frames{2}));
        QCOMPARE(plan.spans[0].farAnchors, (Frames{10, 8}));
        QCOMPARE(framesOf(plan.spans[1]), (Frames{9}));
        QVERIFY(plan.spans[1].blended());
        QCOMPARE(framesOf(plan.spans[2]), (Frames{11, 12, 13}));
        QVERIFY(!plan.spans[2].blended());
        QCOMPARE(framesOf(plan.spans[3]), (Frames{1, 0}));
        QVERIFY(!plan.spans[3].blended());
        QCOMPARE(plan.steps(), std::size_t{11});
        QCOMPARE(plan.computations(), std::size_t{17});

        request.travel = Travel::Backward;
        const PropagationPlan back = planCorrection(track, 8, request);
        QCOMPARE(back.spans.size(), std::size_t{1});
        QCOMPARE(framesOf(back.spans[0]), (Frames{7, 6, 5, 4, 3}));
        QCOMPARE(back.spans[0].anchors, (Frames{10, 8}));
        QCOMPARE(back.spans[0].farAnchors, (Frames{2}));

        // Not where the range ends before the second anchor, nor over too many frames.
        request = {0, 7, Travel::Both};
        request.between = BetweenAnchors::Blended;
        const PropagationPlan cut = planPropagation(track, request);
        QVERIFY(std::ranges::none_of(cut.spans, &PropagationSpan::blended));
        QCOMPARE(framesOf(cut.spans[0]), (Frames{3, 4, 5}));
        request.end = 14;
        request.longestBlend = 5;
        QVERIFY(planPropagation(track, request).spans[0].blended());
        request.longestBlend = 4;
        QVERIFY(!planPropagation(track, request).spans[0].blended());
    }

    void blendedPlansAlsoServeEveryFrameOnce() {
        std::mt19937 random(9);
        for (int round = 0; round < 200; ++round) {
            MaskTrack track;
            for (int i = 0; i < 5; ++i) {
                put(track, static_cast<FrameIndex>(random() % 30),
                    static_cast<MaskOrigin>(random() % 3));
            }
            if (track.anchors().empty()) continue;
            PropagationRequest request{0, 30, Travel::Both};
            request.between = BetweenAnchors::Blended;
            const PropagationPlan plan = planPropagation(track, request);
            QCOMPARE(allFrames(plan), allFrames(planPropagation(track, {0, 30, Travel::Both})));
            for (const PropagationSpan& span : plan.spans) {
                const FrameIndex first = span.anchors.back();
                for (const PlanStep& step : span.steps) {
                    if (!span.blended()) continue;
                    const FrameIndex last = span.farAnchors.back();
                    QVERIFY(first < step.frame && step.frame < last);
                }
            }
        }
    }

    void whatCannotBeServedIsAnError() {
        MaskTrack track;
        QVERIFY_EXCEPTION_THROWN((void)planPropagation(track, {0, 6, Travel::Both}), Error);
        put(track, 5, MaskOrigin::Painted);
        QVERIFY_EXCEPTION_THROWN((void)planPropagation(track, {0, 4, Travel::Forward}), Error);
        QVERIFY_EXCEPTION_THROWN((void)planPropagation(track, {4, 4, Travel::Forward}), Error);
        QCOMPARE(planPropagation(track, {5, 6, Travel::Forward}).steps(), std::size_t{0});
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestPropagationPlan)
#include "test_propagation_plan.moc"
