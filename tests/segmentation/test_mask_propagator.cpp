#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "media/base/error.h"
#include "segmentation/mask_metrics.h"
#include "segmentation/mask_propagator.h"
#include "segmentation/pass_blending.h"
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

/// A track of `given` masks, filled by DIS flow with blending.
MaskTrack blended(const MovingClip& clip, const std::map<FrameIndex, Mask>& given, Travel travel) {
    MaskTrack track;
    for (const auto& [frame, mask] : given) track.set(frame, makeEntry(mask, {}));
    PropagationRequest request{0, 8, travel};
    request.between = defaultBetweenAnchors(PropagationMethod::DisFlow);
    PlanWalk walk(planPropagation(track, request), track, {.method = PropagationMethod::DisFlow},
                  clip.reader(), nullptr);
    while (const auto result = walk.next()) {
        if (result->stage == PlanWalk::Stage::Final) {
            track.set(result->propagated.frame, result->entry);
        }
    }
    return track;
}

/// One row of pixels.
LabeledPass passOf(const std::vector<ObjectId>& labels, const std::vector<float>& confidence) {
    const SizePx size{static_cast<int>(labels.size()), 1};
    Mask mask(size);
    std::ranges::copy(labels, mask.labels.values().begin());
    LabeledPass pass{share(std::move(mask)), ScalarMap(size, "confidence", "1", 0.0F, 1.0F)};
    std::ranges::copy(confidence, pass.confidence.values.values().begin());
    return pass;
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

    /// Nothing moves, so every method's confidence is the same everywhere: what remains of the rule
    /// is the distance, and each half of the gap equals its nearer anchor.
    void onAStillVideoTheNearerAnchorDecides() {
        const MovingClip clip(kSize, 8, {0, 0}, MovingClip::Moves::Object);
        const Mask early = diskMask(kSize, {50, 50}, 20);
        const Mask late = diskMask(kSize, {90, 60}, 20);
        const MaskTrack track = blended(clip, {{0, early}, {7, late}}, Travel::Forward);
        for (FrameIndex frame = 0; frame < 8; ++frame) {
            const Mask& expected = frame < 4 ? early : late;
            QVERIFY2(*track.mask(frame) == expected, qPrintable(QString::number(frame)));
        }
        // The passes disagree about the disks, and more so near the middle.
        QVERIFY(track.find(1)->facts.confidence > track.find(3)->facts.confidence);
        QVERIFY(track.find(3)->facts.confidence < 0.5F);
    }

    /// The direction of travel is the order of the passes only.
    void bothDirectionsBlendAlike() {
        const MovingClip clip(kSize, 8, {2, 0}, MovingClip::Moves::Everything);
        const std::map<FrameIndex, Mask> given{{1, clip.truth(1)}, {6, clip.truth(6)}};
        const MaskTrack forward = blended(clip, given, Travel::Forward);
        const MaskTrack backward = blended(clip, given, Travel::Backward);
        const MaskTrack both = blended(clip, given, Travel::Both);
        for (FrameIndex frame = 2; frame < 6; ++frame) {
            QVERIFY(similarity(*forward.mask(frame), clip.truth(frame)) > 0.9);
            QVERIFY(*forward.mask(frame) == *backward.mask(frame));
            QVERIFY(*forward.mask(frame) == *both.mask(frame));
        }
        QVERIFY(both.find(0) != nullptr && both.find(7) != nullptr);
        QVERIFY(forward.find(0) == nullptr && backward.find(7) == nullptr);
    }

    void aBlendedWalkGivesPreliminaryMasksFirst() {
        const MovingClip clip(kSize, 5, {2, 0}, MovingClip::Moves::Everything);
        MaskTrack track;
        track.set(0, makeEntry(clip.truth(0), {}));
        track.set(4, makeEntry(clip.truth(4), {}));
        PropagationRequest request{0, 5, Travel::Forward};
        request.between = BetweenAnchors::Blended;
        PlanWalk walk(planPropagation(track, request), track,
                      {.method = PropagationMethod::DisFlow}, clip.reader(), nullptr);
        QCOMPARE(walk.total(), std::size_t{6});
        walk.extendTo(9);  // no effect: the span ends at an anchor
        QCOMPARE(walk.total(), std::size_t{6});
        std::vector<FrameIndex> preliminary;
        std::vector<FrameIndex> last;
        while (const auto result = walk.next()) {
            const bool early = result->stage == PlanWalk::Stage::Preliminary;
            (early ? preliminary : last).push_back(result->propagated.frame);
        }
        QCOMPARE(preliminary, (std::vector<FrameIndex>{1, 2, 3}));
        QCOMPARE(last, (std::vector<FrameIndex>{3, 2, 1}));
        QCOMPARE(walk.done(), std::size_t{6});
    }

    void aPartialMaskKeepsItsObjectsInABlend() {
        const MovingClip clip(kSize, 8, {0, 0}, MovingClip::Moves::Object);
        const Mask second = diskMask(kSize, {130, 90}, 12, 2);
        MaskTrack track;
        track.set(0, makeEntry(clip.truth(0), {.origin = MaskOrigin::Imported}));
        track.set(4, makeEntry(second, {.origin = MaskOrigin::Imported, .partial = true}));
        track.set(7,
                  makeEntry(mergeObjects(clip.truth(0), second), {.origin = MaskOrigin::Imported}));
        PropagationRequest request{0, 8, Travel::Forward};
        request.between = BetweenAnchors::Blended;
        PlanWalk walk(planPropagation(track, request), track,
                      {.method = PropagationMethod::DisFlow}, clip.reader(), nullptr);
        while (const auto result = walk.next()) track.set(result->propagated.frame, result->entry);
        QVERIFY(*track.mask(4) == mergeObjects(clip.truth(0), second));
        QVERIFY(!track.find(4)->facts.partial);
        QVERIFY(*track.mask(6) == *track.mask(7));
        // Near the anchor that lacks the object, that anchor decides.
        QVERIFY(*track.mask(1) == clip.truth(0));
    }

    void softResultsAgreeWithTheirMasks_data() {
        QTest::addColumn<bool>("blended");
        QTest::newRow("one pass") << false;
        QTest::newRow("two passes") << true;
    }
    void softResultsAgreeWithTheirMasks() {
        QFETCH(bool, blended);
        const MovingClip clip(kSize, 5, {3, 1}, MovingClip::Moves::Object);
        MaskTrack track;
        track.set(0, makeEntry(clip.truth(0), {}));
        if (blended) track.set(4, makeEntry(clip.truth(4), {}));
        PropagationRequest request{0, 5, Travel::Forward};
        request.between = BetweenAnchors::Blended;
        PropagatorOptions options{.method = PropagationMethod::DisFlow};
        options.soft = SoftResults::Kept;
        PlanWalk walk(planPropagation(track, request), track, options, clip.reader(), nullptr);
        int between = 0;
        while (const auto result = walk.next()) {
            const PropagatedMask& step = result->propagated;
            QVERIFY(step.soft != nullptr);
            QVERIFY(step.soft->harden(nullptr) == *step.mask);
            const Raster<float> shares = step.soft->shares(1);
            for (const float value : shares.values()) {
                QVERIFY(value >= 0.0F && value <= 1.0F);
                between += value > 0.1F && value < 0.9F ? 1 : 0;
            }
        }
        QVERIFY(between > 0);
    }

    void softResultsAreKeptOnlyWhereTheyAreWantedAndExist() {
        const MovingClip clip(kSize, 2, {0, 0}, MovingClip::Moves::Object);
        for (const bool wanted : {false, true}) {
            for (const auto method : {PropagationMethod::DisFlow, PropagationMethod::Identity}) {
                PropagatorOptions options{.method = method};
                options.soft = wanted ? SoftResults::Kept : SoftResults::None;
                MaskPropagator run(options, clip.reader(), nullptr);
                run.condition(0, share(clip.truth(0)));
                QCOMPARE(run.step(1).soft != nullptr, wanted && hasSoftLabels(method));
            }
        }
    }

    void weightsFallWithTheDistance() {
        const PassWeights near = weightsBetween(10, 11, 14);
        QCOMPARE(near.first, 0.75F);
        QCOMPARE(near.second, 0.25F);
        const PassWeights backward = weightsBetween(14, 11, 10);
        QCOMPARE(backward.first, 0.25F);
        QCOMPARE(backward.second, 0.75F);
        QVERIFY_EXCEPTION_THROWN((void)weightsBetween(10, 10, 14), Error);
        QVERIFY_EXCEPTION_THROWN((void)weightsBetween(10, 15, 14), Error);
    }

    void confidenceAndDistanceDecideTogether() {
        const float nan = std::numeric_limits<float>::quiet_NaN();
        // Columns: agree; far but sure; equal (the nearer one wins); unknown; void; both void.
        const LabeledPass first =
            passOf({1, 1, 1, 1, kVoid, kVoid}, {0.5F, 0.2F, 0.25F, nan, 1, 1});
        const LabeledPass second =
            passOf({1, 2, 0, 3, 4, kVoid}, {1.0F, 0.8F, 0.75F, 0.1F, 0.0F, 1});
        const LabeledPass joined = blendPasses(first, second, {0.75F, 0.25F});
        const std::vector<ObjectId> labels(joined.mask->labels.values().begin(),
                                           joined.mask->labels.values().end());
        QCOMPARE(labels, (std::vector<ObjectId>{1, 2, 1, 3, 4, kVoid}));
        QVERIFY(std::abs(joined.confidence.values.at(0, 0) - 0.625F) < 1e-6F);
        QVERIFY(std::abs(joined.confidence.values.at(0, 1) - 0.05F) < 1e-6F);
        QVERIFY(std::abs(joined.confidence.values.at(0, 5)) < 1e-6F);
        QVERIFY_EXCEPTION_THROWN(
            (void)blendPasses(first, passOf({1, 2}, {1.0F, 1.0F}), {0.5F, 0.5F}), Error);
    }

    void aKeptPassIsSmallAndKeepsItsLabels() {
        const SizePx size{854, 480};
        const Mask mask = randomMask(size, 6, 3);
        ScalarMap confidence(size, "confidence", "1", 0.0F, 1.0F);
        std::uint32_t noise = 1;
        for (float& value : confidence.values.values()) {
            noise = noise * 1664525U + 1013904223U;
            value = static_cast<float>(noise >> 8U) / static_cast<float>(1U << 24U);
        }
        const PackedPass packed(mask, confidence);
        const LabeledPass again = packed.unpack();
        QVERIFY(*again.mask == mask);
        QVERIFY(again.confidence.size() == size);
        QVERIFY2(packed.bytes() < 80'000, qPrintable(QString::number(packed.bytes())));
        // The last column is a cell of 2 x 4 pixels.
        double sum = 0.0;
        for (int y = 8; y < 12; ++y) {
            for (int x = 852; x < 854; ++x) sum += double{confidence.values.at(y, x)};
        }
        QVERIFY(std::abs(double{again.confidence.values.at(9, 853)} - sum / 8.0) < 0.5 / 15 + 1e-6);
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
