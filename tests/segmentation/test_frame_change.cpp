#include <QTest>

#include "media/base/error.h"
#include "segmentation/frame_change.h"
#include "tests/segmentation/format_1_writer.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

constexpr SizePx kSize{40, 30};

/// From one random mask to another.
FrameChange someChange() {
    FrameChange change;
    change.frame = 2;
    change.before = MaskFacts{.origin = MaskOrigin::Propagated, .confidence = 0.25F};
    change.after = MaskFacts{.locked = true, .partial = true};
    change.patch = diffMasks(randomMask(kSize, 4, 3), randomMask(kSize, 4, 50));
    return change;
}

class TestFrameChange : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void undoAfterDoIsIdentity() {
        const FrameChange change = someChange();
        const MaskEntry before = makeEntry(randomMask(kSize, 4, 3), *change.before);
        const auto after = applyChange(before, change);
        QVERIFY(*after->mask() == randomMask(kSize, 4, 50));
        QVERIFY(after->facts == *change.after);
        QVERIFY(*revertChange(after, change) == before);
        QVERIFY(decodeChange(encodeChange(change)) == change);
    }

    void changesThatDoNotFitAreRefused() {
        const FrameChange change = someChange();
        QVERIFY_EXCEPTION_THROWN((void)applyChange(std::nullopt, change), Error);
        const MaskEntry other = makeEntry(Mask({3, 3}), {});
        QVERIFY_EXCEPTION_THROWN((void)applyChange(other, change), Error);
        const auto bytes = encodeChange(change);
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            const std::span<const std::uint8_t> cut(bytes.data(), length);
            QVERIFY_EXCEPTION_THROWN((void)decodeChange(cut), Error);
        }
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestFrameChange)
#include "test_frame_change.moc"
