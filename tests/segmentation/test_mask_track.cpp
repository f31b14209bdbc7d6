#include <QTest>

#include <algorithm>

#include "segmentation/mask_track.h"
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
        QVERIFY(PackedMask::pack(Mask(kSize))->blank());
        Mask unknown(kSize);
        unknown.labels.at(2, 3) = kVoid;
        QVERIFY(!PackedMask::pack(unknown)->blank());
    }

    void anObjectIsTakenOutWithoutUnpacking() {
        for (std::uint32_t seed = 0; seed < 20; ++seed) {
            const Mask mask = randomMask(kSize, 5, seed);
            for (int id = 1; id < 5; ++id) {
                const auto object = static_cast<ObjectId>(id);
                Mask expected = mask;
                const auto values = expected.labels.values();
                std::replace(values.begin(), values.end(), object, kBackground);
                QVERIFY(*PackedMask::pack(mask)->without(object) == *PackedMask::pack(expected));
            }
        }
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
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestMaskTrack)
#include "test_mask_track.moc"
