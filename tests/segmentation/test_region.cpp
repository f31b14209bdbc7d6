#include <QRandomGenerator>
#include <QTest>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "media/base/error.h"
#include "segmentation/feature_region.h"
#include "segmentation/region.h"

namespace mcj {
namespace {

std::int64_t sizeOf(const Region& region) {
    std::int64_t count = 0;
    for (const std::uint8_t value : region.values()) count += value != 0 ? 1 : 0;
    return count;
}

void fillValues(ScalarMap& map, const BoxPx& box, float value) {
    for (int y = box.y0; y < box.y1; ++y) {
        for (int x = box.x0; x < box.x1; ++x) map.values.at(y, x) = value;
    }
}

FeatureRegionOptions atLeast(FeatureRegionOptions options, float threshold) {
    options.threshold = threshold;
    return options;
}

int differing(const Region& a, const Region& b) {
    int count = 0;
    for (std::size_t i = 0; i < a.values().size(); ++i) {
        count += a.values()[i] != b.values()[i] ? 1 : 0;
    }
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

    void likePixelsThatAreConnectedAreARegion() {
        const Raster<std::uint8_t> grey({96, 64}, 3, 90);
        ScalarMap cosine({96, 64}, "cosine similarity", "1", -1.0F, 1.0F);
        fillValues(cosine, {10, 10, 40, 40}, 0.9F);
        fillValues(cosine, {20, 40, 30, 50}, 0.6F);
        fillValues(cosine, {60, 10, 90, 40}, 0.9F);
        fillValues(cosine, {50, 20, 52, 22}, std::numeric_limits<float>::quiet_NaN());
        FeatureRegionOptions options;
        options.edges.radiusPx = 1;
        const Region strict = likeRegion(cosine, {15, 15}, grey, atLeast(options, 0.8F));
        QVERIFY(strict.at(25, 25) != 0 && strict.at(45, 25) == 0 && strict.at(25, 75) == 0);
        const Region loose = likeRegion(cosine, {15, 15}, grey, atLeast(options, 0.5F));
        QVERIFY(loose.at(45, 25) != 0 && loose.at(25, 75) == 0);
        QVERIFY(sizeOf(loose) > sizeOf(strict));
        options.reach = RegionReach::Everywhere;
        const Region all = likeRegion(cosine, {15, 15}, grey, atLeast(options, 0.8F));
        QVERIFY(all.at(25, 75) != 0 && all.at(25, 25) != 0);
        // Unknown, not like itself, and outside.
        for (const PointPx at : {PointPx{51, 21}, {2, 2}, {-1, 5}, {96, 5}}) {
            QCOMPARE(sizeOf(likeRegion(cosine, at, grey, atLeast(options, 0.8F))), std::int64_t(0));
        }
        QVERIFY_EXCEPTION_THROWN(
            (void)likeRegion(cosine, {1, 1}, Raster<std::uint8_t>({4, 4}, 3), options), Error);
    }

    /// The outline follows cells; the edge of the picture lies between them.
    void aRefinedRegionEndsAtTheEdgeOfThePicture() {
        const SizePx size{96, 96};
        const BoxPx square{28, 28, 68, 68};
        Raster<std::uint8_t> picture(size, 3, 60);
        Region coarse(size, 1);
        Region truth(size, 1);
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
                const bool in = x >= square.x0 && x < square.x1 && y >= square.y0 && y < square.y1;
                truth.at(y, x) = in ? std::uint8_t{1} : std::uint8_t{0};
                if (in) picture.at(y, x, 0) = 200;
                const bool cell = x >= 24 && x < 64 && y >= 32 && y < 72;
                coarse.at(y, x) = cell ? std::uint8_t{1} : std::uint8_t{0};
            }
        }
        const Region refined = refineRegion(coarse, picture, {.radiusPx = 8, .epsilon = 0.001F});
        const int before = differing(coarse, truth);
        const int after = differing(refined, truth);
        QVERIFY2(4 * after < before, qPrintable(QString("%1 of %2").arg(after).arg(before)));
        StopSource stop;
        stop.requestStop();
        QVERIFY_EXCEPTION_THROWN((void)refineRegion(coarse, picture, {}, stop.token()), Error);
        const Region none(size, 1);
        QVERIFY(refineRegion(none, picture, {}) == none);
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestRegion)
#include "test_region.moc"
