#include <QTest>

#include "media/base/error.h"
#include "segmentation/project_comparison.h"
#include "segmentation/project_match.h"
#include "segmentation/project_merge.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

constexpr SizePx kSize{40, 30};
const StopToken kGoOn{};

MaskEntry entry(const Mask& mask, MaskOrigin origin = MaskOrigin::Painted) {
    return makeEntry(mask, {.origin = origin});
}

Mask disk(float x, ObjectId object = 1) { return diskMask(kSize, {x, 15}, 8, object); }

ProjectContent contentOf(const std::map<FrameIndex, MaskEntry>& masks) {
    ProjectContent content;
    content.video.size = kSize;
    ObjectSet objects;
    for (const auto& [frame, mask] : masks) {
        content.state.tracks[kMainTrack].set(frame, mask);
        objects |= mask.packed->objects();
    }
    content.state.objects.addMissing(objects);
    return content;
}

void mark(ProjectContent& content, FrameIndex frame, WorkStatus status, const char* note = "") {
    content.state.statuses.set(StatusSubject::ofFrame(frame), {status, note});
}

const MaskEntry& maskOf(const MergeResult& merged, FrameIndex frame) {
    return *merged.content.state.track().find(frame);
}

class TestProjectMerge : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void objectsOfTheOtherProjectKeepTheirPlaceInTheOrder() {
        const Mask mask = disk(15);
        const ProjectContent a = contentOf({{0, entry(mask)}});
        ProjectState b = a.state;
        MaskObject behind = defaultObject(2);
        behind.depth = 1;
        b.objects.set(behind);
        LayeredMask layers(mask);
        Region pixel(kSize, 1);
        pixel.at(15, 15) = 1;
        layers.give(pixel, 2, {.overlaps = Overlaps::Keep, .order = b.objects.order()});
        QVERIFY(layers.top() == mask);
        b.tracks[kMainTrack].set(0, {PackedMask::pack(layers), {}});
        const MergeResult merged = mergeProjects(a, b, {.objects = {{2, MergeSide::B}}}, kGoOn);
        QVERIFY(maskOf(merged, 0).packed->unpackLayers() == layers);
        QVERIFY(merged.content.state.objects.order() == b.objects.order());
    }

    void agreementCountsPixels() {
        const Mask a = randomMask(kSize, 5, 1);
        const Mask b = randomMask(kSize, 5, 2);
        const auto objects = agreementOf(a, b);
        for (const ObjectAgreement& row : objects) {
            std::int64_t both = 0;
            std::int64_t either = 0;
            for (std::size_t i = 0; i < a.labels.values().size(); ++i) {
                const bool inA = a.labels.values()[i] == row.object;
                const bool inB = b.labels.values()[i] == row.object;
                both += inA && inB ? 1 : 0;
                either += inA || inB ? 1 : 0;
            }
            QCOMPARE(row.both, both);
            QCOMPARE(row.iou(), static_cast<double>(both) / static_cast<double>(either));
            QCOMPARE(row.areaA, areaOf(a, row.object));
        }
        QCOMPARE(objects.size(), std::size_t{4});
        for (const ObjectAgreement& row : agreementOf(a, a)) QCOMPARE(row.iou(), 1.0);
        QVERIFY(agreementOf(Mask(kSize), Mask(kSize)).empty());
        // Void in one of them does not count.
        Mask hidden = b;
        for (int y = 0; y < kSize.height; ++y) {
            for (int x = 0; x < kSize.width; ++x) {
                if (a.labels.at(y, x) != b.labels.at(y, x)) hidden.labels.at(y, x) = kVoid;
            }
        }
        for (const ObjectAgreement& row : agreementOf(a, hidden)) QCOMPARE(row.iou(), 1.0);
        QVERIFY_EXCEPTION_THROWN((void)agreementOf(a, Mask({3, 3})), Error);
    }

    void projectsAreComparedByFrameAndObject() {
        const ProjectContent a = contentOf({{0, entry(disk(10))}, {4, entry(disk(10))}});
        ProjectContent b =
            contentOf({{0, entry(disk(10))}, {4, entry(disk(14))}, {7, entry(disk(20, 2))}});
        b.state.objects.set({2, "a, \"b\"", {}});
        const auto all = [](std::int64_t, std::int64_t) { return true; };
        const ProjectComparison comparison = compareProjects(a.state, b.state, all);
        QCOMPARE(comparison.frames.size(), std::size_t{3});
        QCOMPARE(comparison.frames[0].iou(), 1.0);
        QVERIFY(comparison.frames[1].iou() > 0.3 && comparison.frames[1].iou() < 0.9);
        QCOMPARE(comparison.frames[2].iou(), 0.0);
        QCOMPARE(comparison.onlyB, std::int64_t{1});
        QCOMPARE(comparison.onlyA, std::int64_t{0});
        QCOMPARE(comparison.objects[0].frames, std::int64_t{2});
        QCOMPARE(comparison.objects[0].leastFrame, FrameIndex{4});
        QCOMPARE(comparison.objects[0].meanIou, (1.0 + comparison.frames[1].iou()) / 2.0);
        const std::string csv = comparisonCsv(comparison, b.state.objects);
        QVERIFY(csv.find("0,1,Object 1,1.000000,") != std::string::npos);
        QVERIFY(csv.find("7,2,\"a, \"\"b\"\"\",0.000000,0,") != std::string::npos);
        const auto none = [](std::int64_t, std::int64_t) { return false; };
        QVERIFY_EXCEPTION_THROWN((void)compareProjects(a.state, b.state, none), Error);
    }

    void otherClipsAreNamed() {
        const VideoIdentity clip{
            .path = "a.mp4", .bytes = 100, .sample = "ab", .frames = 10, .size = kSize};
        VideoIdentity other = clip;
        other.path = "b.mp4";
        QVERIFY(clipDifference(clip, other).empty());
        other.sample = "cd";
        QVERIFY(clipDifference(clip, other).find("content") != std::string::npos);
        other.sample.clear();
        QVERIFY(clipDifference(clip, other).empty());
        other.size = {41, 30};
        QVERIFY(clipDifference(clip, other).find("41 x 30") != std::string::npos);
    }

    void objectsAreMatchedByName() {
        ObjectTable a;
        a.set({1, "car", {}});
        a.set({2, "tree", {}});
        ProjectContent b = contentOf({{0, entry(randomMask(kSize, 5, 3))}});
        b.state.objects = {};
        b.state.objects.set({1, "tree", {}});
        b.state.objects.set({2, "house", {}});
        b.state.objects.set({3, "car", {}});
        b.state.objects.set({4, "dog", {}});
        b.state.statuses.set(StatusSubject::ofObject(3), {WorkStatus::Done, {}});
        const ObjectNumbers numbers = numbersByName(a, b.state.objects);
        QCOMPARE(numbers[1], ObjectId{2});
        QCOMPARE(numbers[3], ObjectId{1});
        QCOMPARE(numbers[4], ObjectId{4});
        QVERIFY(numbers[2] == 5);
        QCOMPARE(numbers[kVoid], kVoid);
        const ProjectState renamed = renumbered(b.state, numbers, kGoOn);
        QCOMPARE(renamed.objects.find(1)->name, std::string("car"));
        QVERIFY(renamed.statuses.of(StatusSubject::ofObject(1)).status == WorkStatus::Done);
        const Mask before = *b.state.track().mask(0);
        const Mask after = *renamed.track().mask(0);
        for (std::size_t i = 0; i < before.labels.values().size(); ++i) {
            QCOMPARE(after.labels.values()[i], numbers[before.labels.values()[i]]);
        }
    }

    void doneThenPaintedFramesWinAndTheRestIsAConflict() {
        const auto propagated = MaskOrigin::Propagated;
        ProjectContent a = contentOf({{0, entry(disk(10))},
                                      {1, entry(disk(10))},
                                      {2, entry(disk(10), propagated)},
                                      {3, entry(disk(10))},
                                      {5, entry(disk(10))}});
        ProjectContent b = contentOf({{0, entry(disk(10))},
                                      {1, entry(disk(20), propagated)},
                                      {2, entry(disk(20))},
                                      {3, entry(disk(20))},
                                      {4, entry(disk(20))}});
        mark(b, 1, WorkStatus::Done, "by B");
        mark(a, 3, WorkStatus::Open, "by A");
        const MergeResult merged = mergeProjects(a, b.state, {}, kGoOn);
        QVERIFY(*maskOf(merged, 0).mask() == disk(10));
        // Done is stronger than painted.
        QVERIFY(*maskOf(merged, 1).mask() == disk(20));
        QVERIFY(*maskOf(merged, 2).mask() == disk(20));
        QVERIFY(*maskOf(merged, 3).mask() == disk(10));
        QVERIFY(*maskOf(merged, 4).mask() == disk(20));
        QVERIFY(*maskOf(merged, 5).mask() == disk(10));
        QCOMPARE(merged.equal, std::int64_t{1});
        QCOMPARE(merged.onlyA, std::int64_t{1});
        QCOMPARE(merged.onlyB, std::int64_t{1});
        QCOMPARE(merged.fromA, std::int64_t{1});
        QCOMPARE(merged.fromB, std::int64_t{2});
        QCOMPARE(merged.conflicts.size(), std::size_t{1});
        QCOMPARE(merged.conflicts[0].subject.name(), std::string("frame 3"));
        const StatusTable& statuses = merged.content.state.statuses;
        const StatusNote conflict = statuses.of(StatusSubject::ofFrame(3));
        QVERIFY(conflict.status == WorkStatus::Doubtful);
        QVERIFY(conflict.note.find("by A / ") == 0);
        QCOMPARE(statuses.of(StatusSubject::ofFrame(1)).note, std::string("by B"));

        const MergeResult other = mergeProjects(a, b.state, {.otherwise = MergeSide::B}, kGoOn);
        QVERIFY(*maskOf(other, 3).mask() == disk(20));
        // One undo step leads back to A.
        ProjectState state = merged.content.state;
        revertEdit(state, *merged.content.log.nextUndo());
        QVERIFY(state == a.state);
    }

    void anObjectMayComeFromOneSide() {
        const Mask two = mergeObjects(disk(10), disk(30, 2));
        const Mask moved = mergeObjects(disk(12), disk(26, 2));
        const ProjectContent a = contentOf({{0, entry(two)}, {1, entry(two)}});
        ProjectContent b = contentOf({{0, entry(moved)}, {2, entry(moved)}});
        b.state.objects.set({2, "mine", {}});
        MergeRules rules;
        rules.objects = {{2, MergeSide::B}};
        const MergeResult merged = mergeProjects(a, b.state, rules, kGoOn);
        const Mask result = *maskOf(merged, 0).mask();
        for (std::size_t i = 0; i < result.labels.values().size(); ++i) {
            QCOMPARE(result.labels.values()[i] == 2, moved.labels.values()[i] == 2);
        }
        // Object 1 is still undecided.
        QCOMPARE(merged.conflicts.size(), std::size_t{2});
        QCOMPARE(merged.conflicts[0].subject.name(), std::string("object 2"));
        // Frames that B does not have stay.
        QVERIFY(*maskOf(merged, 1).mask() == two);
        rules.objects[1] = MergeSide::A;
        QCOMPARE(mergeProjects(a, b.state, rules, kGoOn).conflicts.size(), std::size_t{1});
    }

    void lockedFramesStay() {
        const auto locked = [](const Mask& mask) { return makeEntry(mask, {.locked = true}); };
        ProjectContent a = contentOf({{0, locked(disk(10))}, {1, locked(disk(10))}});
        ProjectContent b = contentOf({{0, entry(disk(20))}, {1, locked(disk(20))}});
        mark(b, 0, WorkStatus::Done);
        MergeRules rules{.otherwise = MergeSide::B};
        rules.objects = {{1, MergeSide::B}};
        const MergeResult merged = mergeProjects(a, b.state, rules, kGoOn);
        QVERIFY(*maskOf(merged, 0).mask() == disk(10));
        // Locked in both: one of them as it is, and named.
        QVERIFY(*maskOf(merged, 1).mask() == disk(20));
        QCOMPARE(merged.conflicts.size(), std::size_t{1});
        QCOMPARE(merged.conflicts[0].subject.name(), std::string("frame 1"));
        const MergeResult back = mergeProjects(b, a.state, {}, kGoOn);
        QVERIFY(*maskOf(back, 0).mask() == disk(10));
    }

    void aRuleNamesAnObjectThatIsThere() {
        const ProjectContent a = contentOf({{0, entry(disk(10))}});
        ProjectContent b = contentOf({{0, entry(disk(20))}});
        MergeRules rules;
        rules.objects = {{7, MergeSide::B}};
        try {
            (void)mergeProjects(a, b.state, rules, kGoOn);
            QFAIL("a rule for an unknown object was taken");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Usage);
            QVERIFY2(QString(error.what()).contains("object 7"), error.what());
        }
        // An object without a pixel is one.
        b.state.objects.set(defaultObject(7));
        (void)mergeProjects(a, b.state, rules, kGoOn);
    }

    void sizesHaveToFit() {
        const ProjectContent a = contentOf({{0, entry(disk(10))}});
        const ProjectContent b = contentOf({{0, entry(Mask({3, 3}))}});
        QVERIFY_EXCEPTION_THROWN((void)mergeProjects(a, b.state, {}, kGoOn), Error);
        StopSource stop;
        stop.requestStop();
        QVERIFY_EXCEPTION_THROWN((void)mergeProjects(a, a.state, {}, stop.token()), Error);
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestProjectMerge)
#include "test_project_merge.moc"
