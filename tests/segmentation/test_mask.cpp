#include <QTest>

#include "media/base/error.h"
#include "segmentation/mask.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

class TestMask : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void onlyVoidMeansOneObject() {
        Mask mask = diskMask({20, 10}, {8, 5}, 3, kVoid);
        QCOMPARE(int{highestObject(mask)}, 0);
        QVERIFY(normalizeImportedMask(mask) == diskMask({20, 10}, {8, 5}, 3, 1));
    }

    void voidBesideObjectsStays() {
        Mask mask = diskMask({20, 10}, {8, 5}, 3, 2);
        mask.labels.at(0, 0) = kVoid;
        QVERIFY(normalizeImportedMask(mask) == mask);
        QCOMPARE(int{highestObject(mask)}, 2);
        QVERIFY(normalizeImportedMask(Mask({3, 2})) == Mask({3, 2}));
    }

    void measuresObjects() {
        Mask mask({7, 5});
        mask.labels.at(1, 2) = mask.labels.at(3, 5) = 4;
        mask.labels.at(0, 0) = kVoid;
        QCOMPARE(areaOf(mask, 4), std::int64_t{2});
        QVERIFY((boundsOf(mask, 4) == BoxPx{2, 1, 6, 4}));
        QVERIFY(boundsOf(mask, 9).empty());
        const ObjectSet objects = objectsIn(mask);
        QCOMPARE(objects.count(), std::size_t{1});
        QVERIFY(objects.test(4));
    }

    void mergeKeepsWhatIsNotNamed() {
        Mask carried({4, 1});
        Mask given({4, 1});
        const ObjectId carriedLabels[] = {1, 2, 1, 0};
        const ObjectId givenLabels[] = {0, 0, 2, 2};
        for (int x = 0; x < 4; ++x) {
            carried.labels.at(0, x) = carriedLabels[x];
            given.labels.at(0, x) = givenLabels[x];
        }
        const Mask merged = mergeObjects(carried, given);
        // Object 1 stays where 2 does not cover it; object 2 lies only where it was given.
        const ObjectId expected[] = {1, 0, 2, 2};
        for (int x = 0; x < 4; ++x) QCOMPARE(int{merged.labels.at(0, x)}, int{expected[x]});
        QVERIFY_EXCEPTION_THROWN((void)mergeObjects(carried, Mask({3, 1})), Error);
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestMask)
#include "test_mask.moc"
