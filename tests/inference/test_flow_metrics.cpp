#include <QTest>

#include <cmath>
#include <random>

#include "inference/analysis/flow_metrics.h"
#include "media/base/error.h"

using namespace mcj;

namespace {

FlowField constantFlow(SizePx size, PointF motion) {
    FlowField flow(size);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) flow.set(y, x, motion);
    }
    return flow;
}

/// KITTI's development kit, as it is written there: its own counts, in single precision, with the
/// division (evaluate_scene_flow.cpp, flowErrorsOutlier).
struct KitCounts {
    int errorsBg = 0, pixelsBg = 0, errorsFg = 0, pixelsFg = 0, errorsAll = 0, pixelsAll = 0;
};

KitCounts countAsTheKit(const FlowField& estimate, const FlowField& truth,
                        const Raster<std::uint8_t>& objects) {
    KitCounts counts;
    for (int x = 0; x < truth.size().width; ++x) {
        for (int y = 0; y < truth.size().height; ++y) {
            const PointF real = truth.at(y, x);
            if (std::isnan(real.x)) continue;
            const float du = real.x - estimate.at(y, x).x;
            const float dv = real.y - estimate.at(y, x).y;
            const float distance = std::sqrt(du * du + dv * dv);
            const float magnitude = std::sqrt(real.x * real.x + real.y * real.y);
            const bool error = distance > 3.0 && distance / magnitude > 0.05;
            ++(objects.at(y, x) == 0 ? counts.pixelsBg : counts.pixelsFg);
            ++counts.pixelsAll;
            if (!error) continue;
            ++(objects.at(y, x) == 0 ? counts.errorsBg : counts.errorsFg);
            ++counts.errorsAll;
        }
    }
    return counts;
}

bool sameCounts(const FlowErrorSums& sums, int errors, int pixels) {
    return sums.outliers == errors && sums.pixels == pixels;
}

}  // namespace

class TestFlowMetrics : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theTruthItselfHasNoError() {
        const FlowField truth = constantFlow({9, 7}, {3.0F, -2.0F});
        const FlowScore score = scoreFlow(truth, truth);
        QCOMPARE(score.epe.value(), 0.0);
        QCOMPARE(score.flAll.value(), 0.0);
        QVERIFY(score.angularDeg.value() < 1e-5);
        QCOMPARE(score.validPx, std::int64_t{63});
        QVERIFY(std::abs(score.meanTruthPx.value() - std::sqrt(13.0)) < 1e-12);
    }

    void anOffsetIsTheEndPointError() {
        const FlowScore score =
            scoreFlow(constantFlow({5, 5}, {4.0F, 6.0F}), constantFlow({5, 5}, {1.0F, 2.0F}));
        QVERIFY(std::abs(score.epe.value() - 5.0) < 1e-12);
        QCOMPARE(score.flAll.value(), 100.0);
    }

    void standingStillHasTheErrorOfTheMotion() {
        const FlowScore score = scoreFlow(FlowField({5, 5}), constantFlow({5, 5}, {1.0F, 0.0F}));
        QCOMPARE(score.epe.value(), score.meanTruthPx.value());
        // (0, 0, 1) against (1, 0, 1).
        QVERIFY(std::abs(score.angularDeg.value() - 45.0) < 1e-9);
    }

    void outliersNeedBothBounds() {
        // 4 px is more than 3 px; it is more than 5 % of 79 px, but not of 81 px.
        FlowField truth(SizePx{2, 1});
        truth.set(0, 0, {79.0F, 0.0F});
        truth.set(0, 1, {81.0F, 0.0F});
        FlowField estimate(SizePx{2, 1});
        estimate.set(0, 0, {83.0F, 0.0F});
        estimate.set(0, 1, {85.0F, 0.0F});
        QCOMPARE(scoreFlow(estimate, truth).flAll.value(), 50.0);
        // 2.9 px are never outliers, however short the true vector is.
        QCOMPARE(scoreFlow(constantFlow({3, 3}, {2.9F, 0.0F}), FlowField({3, 3})).flAll.value(),
                 0.0);
        QCOMPARE(scoreFlow(constantFlow({3, 3}, {3.1F, 0.0F}), FlowField({3, 3})).flAll.value(),
                 100.0);
    }

    void unknownTruthDoesNotCount() {
        FlowField truth = constantFlow({4, 1}, {1.0F, 0.0F});
        truth.set(0, 2, {FlowField::kUnknown, FlowField::kUnknown});
        FlowField estimate = truth;
        estimate.set(0, 2, {500.0F, 0.0F});
        estimate.set(0, 3, {FlowField::kUnknown, 0.0F});  // counts as standing still
        const FlowScore score = scoreFlow(estimate, truth);
        QCOMPARE(score.validPx, std::int64_t{3});
        QVERIFY(std::abs(score.epe.value() - 1.0 / 3.0) < 1e-12);
        const FlowScore none = scoreFlow(truth, constantFlow({4, 1}, {FlowField::kUnknown, 0.0F}));
        QCOMPARE(none.validPx, std::int64_t{0});
        // Means over nothing are nothing, not 0.
        QVERIFY(!none.epe && !none.flAll && !none.angularDeg && !none.meanTruthPx);
    }

    void regionsAreCountedAsTheDevelopmentKitDoes() {
        const SizePx size{53, 41};
        std::mt19937 random(7);
        std::uniform_real_distribution<float> motion(-60.0F, 60.0F);
        std::normal_distribution<float> error(0.0F, 2.5F);
        FlowField occ(size);
        FlowField noc(size);
        FlowField estimate(size);
        FlowRegions regions{Raster<std::uint8_t>(size, 1), Raster<std::uint8_t>(size, 1)};
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
                const PointF real{motion(random), motion(random)};
                const bool known = random() % 3 != 0;
                const bool seen = random() % 4 != 0;
                const PointF none{FlowField::kUnknown, FlowField::kUnknown};
                occ.set(y, x, known ? real : none);
                noc.set(y, x, known && seen ? real : none);
                estimate.set(y, x, {real.x + error(random), real.y + error(random)});
                regions.occluded.at(y, x) = seen ? 0 : 1;
                regions.foreground.at(y, x) = static_cast<std::uint8_t>(random() % 4 == 0 ? 2 : 0);
            }
        }
        const FlowSplits splits = scoreFlow(estimate, occ, regions).splits;
        const KitCounts all = countAsTheKit(estimate, occ, regions.foreground);
        const KitCounts seen = countAsTheKit(estimate, noc, regions.foreground);
        QVERIFY(all.errorsBg > 0 && all.errorsFg > 0 && seen.errorsAll < all.errorsAll);
        QVERIFY(sameCounts(splits.all, all.errorsAll, all.pixelsAll));
        QVERIFY(sameCounts(splits.background, all.errorsBg, all.pixelsBg));
        QVERIFY(sameCounts(splits.foreground, all.errorsFg, all.pixelsFg));
        QVERIFY(sameCounts(splits.noc, seen.errorsAll, seen.pixelsAll));
        QVERIFY(sameCounts(splits.nocBackground, seen.errorsBg, seen.pixelsBg));
        QVERIFY(sameCounts(splits.nocForeground, seen.errorsFg, seen.pixelsFg));
        QCOMPARE(splits.occ.pixels, splits.all.pixels - splits.noc.pixels);
        QVERIFY(std::abs(splits.occ.errorSum + splits.noc.errorSum - splits.all.errorSum) < 1e-6);
    }

    void regionsThatAreNotKnownHaveNoFigures() {
        const FlowScore score = scoreFlow(FlowField({4, 4}), constantFlow({4, 4}, {5.0F, 0.0F}));
        QCOMPARE(score.splits.all.epe().value_or(-1.0), 5.0);
        QVERIFY(!score.splits.noc.epe() && !score.splits.occ.epe());
        QVERIFY(!score.splits.foreground.flPercent() && !score.splits.nocBackground.flPercent());
        FlowRegions small;
        small.occluded = Raster<std::uint8_t>({3, 4}, 1);
        QVERIFY_EXCEPTION_THROWN((void)scoreFlow(FlowField({4, 4}), FlowField({4, 4}), small),
                                 Error);
    }

    void sumsPoolOverPixels() {
        FlowSplits pooled = scoreFlow(FlowField({4, 1}), constantFlow({4, 1}, {2.0F, 0.0F})).splits;
        pooled += scoreFlow(FlowField({1, 1}), constantFlow({1, 1}, {12.0F, 0.0F})).splits;
        QCOMPARE(pooled.all.epe().value_or(0.0), 4.0);
        QCOMPARE(pooled.all.flPercent().value_or(0.0), 20.0);
    }

    void differentSizesAreRefused() {
        QVERIFY_EXCEPTION_THROWN((void)scoreFlow(FlowField({4, 4}), FlowField({4, 5})), Error);
    }
};

QTEST_GUILESS_MAIN(TestFlowMetrics)
#include "test_flow_metrics.moc"
