#include <QTest>

#include <QString>
#include <QStringList>

#include <cmath>
#include <limits>

#include "inference/analysis/flow_accuracy.h"
#include "media/base/error.h"

using namespace mcj;

namespace {

constexpr SizePx kSize{64, 48};
// A square [20, 30) x [16, 26) moves right by 12 px over a still background.
constexpr int kMotionPx = 12;

bool onSquare(int y, int x) { return x >= 20 && x < 30 && y >= 16 && y < 26; }

Frame noise(unsigned seed) {
    Frame frame;
    frame.rgb = Raster<std::uint8_t>(kSize, 3);
    for (std::uint8_t& value : frame.rgb.values()) {
        seed = seed * 1664525U + 1013904223U;
        value = static_cast<std::uint8_t>(seed >> 24U);
    }
    return frame;
}

FlowField squareMotion() {
    FlowField flow(kSize);
    for (int y = 0; y < kSize.height; ++y) {
        for (int x = 0; x < kSize.width; ++x) {
            if (onSquare(y, x)) flow.set(y, x, {static_cast<float>(kMotionPx), 0.0F});
        }
    }
    return flow;
}

/// The second frame; what the square uncovers is new.
Frame moved(const Frame& first) {
    Frame second = first;
    const Frame fresh = noise(99);
    for (int y = 0; y < kSize.height; ++y) {
        for (int x = 0; x < kSize.width; ++x) {
            if (!onSquare(y, x)) continue;
            for (int c = 0; c < 3; ++c) second.rgb.at(y, x, c) = fresh.rgb.at(y, x, c);
        }
    }
    for (int y = 16; y < 26; ++y) {
        for (int x = 20; x < 30; ++x) {
            for (int c = 0; c < 3; ++c) {
                second.rgb.at(y, x + kMotionPx, c) = first.rgb.at(y, x, c);
            }
        }
    }
    return second;
}

QStringList linesOf(const std::string& text) {
    return QString::fromStdString(text).split('\n', Qt::SkipEmptyParts);
}

}  // namespace

class TestFlowAccuracy : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatTheSquareCoversIsOccluded() {
        const Frame first = noise(1);
        const auto occluded = estimateOccluded(squareMotion(), first, moved(first));
        int wrong = 0;
        for (int y = 0; y < kSize.height; ++y) {
            for (int x = 0; x < kSize.width; ++x) {
                const bool covered = onSquare(y, x - kMotionPx);
                if ((occluded.at(y, x) != 0) != covered) ++wrong;
            }
        }
        QCOMPARE(wrong, 0);
    }

    void whatLeavesThePictureIsOccluded() {
        FlowField flow(kSize);
        flow.set(5, 60, {10.0F, 0.0F});
        flow.set(6, 60, {FlowField::kUnknown, 0.0F});
        const Frame first = noise(1);
        const auto occluded = estimateOccluded(flow, first, first);
        QVERIFY(occluded.at(5, 60) != 0);
        QVERIFY(occluded.at(6, 60) == 0);
        QVERIFY(occluded.at(7, 60) == 0);
    }

    void edgesAreWhereTrueMotionJumps() {
        const auto edges = motionEdges(squareMotion());
        QVERIFY(edges.at(20, 19) != 0 && edges.at(20, 20) != 0);
        QVERIFY(edges.at(15, 25) != 0 && edges.at(16, 25) != 0);
        QVERIFY(edges.at(20, 25) == 0 && edges.at(20, 18) == 0);
        // A zoom of 5 % has no edge.
        FlowField zoom(kSize);
        for (int y = 0; y < kSize.height; ++y) {
            for (int x = 0; x < kSize.width; ++x) {
                zoom.set(y, x, {0.05F * static_cast<float>(x), 0.05F * static_cast<float>(y)});
            }
        }
        const auto none = motionEdges(zoom);
        for (const std::uint8_t edge : none.values()) QCOMPARE(int(edge), 0);
    }

    void regionsHoldTheErrorsOfTheirPixels() {
        const Frame first = noise(1);
        const FlowField truth = squareMotion();
        const FlowField still(kSize);
        const FlowAccuracy accuracy = measureAccuracy(still, truth, first, moved(first));
        const auto pixels = static_cast<std::int64_t>(kSize.area());
        QCOMPARE(accuracy.all.pixels, pixels);
        QCOMPARE(accuracy.all.errorSum, 100.0 * kMotionPx);
        QCOMPARE(accuracy.all.outliers, std::int64_t{100});
        QCOMPARE(accuracy.medium.pixels, std::int64_t{100});
        QCOMPARE(*accuracy.medium.epe(), double{kMotionPx});
        QCOMPARE(accuracy.slow.pixels, pixels - 100);
        QCOMPARE(*accuracy.slow.epe(), 0.0);
        QVERIFY(!accuracy.fast.epe());
        QCOMPARE(accuracy.occluded.pixels, std::int64_t{100});
        QCOMPARE(*accuracy.occluded.epe(), 0.0);
        // The whole square is within 5 px of its edge, and a band around it.
        QCOMPARE(accuracy.edges.errorSum, 100.0 * kMotionPx);
        QVERIFY(accuracy.edges.pixels > 100 + 4 * 50 && accuracy.edges.pixels < 24 * 24);
        QVERIFY(std::abs(accuracy.angleSumDeg - 100.0 * 85.2364) < 0.1);
        const FlowAccuracy right = measureAccuracy(truth, truth, first, moved(first));
        QCOMPARE(right.all.errorSum, 0.0);
        FlowAccuracy both = right;
        both += accuracy;
        QCOMPARE(both.all.pixels, 2 * pixels);
        QCOMPARE(both.angleSumDeg, accuracy.angleSumDeg + right.angleSumDeg);
    }

    void aSceneWithoutEdgesHasNoPixelsNearThem() {
        const Frame first = noise(1);
        const FlowField still(kSize);
        const FlowAccuracy accuracy = measureAccuracy(still, still, first, first);
        QCOMPARE(accuracy.edges.pixels, std::int64_t{0});
        QCOMPARE(accuracy.occluded.pixels, std::int64_t{0});
    }

    void mapsAreUnknownWhereTruthIs() {
        FlowField truth(kSize);
        truth.set(0, 0, {FlowField::kUnknown, FlowField::kUnknown});
        truth.set(0, 1, {3.0F, 4.0F});
        FlowField estimate(kSize);
        estimate.set(0, 2, {FlowField::kUnknown, 0.0F});
        estimate.set(0, 3, {1.0F, 0.0F});
        const ScalarMap error = endPointErrorMap(estimate, truth);
        QVERIFY(std::isnan(error.values.at(0, 0)));
        QCOMPARE(error.values.at(0, 1), 5.0F);
        QCOMPARE(error.values.at(0, 2), 0.0F);
        QCOMPARE(error.rangeHigh, 5.0F);
        const ScalarMap angle = angularErrorMap(estimate, truth);
        QVERIFY(std::isnan(angle.values.at(0, 0)));
        QVERIFY(std::abs(angle.values.at(0, 3) - 45.0F) < 1e-4F);
        const auto outcome = runGuarded([&] { return endPointErrorMap(FlowField({3, 3}), truth); });
        QVERIFY(!outcome.ok());
        QCOMPARE(outcome.error().code(), ErrorCode::Input);
    }

    void theTableHasARowPerPairAndOneForAll() {
        AccuracyByFrame rows;
        rows[7].all = {4, 2.0, 1};
        rows[7].slow = {4, 2.0, 1};
        rows[3].all = {12, 12.0, 0};
        const QStringList lines = linesOf(accuracyCsv(rows));
        QCOMPARE(lines.size(), 4);
        QCOMPARE(lines[0], QString("frame,pixels,epe,angular_deg,fl_percent,epe_occluded,epe_edges,"
                                   "epe_0_10,epe_10_40,epe_40"));
        QCOMPARE(lines[1], QString("3,12,1,0,0,,,,,"));
        QCOMPARE(lines[2], QString("7,4,0.5,0,25,,,0.5,,"));
        QCOMPARE(lines[3], QString("all,16,0.875,0,6.25,,,0.5,,"));
        const LineChart chart = accuracyChart(rows, "clip");
        QCOMPARE(chart.lines.size(), std::size_t{2});
        QCOMPARE(chart.lines[1].points.size(), std::size_t{2});
        QVERIFY(!chart.lines[1].points[0].y);
        QCOMPARE(*chart.lines[1].points[1].y, 0.5);
    }
};

QTEST_GUILESS_MAIN(TestFlowAccuracy)
#include "test_flow_accuracy.moc"
