#include <QTest>

#include "media/base/error.h"
#include "segmentation/mask_patch.h"
#include "tests/segmentation/format_1_writer.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

class TestMaskPatch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void undoAfterDoIsIdentity() {
        for (std::uint32_t seed = 0; seed < 40; ++seed) {
            const Mask before = randomMask({47, 33}, 5, seed);
            const Mask after = randomMask({47, 33}, 5, seed + 1000);
            const MaskPatch patch = diffMasks(before, after);
            QVERIFY(applyPatch(before, patch) == after);
            QVERIFY(revertPatch(after, patch) == before);
            QVERIFY(decodePatch(encodePatch(patch)) == patch);
        }
    }

    void boxIsTight() {
        const Mask before({30, 20});
        Mask after = before;
        after.labels.at(4, 7) = 1;
        after.labels.at(9, 3) = 2;
        QVERIFY((diffMasks(before, after).box == BoxPx{3, 4, 8, 10}));
        QVERIFY((diffMasks(before, after, {5, -9, 99, 99}).box == BoxPx{7, 4, 8, 5}));
        QVERIFY(diffMasks(before, after, {20, 0, 30, 20}).empty());
    }

    void equalMasksMakeAnEmptyPatch() {
        const Mask mask = randomMask({12, 9}, 3, 1);
        const MaskPatch patch = diffMasks(mask, mask);
        QVERIFY(patch.empty());
        QCOMPARE(patch.bytes(), std::size_t{0});
        QVERIFY(applyPatch(mask, patch) == mask);
        QVERIFY(decodePatch(encodePatch(patch)) == patch);
    }

    void otherSizesAreRefused() {
        QVERIFY_EXCEPTION_THROWN((void)diffMasks(Mask({2, 2}), Mask({2, 3})), Error);
        const MaskPatch patch = diffMasks(Mask({2, 2}), Mask({2, 2}));
        QVERIFY_EXCEPTION_THROWN((void)applyPatch(Mask({3, 2}), patch), Error);
    }

    void damageIsRefused() {
        const auto whole =
            encodePatch(diffMasks(randomMask({40, 30}, 5, 3), randomMask({40, 30}, 5, 4)));
        for (std::size_t length = 0; length < whole.size(); ++length) {
            const std::span<const std::uint8_t> cut(whole.data(), length);
            QVERIFY_EXCEPTION_THROWN((void)decodePatch(cut), Error);
        }
        MaskPatch wild = diffMasks(Mask({4, 4}), diskMask({4, 4}, {1, 1}, 1));
        wild.box.x0 += 3;
        wild.box.x1 += 3;
        QVERIFY_EXCEPTION_THROWN((void)applyPatch(Mask({4, 4}), wild), Error);
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestMaskPatch)
#include "test_mask_patch.moc"
