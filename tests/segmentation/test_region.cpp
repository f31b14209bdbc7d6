#include <QRandomGenerator>
#include <QTest>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "media/base/error.h"
#include "segmentation/region.h"

namespace mcj {
namespace {

std::int64_t sizeOf(const Region& region) {
    std::int64_t count = 0;
    for (const std::uint8_t value : region.values()) count += value != 0 ? 1 : 0;
    return count;
}

/// The definition: a ray to the left meets the outline an odd number of times.
bool insideByRay(const std::vector<PointF>& points, int x, int y) {
    bool inside = false;
    for (std::size_t i = 0; i < points.size(); ++i) {
        PointF a = points[i];
        PointF b = points[(i + 1) % points.size()];
        if (a.y > b.y) std::swap(a, b);
        if (!(double{a.y} <= y && y < double{b.y})) continue;
        const double along = (y - double{a.y}) / (double{b.y} - a.y);
        if (a.x + along * (double{b.x} - a.x) <= x) inside = !inside;
    }
    return inside;
}

class TestRegion : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aPolygonHasThePixelsWhoseCentreIsInside() {
        // Integers are centres: the right and the lower edge are outside.
        const std::vector<PointF> square{{2, 3}, {6, 3}, {6, 8}, {2, 8}};
        const Region region = polygonRegion({10, 12}, square);
        for (int y = 0; y < 12; ++y) {
            for (int x = 0; x < 10; ++x) {
                const bool inside = x >= 2 && x < 6 && y >= 3 && y < 8;
                QCOMPARE(region.at(y, x) != 0, inside);
            }
        }
    }

    void anyPolygonFollowsTheEvenOddRule() {
        QRandomGenerator random(11);
        for (int round = 0; round < 40; ++round) {
            std::vector<PointF> points;
            for (int i = 3 + random.bounded(9); i > 0; --i) {
                // Quarters, so that edges go through centres; some are outside of the picture.
                points.push_back({static_cast<float>(random.bounded(240) - 40) / 4.0F,
                                  static_cast<float>(random.bounded(200) - 40) / 4.0F});
            }
            const Region region = polygonRegion({40, 30}, points);
            for (int y = 0; y < 30; ++y) {
                for (int x = 0; x < 40; ++x) {
                    QCOMPARE(region.at(y, x) != 0, insideByRay(points, x, y));
                }
            }
        }
    }

    void neighboursShareNoPixelAndLeaveNoneOut() {
        const PointF corner{31.0F, 22.0F};
        const PointF other{4.0F, 5.0F};
        const Region left = polygonRegion({40, 30}, std::vector<PointF>{{4, 22}, other, corner});
        const Region right = polygonRegion({40, 30}, std::vector<PointF>{{31, 5}, corner, other});
        const Region both =
            polygonRegion({40, 30}, std::vector<PointF>{other, {31, 5}, corner, {4, 22}});
        for (int y = 0; y < 30; ++y) {
            for (int x = 0; x < 40; ++x) {
                QCOMPARE(left.at(y, x) + right.at(y, x), int{both.at(y, x)});
            }
        }
    }

    void whatEnclosesNothingIsEmpty() {
        const float nan = std::numeric_limits<float>::quiet_NaN();
        QCOMPARE(sizeOf(polygonRegion({20, 20}, {})), 0);
        QCOMPARE(sizeOf(polygonRegion({20, 20}, std::vector<PointF>{{2, 2}, {9, 9}})), 0);
        QCOMPARE(sizeOf(polygonRegion({20, 20}, std::vector<PointF>{{2, 2}, {9, 2}, {nan, 9}})), 0);
        QCOMPARE(sizeOf(polygonRegion({20, 20}, std::vector<PointF>{{-9, -9}, {-2, -9}, {-5, -2}})),
                 0);
        QVERIFY(polygonRegion({0, 0}, std::vector<PointF>{{2, 2}, {9, 2}, {5, 9}}).empty());
        // Larger than the picture: all of it.
        QCOMPARE(
            sizeOf(polygonRegion(
                {20, 20},
                std::vector<PointF>{{-1e6F, -1e6F}, {1e6F, -1e6F}, {1e6F, 1e6F}, {-1e6F, 1e6F}})),
            400);
    }

    void aRegionIsPaintedAndTakenAway() {
        Mask mask({10, 10});
        for (int x = 0; x < 10; ++x) mask.labels.at(5, x) = 2;
        Region region({10, 10}, 1);
        for (int y = 4; y < 7; ++y) {
            for (int x = 3; x < 8; ++x) region.at(y, x) = 1;
        }
        Mask painted = mask;
        QCOMPARE(paintRegion(painted, region, BrushAction::Paint, 3), (BoxPx{3, 4, 8, 7}));
        QCOMPARE(areaOf(painted, 3), 15);
        QCOMPARE(areaOf(painted, 2), 5);
        QVERIFY(paintRegion(painted, region, BrushAction::Paint, 3).empty());
        // Taking an object away leaves the others.
        Mask rest = mask;
        QVERIFY(paintRegion(rest, region, BrushAction::EraseObject, 3).empty());
        QVERIFY(rest == mask);
        QCOMPARE(paintRegion(rest, region, BrushAction::EraseObject, 2), (BoxPx{3, 5, 8, 6}));
        QCOMPARE(areaOf(rest, 2), 5);
        QVERIFY(!paintRegion(painted, region, BrushAction::EraseAll, 1).empty());
        QCOMPARE(areaOf(painted, 3), 0);
        QVERIFY_EXCEPTION_THROWN(paintRegion(mask, Region({9, 10}, 1), BrushAction::Paint, 1),
                                 Error);
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestRegion)
#include "test_region.moc"
