#include <QTest>

#include "media/base/error.h"
#include "segmentation/soft_labels.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

FlowField uniformFlow(SizePx size, PointF motion) {
    FlowField flow(size);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) flow.set(y, x, motion);
    }
    return flow;
}

Mask carried(const Mask& mask, PointF motion, int times = 1, ScalarMap* margin = nullptr) {
    SoftLabels labels(mask);
    for (int i = 0; i < times; ++i) labels.carry(uniformFlow(mask.size(), motion));
    return labels.harden(margin);
}

class TestSoftLabels : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void noMotionIsIdentity() {
        for (std::uint32_t seed = 0; seed < 10; ++seed) {
            const Mask mask = randomMask({37, 29}, 255, seed);
            ScalarMap margin(mask.size(), "margin", "1", 0, 1);
            QVERIFY(carried(mask, {0, 0}, 3, &margin) == mask);
            for (const float value : margin.values.values()) QCOMPARE(value, 1.0F);
            QVERIFY(carried(mask, {FlowField::kUnknown, 5}) == mask);
        }
    }

    void wholePixelsMoveExactly() {
        const Mask mask = diskMask({60, 50}, {30, 25}, 9, 4);
        // The new frame's p is found at p + (-3, 2): the disk has moved by (3, -2).
        QVERIFY(carried(mask, {-3, 2}) == diskMask({60, 50}, {33, 23}, 9, 4));
        QVERIFY(carried(mask, {-3, 2}, 4) == diskMask({60, 50}, {42, 17}, 9, 4));
    }

    /// What a mask that is hardened on every frame cannot do: 0.3 px would never move it.
    void partsOfAPixelAddUp() {
        for (const float step : {0.1F, 0.3F, 0.45F, 0.5F, 0.6F, 1.25F}) {
            const int times = 20;
            Mask mask({120, 9});
            for (int y = 0; y < 9; ++y) {
                for (int x = 20; x < 50; ++x) mask.labels.at(y, x) = 1;
            }
            const BoxPx box = boundsOf(carried(mask, {-step, 0}, times), 1);
            const float expected = 20.0F + step * static_cast<float>(times);
            QVERIFY2(std::abs(static_cast<float>(box.x0) - expected) <= 1.0F &&
                         std::abs(static_cast<float>(box.x1) - expected - 30.0F) <= 1.0F,
                     qPrintable(QString("step %1: %2 to %3").arg(step).arg(box.x0).arg(box.x1)));
        }
    }

    void marginIsTheLead() {
        Mask mask({6, 3});
        for (int y = 0; y < 3; ++y) {
            for (int x = 3; x < 6; ++x) mask.labels.at(y, x) = 2;
        }
        ScalarMap margin(mask.size(), "margin", "1", 0, 1);
        QVERIFY(carried(mask, {0.25F, 0}, 1, &margin) == mask);
        QCOMPARE(margin.values.at(1, 2), 0.5F);
        QCOMPARE(margin.values.at(1, 0), 1.0F);
    }

    void theBorderGoesOn() {
        const Mask mask = randomMask({20, 10}, 4, 6);
        const Mask moved = carried(mask, {-1e6F, 0});
        for (int y = 0; y < 10; ++y) {
            for (int x = 0; x < 20; ++x) {
                QCOMPARE(int{moved.labels.at(y, x)}, int{mask.labels.at(y, 0)});
            }
        }
    }

    void voidVotesForNothing() {
        Mask mask({6, 1});
        const ObjectId labels[] = {0, 0, kVoid, kVoid, 3, 3};
        for (int x = 0; x < 6; ++x) mask.labels.at(0, x) = labels[x];
        ScalarMap margin(mask.size(), "margin", "1", 0, 1);
        const Mask moved = carried(mask, {0.75F, 0}, 1, &margin);
        const ObjectId expected[] = {0, 0, 0, 3, 3, 3};
        for (int x = 0; x < 6; ++x) QCOMPARE(int{moved.labels.at(0, x)}, int{expected[x]});
        QCOMPARE(margin.values.at(0, 2), 0.0F);
        QCOMPARE(margin.values.at(0, 3), 1.0F);
    }

    void sharesFollowTheMask() {
        Mask mask({8, 1});
        for (int x = 4; x < 8; ++x) mask.labels.at(0, x) = 2;
        SoftLabels soft(mask);
        soft.carry(uniformFlow(mask.size(), {0.25F, 0}));
        // Pixel 3 has a quarter of the object, and background comes second in no other pixel.
        QCOMPARE(soft.shares(2).at(0, 3), 0.25F);
        QCOMPARE(soft.shares(kBackground).at(0, 3), 0.75F);
        QCOMPARE(int{soft.secondLabels().at(0, 3)}, 2);
        QCOMPARE(int{soft.secondLabels().at(0, 5)}, 0);
        Mask other = mask;
        other.labels.at(0, 3) = 2;      // came second: the two are exchanged
        other.labels.at(0, 0) = 7;      // has no share
        other.labels.at(0, 7) = kVoid;  // nothing is known
        soft.agreeWith(other);
        QCOMPARE(soft.shares(2).at(0, 3), 0.75F);
        QCOMPARE(soft.shares(kBackground).at(0, 3), 0.25F);
        QCOMPARE(soft.shares(7).at(0, 0), 1.0F);
        QCOMPARE(soft.shares(2).at(0, 7), 0.0F);
        other.labels.at(0, 7) = kBackground;  // what hardening makes of void
        QVERIFY(soft.harden(nullptr) == other);
        QVERIFY_EXCEPTION_THROWN(soft.agreeWith(Mask({3, 3})), Error);
    }

    void manyLabelsMeetInOnePixel() {
        // Every pixel its own label, moved by thirds: shares stay shares.
        Mask mask({14, 14});
        for (int y = 0; y < 14; ++y) {
            for (int x = 0; x < 14; ++x) {
                mask.labels.at(y, x) = static_cast<ObjectId>(1 + y * 14 + x);
            }
        }
        ScalarMap margin(mask.size(), "margin", "1", 0, 1);
        const Mask moved = carried(mask, {0.33F, 0.33F}, 9, &margin);
        for (int y = 0; y < 14; ++y) {
            for (int x = 0; x < 14; ++x) {
                QVERIFY(moved.labels.at(y, x) >= 1 && moved.labels.at(y, x) <= 196);
                QVERIFY(margin.values.at(y, x) >= 0.0F && margin.values.at(y, x) <= 1.0F);
            }
        }
        QVERIFY_EXCEPTION_THROWN(SoftLabels(mask).carry(FlowField({3, 3})), Error);
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestSoftLabels)
#include "test_soft_labels.moc"
