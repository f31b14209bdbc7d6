#include <QTest>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "segmentation/average_precision.h"

using namespace mcj;

namespace {

/// Precision and recall at every threshold anew.
double naive(const std::vector<float>& scores, const std::vector<std::uint8_t>& wanted) {
    std::vector<float> thresholds = scores;
    std::sort(thresholds.begin(), thresholds.end(), std::greater<>());
    thresholds.erase(std::unique(thresholds.begin(), thresholds.end()), thresholds.end());
    double all = 0.0;
    for (const std::uint8_t one : wanted) all += one != 0 ? 1.0 : 0.0;
    double area = 0.0;
    double recallBefore = 0.0;
    for (const float threshold : thresholds) {
        double found = 0.0;
        double taken = 0.0;
        for (std::size_t i = 0; i < scores.size(); ++i) {
            if (scores[i] < threshold) continue;
            taken += 1.0;
            found += wanted[i] != 0 ? 1.0 : 0.0;
        }
        area += (found / all - recallBefore) * (found / taken);
        recallBefore = found / all;
    }
    return area;
}

}  // namespace

class TestAveragePrecision : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalsPrecisionAndRecallAtEveryThreshold() {
        std::mt19937 random(4);
        for (int levels : {2, 5, 1000}) {
            std::vector<float> scores(200);
            std::vector<std::uint8_t> wanted(200);
            for (std::size_t i = 0; i < scores.size(); ++i) {
                scores[i] = static_cast<float>(static_cast<int>(random() % 1000) % levels);
                wanted[i] = random() % 4 == 0 ? 1 : 0;
            }
            QVERIFY(std::abs(averagePrecision(scores, wanted).value() - naive(scores, wanted)) <
                    1e-12);
        }
    }

    void hasTheKnownEnds() {
        const std::vector<std::uint8_t> wanted{1, 1, 0, 0, 0};
        QCOMPARE(averagePrecision(std::vector<float>{5, 4, 3, 2, 1}, wanted).value(), 1.0);
        // Nothing is told apart: the share of what is wanted.
        QVERIFY(std::abs(averagePrecision(std::vector<float>(5, 0.5F), wanted).value() - 0.4) <
                1e-12);
        QVERIFY(!averagePrecision(std::vector<float>{1, 2}, std::vector<std::uint8_t>{0, 0}));
    }

    void whatDoesNotCountIsLeftOut() {
        const float nan = std::numeric_limits<float>::quiet_NaN();
        const std::vector<float> scores{9, 8, nan, 7, 6};
        const std::vector<std::uint8_t> wanted{0, 1, 1, 1, 0};
        const std::vector<std::uint8_t> counts{0, 1, 1, 1, 1};
        QCOMPARE(averagePrecision(scores, wanted, counts).value(), 1.0);
        QVERIFY(averagePrecision(scores, wanted).value() < 1.0);
    }
};

QTEST_GUILESS_MAIN(TestAveragePrecision)
#include "test_average_precision.moc"
