#include <QTest>

#include <cmath>

#include "segmentation/mask_shape.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

void fill(Mask& mask, const BoxPx& box, ObjectId object) {
    for (int y = box.y0; y < box.y1; ++y) {
        for (int x = box.x0; x < box.x1; ++x) mask.labels.at(y, x) = object;
    }
}

class TestMaskShape : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aBarIsAsThickAsItIsWide() {
        for (const int width : {4, 8, 20}) {
            Mask mask({200, 60});
            fill(mask, {10, 10, 190, 10 + width}, 3);
            const float thickness = thicknessPx(mask, 3);
            QVERIFY2(std::abs(thickness - static_cast<float>(width)) <= 2.5F,
                     qPrintable(QString("%1: %2").arg(width).arg(thickness)));
        }
        QCOMPARE(thicknessPx(Mask({20, 20}), 3), 0.0F);
    }

    void aDiskIsThick() {
        const Mask mask = diskMask({200, 200}, {100, 100}, 40);
        const float thickness = thicknessPx(mask, 1);
        QVERIFY2(thickness > 40.0F && thickness < 56.0F, qPrintable(QString::number(thickness)));
    }

    /// An object of which the border shows only a part is not thin for that.
    void theBorderIsNoOutline() {
        Mask whole({60, 40});
        fill(whole, {0, 0, 60, 40}, 1);
        QCOMPARE(thicknessPx(whole, 1), 40.0F);
        Mask cut({60, 40});
        fill(cut, {0, 0, 8, 40}, 1);
        Mask inside({60, 40});
        fill(inside, {20, 10, 28, 30}, 1);
        QVERIFY(thicknessPx(cut, 1) > 1.5F * thicknessPx(inside, 1));
    }

    void distancesToOutlines() {
        Mask mask({30, 20});
        fill(mask, {10, 0, 30, 20}, 1);
        const Raster<float> distance = outlineDistancePx(mask);
        for (int x = 0; x < 30; ++x) {
            const auto expected = static_cast<float>(x < 10 ? 9 - x : x - 10);
            QVERIFY(std::abs(distance.at(7, x) - expected) < 0.01F);
        }
        const Raster<float> nowhere = outlineDistancePx(Mask({30, 20}));
        for (const float value : nowhere.values()) QVERIFY(value >= 50.0F);
    }

    void specksGo() {
        Mask mask({100, 80});
        fill(mask, {10, 10, 60, 60}, 1);  // 2500 px
        fill(mask, {70, 10, 76, 16}, 1);  // 36 px: under 2 % and small
        fill(mask, {70, 30, 82, 42}, 1);  // 144 px: over 2 %
        fill(mask, {90, 70, 93, 73}, 2);  // all there is of an object
        const Mask before = mask;
        QVERIFY(removeSpecks(mask, {.share = 0.02F, .areaPx = 400}));
        QCOMPARE(areaOf(mask, 1), std::int64_t{2500 + 144});
        QCOMPARE(areaOf(mask, 2), std::int64_t{9});
        QCOMPARE(mask.labels.at(12, 72), kBackground);
        QVERIFY(!removeSpecks(mask, {.share = 0.02F, .areaPx = 400}));
        // Large pieces stay, whatever their share.
        Mask large = before;
        QVERIFY(!removeSpecks(large, {.share = 0.5F, .areaPx = 20}));
        QVERIFY(large == before);
    }

    void piecesThatTouchAtACornerAreOne() {
        Mask mask({40, 40});
        fill(mask, {0, 0, 30, 30}, 1);
        fill(mask, {30, 30, 32, 32}, 1);
        QVERIFY(!removeSpecks(mask, {.share = 0.1F, .areaPx = 400}));
    }

    void voidIsLeftAlone() {
        Mask mask({40, 40});
        fill(mask, {0, 0, 30, 30}, kVoid);
        fill(mask, {35, 35, 37, 37}, kVoid);
        const Mask before = mask;
        QVERIFY(!removeSpecks(mask, {}));
        QVERIFY(mask == before);
    }

    void cleaningFillsHolesAndRemovesSpecks() {
        Mask mask({80, 60});
        fill(mask, {10, 10, 40, 40}, 2);
        fill(mask, {14, 14, 16, 16}, kBackground);  // 4 px
        fill(mask, {20, 20, 26, 26}, kBackground);  // 36 px
        fill(mask, {22, 22, 24, 24}, 2);            // within the hole
        fill(mask, {50, 10, 53, 13}, 2);            // 9 px
        fill(mask, {60, 10, 63, 13}, 1);            // another object's
        const Mask before = mask;
        QVERIFY(!cleanUp(mask, 2, 4));
        QVERIFY(mask == before);
        QVERIFY(cleanUp(mask, 2, 10));
        QCOMPARE(mask.labels.at(14, 14), ObjectId(2));
        QCOMPARE(mask.labels.at(20, 20), kBackground);
        // The island is a speck, too: the hole is then 36 px.
        QCOMPARE(mask.labels.at(22, 22), kBackground);
        QCOMPARE(mask.labels.at(11, 51), kBackground);
        QCOMPARE(areaOf(mask, 1), std::int64_t{9});
        QVERIFY(cleanUp(mask, 2, 37));
        QCOMPARE(areaOf(mask, 2), std::int64_t{900});
        QVERIFY(!cleanUp(mask, 2, 37));
    }

    void cleaningKeepsTheLargestPartAndOpenHoles() {
        Mask mask({40, 40});
        fill(mask, {0, 0, 3, 3}, 1);
        QVERIFY(!cleanUp(mask, 1, 50));
        // At the border, beside a corner, and around another object or void.
        Mask open({40, 40});
        fill(open, {0, 0, 40, 40}, 1);
        fill(open, {0, 10, 2, 12}, kBackground);
        fill(open, {20, 20, 24, 24}, kBackground);
        open.labels.at(21, 21) = 2;
        fill(open, {30, 30, 33, 33}, kVoid);
        const Mask before = open;
        QVERIFY(!cleanUp(open, 1, 50));
        QVERIFY(open == before);
        QVERIFY(!cleanUp(open, 7, 50));
        // Pixels that touch only at a corner: one part, but two holes.
        Mask corner({20, 20});
        fill(corner, {2, 2, 18, 18}, 1);
        fill(corner, {8, 8, 10, 10}, kBackground);
        fill(corner, {10, 10, 12, 12}, kBackground);
        QVERIFY(cleanUp(corner, 1, 5));
        QCOMPARE(areaOf(corner, 1), std::int64_t{256});
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestMaskShape)
#include "test_mask_shape.moc"
