#include <QTest>

#include <cmath>

#include "inference/engine/flow_metrics.h"
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

}  // namespace

class TestFlowMetrics : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theTruthItselfHasNoError() {
        const FlowField truth = constantFlow({9, 7}, {3.0F, -2.0F});
        const FlowScore score = scoreFlow(truth, truth);
        QCOMPARE(score.epe, 0.0);
        QCOMPARE(score.flAll, 0.0);
        QVERIFY(score.angularDeg < 1e-5);
        QCOMPARE(score.validPx, std::int64_t{63});
        QVERIFY(std::abs(score.meanTruthPx - std::sqrt(13.0)) < 1e-12);
    }

    void anOffsetIsTheEndPointError() {
        const FlowScore score =
            scoreFlow(constantFlow({5, 5}, {4.0F, 6.0F}), constantFlow({5, 5}, {1.0F, 2.0F}));
        QVERIFY(std::abs(score.epe - 5.0) < 1e-12);
        QCOMPARE(score.flAll, 100.0);
    }

    void standingStillHasTheErrorOfTheMotion() {
        const FlowScore score = scoreFlow(FlowField({5, 5}), constantFlow({5, 5}, {1.0F, 0.0F}));
        QCOMPARE(score.epe, score.meanTruthPx);
        // (0, 0, 1) against (1, 0, 1).
        QVERIFY(std::abs(score.angularDeg - 45.0) < 1e-9);
    }

    void outliersNeedBothBounds() {
        // 4 px is more than 3 px; it is more than 5 % of 79 px, but not of 81 px.
        FlowField truth(SizePx{2, 1});
        truth.set(0, 0, {79.0F, 0.0F});
        truth.set(0, 1, {81.0F, 0.0F});
        FlowField estimate(SizePx{2, 1});
        estimate.set(0, 0, {83.0F, 0.0F});
        estimate.set(0, 1, {85.0F, 0.0F});
        QCOMPARE(scoreFlow(estimate, truth).flAll, 50.0);
        // 2.9 px are never outliers, however short the true vector is.
        QCOMPARE(scoreFlow(constantFlow({3, 3}, {2.9F, 0.0F}), FlowField({3, 3})).flAll, 0.0);
        QCOMPARE(scoreFlow(constantFlow({3, 3}, {3.1F, 0.0F}), FlowField({3, 3})).flAll, 100.0);
    }

    void unknownTruthDoesNotCount() {
        FlowField truth = constantFlow({4, 1}, {1.0F, 0.0F});
        truth.set(0, 2, {FlowField::kUnknown, FlowField::kUnknown});
        FlowField estimate = truth;
        estimate.set(0, 2, {500.0F, 0.0F});
        estimate.set(0, 3, {FlowField::kUnknown, 0.0F});  // counts as standing still
        const FlowScore score = scoreFlow(estimate, truth);
        QCOMPARE(score.validPx, std::int64_t{3});
        QVERIFY(std::abs(score.epe - 1.0 / 3.0) < 1e-12);
        const FlowScore none =
            scoreFlow(truth, constantFlow({4, 1}, {FlowField::kUnknown, 0.0F}));
        QCOMPARE(none.validPx, std::int64_t{0});
        QCOMPARE(none.epe, 0.0);
    }

    void differentSizesAreRefused() {
        QVERIFY_EXCEPTION_THROWN((void)scoreFlow(FlowField({4, 4}), FlowField({4, 5})), Error);
    }
};

QTEST_GUILESS_MAIN(TestFlowMetrics)
#include "test_flow_metrics.moc"
