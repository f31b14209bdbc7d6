#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>

#include "segmentation/brush.h"
#include "segmentation/mask_patch.h"
#include "tests/segmentation/format_1_writer.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

/// Distance to the segment by trying: it has one minimum along the way.
double distanceTo(PointF from, PointF to, int x, int y) {
    const auto at = [&](double t) {
        return std::hypot(from.x + t * (to.x - from.x) - x, from.y + t * (to.y - from.y) - y);
    };
    double low = 0.0;
    double high = 1.0;
    for (int round = 0; round < 60; ++round) {
        const double a = low + (high - low) / 3;
        const double b = high - (high - low) / 3;
        (at(a) < at(b) ? high : low) = at(a) < at(b) ? b : a;
    }
    return std::min({at(low), at(0.0), at(1.0)});
}

class TestBrush : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The definition, without any shortcut.
    void strokeIsEveryPixelWithinTheRadius() {
        const PointF ends[][2] = {{{10, 10}, {30, 22}}, {{5.5F, 30}, {5.5F, 2}},
                                  {{-20, 5}, {70, 9}},  {{33, 12}, {33, 12}},
                                  {{50, 50}, {39, 39}}, {{4, 7.25F}, {29, 7.25F}}};
        for (const auto& [from, to] : ends) {
            for (const float radius : {0.0F, 0.5F, 3.3F, 12.0F}) {
                Brush brush;
                brush.radiusPx = radius;
                Mask mask({48, 40});
                const BoxPx dirty = paintSegment(mask, from, to, brush);
                Mask expected({48, 40});
                for (int y = 0; y < 40; ++y) {
                    for (int x = 0; x < 48; ++x) {
                        const double distance = distanceTo(from, to, x, y);
                        // Leave out what rounding decides.
                        if (std::abs(distance - radius) < 1e-6) {
                            expected.labels.at(y, x) = mask.labels.at(y, x);
                        } else {
                            expected.labels.at(y, x) = distance <= radius ? 1 : 0;
                        }
                    }
                }
                QVERIFY(mask == expected);
                QVERIFY(diffMasks(Mask({48, 40}), mask).box == dirty || dirty.empty());
            }
        }
    }

    void eraserTakesWhatItMay() {
        Mask mask = randomMask({60, 50}, 4, 8);
        const Mask before = mask;
        Brush brush;
        brush.action = BrushAction::EraseObject;
        brush.object = 2;
        brush.radiusPx = 100;
        (void)paintSegment(mask, {30, 20}, {30, 20}, brush);
        QCOMPARE(areaOf(mask, 2), std::int64_t{0});
        QCOMPARE(areaOf(mask, 1), areaOf(before, 1));
        QCOMPARE(areaOf(mask, 3), areaOf(before, 3));
        brush.action = BrushAction::EraseAll;
        brush.locked.set(3);
        (void)paintSegment(mask, {30, 20}, {30, 20}, brush);
        QCOMPARE(areaOf(mask, 1), std::int64_t{0});
        QCOMPARE(areaOf(mask, 3), areaOf(before, 3));
    }

    void lockedObjectsAreNotPaintedOver() {
        Mask mask = diskMask({40, 40}, {20, 20}, 6, 5);
        const Mask before = mask;
        Brush brush;
        brush.object = 1;
        brush.radiusPx = 60;
        brush.locked.set(5);
        const BoxPx dirty = paintSegment(mask, {0, 0}, {39, 39}, brush);
        QVERIFY((dirty == BoxPx{0, 0, 40, 40}));
        QCOMPARE(areaOf(mask, 5), areaOf(before, 5));
        QCOMPARE(areaOf(mask, 1), 1600 - areaOf(before, 5));
    }

    void paintingTwiceChangesNothing() {
        Mask mask({20, 20});
        QVERIFY(!paintSegment(mask, {3, 3}, {15, 9}, Brush{}).empty());
        QVERIFY(paintSegment(mask, {3, 3}, {15, 9}, Brush{}).empty());
    }

    void oddInputDrawsNothing() {
        Mask mask({20, 20});
        const float nan = std::numeric_limits<float>::quiet_NaN();
        const float inf = std::numeric_limits<float>::infinity();
        QVERIFY(paintSegment(mask, {nan, 3}, {15, 9}, Brush{}).empty());
        QVERIFY(paintSegment(mask, {3, 3}, {inf, 9}, Brush{}).empty());
        QVERIFY(paintSegment(mask, {-1e30F, -1e30F}, {-1e30F, -1e30F}, Brush{}).empty());
        QVERIFY(paintSegment(mask, {3e9F, 4}, {3e9F, 4}, Brush{}).empty());
        Brush negative;
        negative.radiusPx = -1;
        QVERIFY(paintSegment(mask, {3, 3}, {5, 5}, negative).empty());
        QVERIFY(mask == Mask({20, 20}));
    }

    void fillStopsAtOtherLabels() {
        Mask mask({30, 30});
        Brush ring;
        ring.radiusPx = 0.8F;
        for (int degree = 0; degree < 360; degree += 5) {
            const auto at = [](int deg) {
                const double angle = deg * M_PI / 180.0;
                return PointF{static_cast<float>(15 + 10 * std::cos(angle)),
                              static_cast<float>(15 + 10 * std::sin(angle))};
            };
            (void)paintSegment(mask, at(degree), at(degree + 5), ring);
        }
        const Mask before = mask;
        const BoxPx dirty = floodFill(mask, {15, 15}, 2);
        QVERIFY(dirty == diffMasks(before, mask).box);
        QCOMPARE(int{mask.labels.at(15, 15)}, 2);
        QCOMPARE(int{mask.labels.at(0, 0)}, 0);
        QCOMPARE(areaOf(mask, 1), areaOf(before, 1));
        QVERIFY(floodFill(mask, {15, 15}, 2).empty());
        QVERIFY(floodFill(mask, {-1, 15}, 2).empty());
        ObjectSet locked;
        locked.set(2);
        QVERIFY(floodFill(mask, {15, 15}, 3, locked).empty());
    }

    void fillReachesAroundCorners() {
        // A spiral corridor one pixel wide: every pixel of it is one area.
        Mask mask({9, 9});
        for (int y = 1; y < 9; y += 2) {
            for (int x = 0; x < 9; ++x) mask.labels.at(y, x) = 1;
            mask.labels.at(y, (y / 2) % 2 == 0 ? 8 : 0) = 0;
        }
        const std::int64_t free = areaOf(mask, 0);
        (void)floodFill(mask, {0, 0}, 7);
        QCOMPARE(areaOf(mask, 7), free);
    }

    void boxesUnite() {
        QVERIFY((unite({1, 2, 3, 4}, {0, 3, 2, 9}) == BoxPx{0, 2, 3, 9}));
        QVERIFY((unite({}, {5, 5, 6, 6}) == BoxPx{5, 5, 6, 6}));
        QVERIFY((unite({5, 5, 6, 6}, {}) == BoxPx{5, 5, 6, 6}));
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestBrush)
#include "test_brush.moc"
