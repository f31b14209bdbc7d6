#include <QTest>

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>
#include <vector>

#include "media/base/scalar_histogram.h"

using namespace mcj;

class TestScalarHistogram : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyKnownPixelIsCountedOnce() {
        ScalarMap map({4, 2}, "q", "", 0.0F, 1.0F);
        const float values[] = {0.0F, 0.1F, 0.3F, 0.6F, 0.9F, 1.0F, 1.0F, 0.0F};
        std::copy(std::begin(values), std::end(values), map.values.data());
        map.values.at(1, 3) = std::numeric_limits<float>::quiet_NaN();
        const ScalarHistogram histogram = histogramOf(map, 0.0F, 1.0F, {.bins = 4});
        QCOMPARE(histogram.shares.size(), std::size_t(4));
        const float each = 1.0F / 7.0F;
        QCOMPARE(histogram.shares[0], 2.0F * each);
        QCOMPARE(histogram.shares[1], each);
        QCOMPARE(histogram.shares[2], each);
        QCOMPARE(histogram.shares[3], 3.0F * each);  // the upper end belongs to the last bin
    }

    void theBinsCoverRangeAndValues() {
        ScalarMap map({2, 2}, "q", "", 0.0F, 1.0F);
        map.values.at(0, 0) = -3.0F;
        map.values.at(1, 1) = std::numeric_limits<float>::infinity();
        const ScalarHistogram histogram = histogramOf(map, -1.0F, 5.0F);
        QCOMPARE(histogram.low, -3.0F);
        QCOMPARE(histogram.high, 5.0F);
        QCOMPARE(std::accumulate(histogram.shares.begin(), histogram.shares.end(), 0.0F), 1.0F);
        // Every second pixel of every second row is the first one alone.
        const ScalarHistogram some = histogramOf(map, -1.0F, 5.0F, {.bins = 2, .step = 2});
        QVERIFY((some.shares == std::vector<float>{1.0F, 0.0F}));
    }

    void anUnknownMapHasNoBins() {
        ScalarMap map({2, 1}, "q", "", 0.0F, 1.0F);
        for (float& value : map.values.values()) value = std::numeric_limits<float>::quiet_NaN();
        QVERIFY(histogramOf(map, 0.0F, 1.0F).shares.empty());
    }
};

QTEST_GUILESS_MAIN(TestScalarHistogram)
#include "test_scalar_histogram.moc"
