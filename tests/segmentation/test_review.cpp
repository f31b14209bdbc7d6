#include <QTest>

#include <cmath>
#include <vector>

#include "inference/engine/flow_provider.h"
#include "media/base/error.h"
#include "segmentation/review.h"
#include "segmentation/review_measures.h"
#include "segmentation/review_table.h"
#include "tests/segmentation/made_masks.h"
#include "tests/segmentation/moving_clip.h"

using namespace mcj;

namespace {

constexpr SizePx kSize{96, 64};

/// Even flow to the frame before, whose round trip succeeds and whose colors agree.
PairEvidence evenPair(PointF motion) {
    PairEvidence between{FlowField(kSize), ScalarMap(kSize, "occlusion", "1", 0.0F, 1.0F),
                         ScalarMap(kSize, "warp error", "levels of 255", 0.0F, 255.0F)};
    for (int y = 0; y < kSize.height; ++y) {
        for (int x = 0; x < kSize.width; ++x) between.backward.set(y, x, motion);
    }
    return between;
}

Mask boxMask(BoxPx box, ObjectId object = 1) {
    Mask mask(kSize);
    for (int y = box.y0; y < box.y1; ++y) {
        for (int x = box.x0; x < box.x1; ++x) mask.labels.at(y, x) = object;
    }
    return mask;
}

bool near(double value, double expected) { return std::abs(value - expected) < 1e-9; }

/// Evidence with an area and a feature only.
FrameEvidence plainEvidence(FrameIndex frame, std::int64_t area, std::vector<float> feature = {}) {
    FrameEvidence evidence;
    evidence.frame = frame;
    evidence.objects[1].areaPx = area;
    evidence.objects[1].feature = std::move(feature);
    return evidence;
}

double signalAt(const FrameReview& review, ReviewSignal signal) {
    return review.objects.front().signals.at(signal);
}

}  // namespace

class TestReview : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aMaskThatMovesWithTheFlowIsNotDoubtful() {
        const Mask before = boxMask({10, 10, 30, 30});
        const Mask after = boxMask({14, 12, 34, 32});
        const PairEvidence between = evenPair({-4.0F, -2.0F});
        const FrameEvidence evidence = maskEvidence(1, after, &before, &between);
        QCOMPARE(evidence.objects.size(), std::size_t{1});
        const ObjectEvidence& object = evidence.objects.at(1);
        QCOMPARE(object.areaPx, std::int64_t{400});
        QVERIFY(near(object.signals.at(ReviewSignal::MaskWarp), 0.0));
        QVERIFY(near(object.signals.at(ReviewSignal::Inconsistency), 0.0));
        QVERIFY(near(object.signals.at(ReviewSignal::ColorWarp), 0.0));
        QVERIFY(std::isnan(object.signals.at(ReviewSignal::Margin)));
        QVERIFY(near(reviewScore(object.signals), 0.0));
    }

    void theCarriedMaskIsComparedByIoU() {
        const Mask before = boxMask({10, 10, 30, 30});
        const Mask after = boxMask({20, 10, 40, 30});
        const PairEvidence between = evenPair({0.0F, 0.0F});
        const FrameEvidence evidence = maskEvidence(1, after, &before, &between);
        // 10 of 30 columns are in both.
        QVERIFY(near(evidence.objects.at(1).signals.at(ReviewSignal::MaskWarp), 1.0 - 1.0 / 3.0));
    }

    void sharesAndMeansAreOfThePixelsInTheMask() {
        const Mask mask = boxMask({10, 10, 30, 30});
        PairEvidence between = evenPair({0.0F, 0.0F});
        for (int y = 10; y < 15; ++y) {
            for (int x = 10; x < 30; ++x) between.failed.values.at(y, x) = 1.0F;
        }
        between.colorError.values.at(12, 12) = 40.0F;
        between.colorError.values.at(50, 50) = 255.0F;  // outside of the object
        between.colorError.values.at(13, 13) = FlowField::kUnknown;
        const FrameEvidence evidence = maskEvidence(1, mask, &mask, &between);
        const ReviewSignals& signals = evidence.objects.at(1).signals;
        QVERIFY(near(signals.at(ReviewSignal::Inconsistency), 0.25));
        QVERIFY(near(signals.at(ReviewSignal::ColorWarp), 40.0 / 399.0));
        QVERIFY(near(signals.at(ReviewSignal::MaskWarp), 0.0));
    }

    void manyObjectsAreJudgedInOnePass() {
        Mask before = boxMask({2, 2, 12, 12}, 1);
        Mask after = before;
        for (int y = 30; y < 40; ++y) {
            for (int x = 30; x < 40; ++x) before.labels.at(y, x) = 9;
            for (int x = 50; x < 60; ++x) after.labels.at(y, x) = 12;
        }
        const PairEvidence between = evenPair({0.0F, 0.0F});
        const FrameEvidence evidence = maskEvidence(1, after, &before, &between);
        QCOMPARE(evidence.objects.size(), std::size_t{3});
        QVERIFY(near(evidence.objects.at(1).signals.at(ReviewSignal::MaskWarp), 0.0));
        // Object 9 has vanished: there is nothing to look into, but the carried mask has no match.
        QCOMPARE(evidence.objects.at(9).areaPx, std::int64_t{0});
        QVERIFY(near(evidence.objects.at(9).signals.at(ReviewSignal::MaskWarp), 1.0));
        QVERIFY(std::isnan(evidence.objects.at(9).signals.at(ReviewSignal::Inconsistency)));
        // Object 12 came from nowhere.
        QVERIFY(near(evidence.objects.at(12).signals.at(ReviewSignal::MaskWarp), 1.0));
    }

    void voidAndMotionOutOfThePictureCountForNothing() {
        Mask before = boxMask({0, 10, 20, 30});
        Mask after = boxMask({0, 10, 20, 30});
        for (int y = 10; y < 30; ++y) {
            before.labels.at(y, 5) = kVoid;
            after.labels.at(y, 6) = kVoid;
        }
        PairEvidence between = evenPair({0.0F, 0.0F});
        for (int y = 10; y < 30; ++y) {
            for (int x = 0; x < 4; ++x) between.backward.set(y, x, {-50.0F, 0.0F});
            between.backward.set(y, 4, {FlowField::kUnknown, 0.0F});
        }
        const FrameEvidence evidence = maskEvidence(1, after, &before, &between);
        QCOMPARE(evidence.objects.size(), std::size_t{1});
        QCOMPARE(evidence.objects.at(1).areaPx, std::int64_t{19 * 20});
        QVERIFY(near(evidence.objects.at(1).signals.at(ReviewSignal::MaskWarp), 0.0));
        // Where every round trip fails, nothing can be said about the carried mask.
        for (float& failed : between.failed.values.values()) failed = 1.0F;
        const FrameEvidence lost = maskEvidence(1, after, &before, &between);
        QVERIFY(std::isnan(lost.objects.at(1).signals.at(ReviewSignal::MaskWarp)));
        QVERIFY(near(lost.objects.at(1).signals.at(ReviewSignal::Inconsistency), 1.0));
    }

    void theFirstMaskHasAreasOnly() {
        const Mask mask = boxMask({10, 10, 30, 30});
        const FrameEvidence evidence = maskEvidence(0, mask, nullptr, nullptr);
        QCOMPARE(evidence.objects.at(1).areaPx, std::int64_t{400});
        ReviewSequence sequence;
        const FrameReview review = sequence.add(evidence);
        QCOMPARE(review.score(), 0.0);
        for (const ReviewSignal signal : kReviewSignals) {
            QVERIFY(std::isnan(signalAt(review, signal)));
        }
        // No object at all.
        const FrameReview nothing = sequence.add(maskEvidence(1, Mask(kSize), nullptr, nullptr));
        QVERIFY(nothing.objects.empty());
        QCOMPARE(nothing.score(), 0.0);
    }

    void sizesHaveToAgree() {
        const Mask mask = boxMask({10, 10, 30, 30});
        const Mask small(SizePx{8, 8});
        const PairEvidence between = evenPair({0.0F, 0.0F});
        QVERIFY_THROWS_EXCEPTION(Error, (void)maskEvidence(1, mask, &small, &between));
        FrameEvidence evidence = maskEvidence(0, mask, nullptr, nullptr);
        QVERIFY_THROWS_EXCEPTION(
            Error,
            addMargins(evidence, mask, ScalarMap(SizePx{8, 8}, "confidence", "1", 0.0F, 1.0F)));
    }

    void marginsAreOfTheObjectsPixels() {
        const Mask mask = boxMask({10, 10, 30, 30});
        ScalarMap confidence(kSize, "confidence", "1", 0.0F, 1.0F);
        for (int y = 10; y < 20; ++y) {
            for (int x = 10; x < 30; ++x) confidence.values.at(y, x) = 0.5F;
        }
        FrameEvidence evidence = maskEvidence(1, mask, nullptr, nullptr);
        addMargins(evidence, mask, confidence);
        QVERIFY(near(evidence.objects.at(1).signals.at(ReviewSignal::Margin), 0.75));
    }

    void theScoreIsTheMeanOfTheKnownSignals() {
        ReviewSignals signals;
        QCOMPARE(reviewScore(signals), 0.0);
        signals.set(ReviewSignal::MaskWarp, 0.1);  // half of what counts fully
        QVERIFY(near(reviewScore(signals), 0.5));
        QVERIFY(mainReason(signals) == ReviewSignal::MaskWarp);
        signals.set(ReviewSignal::Margin, 0.9);  // limited to 1
        QVERIFY(near(reviewScore(signals), (0.25 * 0.5 + 0.45 * 1.0) / 0.7));
        QVERIFY(mainReason(signals) == ReviewSignal::Margin);
        double weights = 0.0;
        for (const ReviewTerm& term : ReviewOptions{}.terms) weights += term.weight;
        QVERIFY(near(weights, 1.0));
    }

    void areasAreComparedWithTheMedianBefore() {
        ReviewSequence sequence;
        const std::vector<std::int64_t> areas{100, 100, 900, 100, 100};
        std::vector<double> jumps;
        for (std::size_t i = 0; i < areas.size(); ++i) {
            const FrameReview review =
                sequence.add(plainEvidence(static_cast<FrameIndex>(i), areas[i]));
            jumps.push_back(signalAt(review, ReviewSignal::AreaJump));
        }
        QVERIFY(std::isnan(jumps[0]));
        QVERIFY(near(jumps[1], 0.0));
        QVERIFY(near(jumps[2], std::log(901.0 / 101.0)));
        QVERIFY(near(jumps[3], 0.0));  // the outlier is not the median
        QVERIFY(near(jumps[4], 0.0));
        const FrameReview vanished = sequence.add(plainEvidence(5, 0));
        QVERIFY(near(signalAt(vanished, ReviewSignal::AreaJump), std::log(101.0)));
        QVERIFY(vanished.score() > 0.9);
        // The frames without it do not change what is normal.
        const FrameReview back = sequence.add(plainEvidence(6, 100));
        QVERIFY(near(signalAt(back, ReviewSignal::AreaJump), 0.0));
    }

    void featuresAreComparedWithTheNewestTrustedFrame() {
        ReviewSequence sequence;
        QVERIFY(std::isnan(
            signalAt(sequence.add(plainEvidence(0, 9, {1.0F, 0.0F})), ReviewSignal::FeatureDrop)));
        QVERIFY(near(
            signalAt(sequence.add(plainEvidence(1, 9, {0.0F, 3.0F})), ReviewSignal::FeatureDrop),
            1.0));
        FrameEvidence corrected = plainEvidence(2, 9, {0.0F, 2.0F});
        corrected.trusted = true;
        const FrameReview review = sequence.add(corrected);
        QVERIFY(review.trusted);
        QCOMPARE(review.score(), 0.0);  // a person has seen it
        QVERIFY(near(
            signalAt(sequence.add(plainEvidence(3, 9, {0.0F, 5.0F})), ReviewSignal::FeatureDrop),
            0.0));
        QVERIFY(std::isnan(cosineOf(std::vector<float>{0.0F}, std::vector<float>{1.0F})));
        QVERIFY(std::isnan(cosineOf(std::vector<float>{1.0F}, std::vector<float>{1.0F, 2.0F})));
    }

    // A mask that slips off its object has the greater score, by flow from the pictures.
    void aSlippingMaskIsFound() {
        const MovingClip clip({128, 96}, 4, {3.0F, 1.0F}, MovingClip::Moves::Object);
        const PairEvidence between = pairEvidence(clip.frame(1), clip.frame(2), kDisFlow, nullptr);
        const Mask before = clip.truth(1);
        const Mask after = clip.truth(2);
        const Mask slipped = diskMask({128, 96}, {70.0F, 30.0F}, 19.0F);
        const auto scoreOf = [&](const Mask& mask) {
            return reviewScore(maskEvidence(2, mask, &before, &between).objects.at(1).signals);
        };
        QVERIFY2(scoreOf(slipped) > scoreOf(after) + 0.2,
                 qPrintable(QString::number(scoreOf(slipped))));
    }

    void ranksAreCorrelated() {
        const std::vector<double> up{1.0, 2.0, 3.0, 4.0};
        const std::vector<double> squares{1.0, 4.0, 9.0, 16.0};
        const std::vector<double> down{4.0, 3.0, 2.0, 1.0};
        const std::vector<double> tied{1.0, 2.0, 2.0, 3.0};
        QVERIFY(near(rankCorrelation(up, squares), 1.0));
        QVERIFY(near(rankCorrelation(up, down), -1.0));
        // Ranks 4, 2.5, 2.5, 1 against 4, 3, 2, 1: 4.5 / sqrt(5 * 4.5).
        QVERIFY(near(rankCorrelation(up, tied), 4.5 / std::sqrt(22.5)));
        QVERIFY(std::isnan(rankCorrelation(up, std::vector<double>(4, 1.0))));
        QVERIFY(std::isnan(rankCorrelation(std::vector<double>{1.0}, std::vector<double>{1.0})));
        QVERIFY_THROWS_EXCEPTION(Error, (void)rankCorrelation(up, std::vector<double>(3, 1.0)));
    }

    void theWorstTenthIsLookedForInAsManyFrames() {
        std::vector<double> losses(20, 0.0);
        losses[4] = 0.5;
        losses[17] = 0.9;
        std::vector<double> scores(20, 0.0);
        scores[17] = 0.3;
        scores[2] = 0.4;
        scores[4] = 0.2;
        QCOMPARE(worstTenthFound(scores, losses), 0.5);
        scores[4] = 0.35;
        QCOMPARE(worstTenthFound(scores, losses), 0.5);
        scores[4] = 0.9;
        scores[17] = 0.8;
        QCOMPARE(worstTenthFound(scores, losses), 1.0);
        QVERIFY(std::isnan(worstTenthFound({}, {})));
    }

    void tablesNameFramesObjectsAndReasons() {
        std::vector<FrameReview> reviews(2);
        reviews[0].frame = 3;
        reviews[0].objects.push_back({1, 40, {}, 0.0});
        reviews[1].frame = 4;
        ReviewSignals signals;
        signals.set(ReviewSignal::MaskWarp, 0.5);
        signals.set(ReviewSignal::AreaJump, 0.25);
        reviews[1].objects.push_back({2, 50, signals, 0.75});
        reviews[1].objects.push_back({7, 60, signals, 0.875});
        QCOMPARE(reviewCsv(reviews),
                 std::string("frame,object,area_px,inconsistency,mask_warp,color_warp,margin_loss,"
                             "area_jump,feature_drop,score\n"
                             "3,1,40,,,,,,,0\n"
                             "4,2,50,,0.5,,,0.25,,0.75\n"
                             "4,7,60,,0.5,,,0.25,,0.875\n"));
        QCOMPARE(suspicionsCsv(suspicionsOf(reviews, 0.4)),
                 std::string("frame,object,score,reason\n4,7,0.875,mask_warp\n"
                             "4,2,0.75,mask_warp\n"));
        QCOMPARE(suspicionsOf(reviews, 0.8).size(), std::size_t{1});
        // Even at 0 a frame without doubt is not in the list.
        QCOMPARE(suspicionsOf(reviews, 0.0).size(), std::size_t{2});
    }
};

QTEST_APPLESS_MAIN(TestReview)
#include "test_review.moc"
