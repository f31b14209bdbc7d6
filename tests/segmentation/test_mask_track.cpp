#include <QTest>

#include "media/base/error.h"
#include "segmentation/mask_track.h"
#include "segmentation/track_edit.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

constexpr SizePx kSize{40, 30};

MaskEntry entry(std::uint32_t seed, MaskOrigin origin = MaskOrigin::Painted) {
    return makeEntry(randomMask(kSize, 4, seed), {.origin = origin, .confidence = 0.25F});
}

MaskTrack someTrack() {
    MaskTrack track;
    track.set(0, entry(1));
    for (FrameIndex frame = 1; frame < 6; ++frame) {
        track.set(frame, entry(static_cast<std::uint32_t>(frame) + 1, MaskOrigin::Propagated));
    }
    track.set(6, entry(7, MaskOrigin::Imported));
    return track;
}

class TestMaskTrack : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void snapshotsDoNotSeeLaterChanges() {
        MaskTrack track = someTrack();
        const MaskTrack snapshot = track;
        track.set(3, entry(99));
        track.erase(5);
        track.lock(4);
        QVERIFY(snapshot == someTrack());
        QVERIFY(!(track == snapshot));
        QCOMPARE(track.size(), std::size_t{6});
        QVERIFY(track.mask(5) == nullptr);
        QVERIFY(*track.mask(3) == randomMask(kSize, 4, 99));
    }

    void anchorsArePaintedImportedOrLocked() {
        MaskTrack track = someTrack();
        QCOMPARE(track.anchors(), (std::vector<FrameIndex>{0, 6}));
        track.lock(3);
        track.lock(77);
        QCOMPARE(track.anchors(), (std::vector<FrameIndex>{0, 3, 6}));
        track.unlock(3);
        QCOMPARE(track.anchors(), (std::vector<FrameIndex>{0, 6}));
        QVERIFY(track.find(77) == nullptr);
    }

    void aPackedMaskKnowsItsObjects() {
        for (std::uint32_t seed = 0; seed < 20; ++seed) {
            Mask mask = randomMask(kSize, 6, seed);
            mask.labels.at(2, 3) = kVoid;
            const PackedMaskPtr packed = PackedMask::pack(mask);
            QVERIFY(packed->objects() == objectsIn(mask));
            const auto bytes = packed->bytes();
            QVERIFY(*PackedMask::fromBytes({bytes.begin(), bytes.end()}) == *packed);
        }
        QVERIFY(PackedMask::pack(Mask(kSize))->objects().none());
    }

    void staysSmall() {
        MaskTrack track;
        const SizePx hd{1920, 1080};
        for (FrameIndex frame = 0; frame < 8; ++frame) {
            track.set(frame, makeEntry(diskMask(hd, {900, 500}, 300), {}));
        }
        QVERIFY2(track.bytes() < 8 * hd.area() / 100, qPrintable(QString::number(track.bytes())));
        QVERIFY(track.objects().test(1));
        QCOMPARE(track.objects().count(), std::size_t{1});
    }

    void undoAfterDoIsIdentity() {
        MaskTrack track = someTrack();
        const MaskTrack before = track;
        TrackEdit edit{"Change much", {}};
        MaskTrack planned = track;
        const auto add = [&](FrameIndex frame, const std::optional<MaskEntry>& after) {
            edit.changes.push_back(changeFrame(planned, frame, after));
            if (after) {
                planned.set(frame, *after);
            } else {
                planned.erase(frame);
            }
        };
        add(2, entry(50));     // new labels
        add(9, entry(51));     // a frame that had no mask
        add(6, std::nullopt);  // a mask goes
        MaskEntry locked = *track.find(3);
        locked.facts.locked = true;
        add(3, locked);                       // facts alone
        add(2, entry(52));                    // the same frame again
        add(11, makeEntry(Mask(kSize), {}));  // an empty mask is not a missing one
        applyEdit(track, edit);
        QVERIFY(track == planned);
        QVERIFY(track.find(11) != nullptr);
        revertEdit(track, edit);
        QVERIFY(track == before);
        applyEdit(track, edit);
        QVERIFY(track == planned);
        for (const FrameChange& change : edit.changes) {
            QVERIFY(decodeChange(encodeChange(change)) == change);
        }
    }

    void strokeChangeStoresOnlyItsBox() {
        MaskTrack track = someTrack();
        Mask painted = *track.mask(2);
        painted.labels.at(7, 9) ^= 1;
        const FrameChange change = changeFrame(track, 2, painted, {}, {8, 6, 12, 9});
        QVERIFY((change.patch.box == BoxPx{9, 7, 10, 8}));
        const auto after = applyChange(*track.find(2), change);
        QVERIFY(*after->mask() == painted);
        QVERIFY(after->facts.origin == MaskOrigin::Painted);
        QVERIFY(*revertChange(after, change) == *track.find(2));
    }

    void changesThatDoNotFitAreRefused() {
        MaskTrack track = someTrack();
        const FrameChange change = changeFrame(track, 2, entry(50));
        QVERIFY_EXCEPTION_THROWN((void)applyChange(std::nullopt, change), Error);
        const MaskEntry other = makeEntry(Mask({3, 3}), {});
        QVERIFY_EXCEPTION_THROWN((void)applyChange(other, change), Error);
        QVERIFY_EXCEPTION_THROWN((void)changeFrame(track, 2, other), Error);
        const auto bytes = encodeChange(change);
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            const std::span<const std::uint8_t> cut(bytes.data(), length);
            QVERIFY_EXCEPTION_THROWN((void)decodeChange(cut), Error);
        }
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestMaskTrack)
#include "test_mask_track.moc"
