#include <QTest>

#include "media/base/error.h"
#include "segmentation/edit_log.h"
#include "segmentation/run_changes.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

constexpr SizePx kSize{40, 30};

MaskEntry entry(std::uint32_t seed, MaskOrigin origin = MaskOrigin::Painted) {
    return makeEntry(randomMask(kSize, 4, seed), {.origin = origin, .confidence = 0.25F});
}

ProjectState someState() {
    ProjectState state;
    MaskTrack& track = state.tracks[kMainTrack];
    for (FrameIndex frame = 0; frame < 7; ++frame) {
        track.set(frame, entry(static_cast<std::uint32_t>(frame)));
    }
    state.objects.set({1, "fish", {1, 2, 3}});
    state.objects.set({2, "ball", {4, 5, 6}});
    state.statuses.set(StatusSubject::ofFrame(2), {WorkStatus::Done, "checked twice"});
    return state;
}

std::optional<MaskEntry> maskAt(const ProjectState& state, FrameIndex frame) {
    return state.track().entryAt(frame);
}

/// An edit of every kind, and what it makes of `state`.
Edit changeMuch(ProjectState& state) {
    Edit edit{1, "Change much", {}};
    const auto add = [&](const EditPart& part) {
        applyParts(state, {&part, 1});
        edit.parts.push_back(part);
    };
    add(MaskEdit{kMainTrack, 2, maskAt(state, 2), entry(50)});
    add(MaskEdit{kMainTrack, 9, {}, entry(51)});
    add(MaskEdit{kMainTrack, 6, maskAt(state, 6), {}});
    MaskFacts locked = maskAt(state, 3)->facts;
    locked.locked = true;
    add(FactsEdit{kMainTrack, 3, maskAt(state, 3)->facts, locked});
    add(MaskEdit{kMainTrack, 2, maskAt(state, 2), entry(52)});
    add(MaskEdit{kMainTrack, 11, {}, makeEntry(Mask(kSize), {})});
    add(MaskEdit{5, 0, {}, entry(53)});
    add(ObjectEdit{*state.objects.find(1), MaskObject{1, "shark", {1, 2, 3}}});
    add(ObjectEdit{*state.objects.find(2), {}});
    add(ObjectEdit{{}, defaultObject(7)});
    const auto frame = StatusSubject::ofFrame(2);
    const auto object = StatusSubject::ofObject(1);
    add(StatusEdit{frame, state.statuses.of(frame), {WorkStatus::Doubtful, "the left edge"}});
    add(StatusEdit{object, state.statuses.of(object), {WorkStatus::Done, {}}});
    add(StatusEdit{frame, state.statuses.of(frame), {}});
    return edit;
}

class TestEdit : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void undoAfterDoIsIdentity() {
        const ProjectState before = someState();
        ProjectState planned = before;
        const Edit edit = changeMuch(planned);
        ProjectState state = before;
        applyEdit(state, edit);
        QVERIFY(state == planned);
        QVERIFY(state.track().find(11) != nullptr);
        QCOMPARE(state.tracks.at(5).size(), std::size_t{1});
        QCOMPARE(state.objects.rows().back().name, std::string("Object 7"));
        revertEdit(state, edit);
        state.tracks.erase(5);
        QVERIFY(state == before);
        applyEdit(state, edit);
        QVERIFY(state == planned);
    }

    void masksAreSharedNotCopied() {
        ProjectState state = someState();
        const Edit edit{1, "Import", {MaskEdit{kMainTrack, 2, maskAt(state, 2), entry(50)}}};
        const PackedMaskPtr before = maskAt(state, 2)->packed;
        applyEdit(state, edit);
        revertEdit(state, edit);
        QVERIFY(maskAt(state, 2)->packed == before);
        const Edit lock{2, "Lock", {FactsEdit{kMainTrack, 2, maskAt(state, 2)->facts, {}}}};
        applyEdit(state, lock);
        QVERIFY(maskAt(state, 2)->packed == before);
    }

    void anEditThatDoesNotFitChangesNothing() {
        const ProjectState before = someState();
        const std::vector<EditPart> misfits{
            MaskEdit{kMainTrack, 1, {}, entry(50)},
            MaskEdit{kMainTrack, 1, entry(77), entry(50)},
            MaskEdit{kMainTrack, 30, entry(77), {}},
            FactsEdit{kMainTrack, 30, {}, {}},
            FactsEdit{kMainTrack, 1, MaskFacts{.locked = true}, {}},
            ObjectEdit{{}, defaultObject(1)},
            ObjectEdit{defaultObject(9), {}},
            ObjectEdit{{}, MaskObject{kVoid, "void", {}}},
            ObjectEdit{{}, {}},
            StatusEdit{StatusSubject::ofFrame(1), {WorkStatus::Done, {}}, {}}};
        for (const EditPart& misfit : misfits) {
            ProjectState state = before;
            Edit edit{1, "Misfit", {}};
            edit.parts.emplace_back(MaskEdit{kMainTrack, 2, maskAt(state, 2), entry(50)});
            edit.parts.emplace_back(ObjectEdit{{}, defaultObject(8)});
            edit.parts.push_back(misfit);
            QVERIFY_EXCEPTION_THROWN(applyEdit(state, edit), Error);
            QVERIFY(state == before);
        }
    }

    void factsAndObjectsReadBack() {
        const MaskFacts facts{MaskOrigin::Imported, true, true, 0.375F};
        QVERIFY(decodeFacts(encodeFacts(facts)) == facts);
        const MaskObject object{17, "B\xC3\xA4r \"x\"", {0, 255, 7}};
        QVERIFY(decodeObject(encodeObject(object)) == object);
        for (auto bytes : {encodeFacts(facts), encodeObject(object)}) {
            bytes.push_back(0);
            QVERIFY_EXCEPTION_THROWN((void)decodeFacts(bytes), Error);
            QVERIFY_EXCEPTION_THROWN((void)decodeObject(bytes), Error);
        }
        const auto bytes = encodeObject(object);
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            QVERIFY_EXCEPTION_THROWN((void)decodeObject(std::span(bytes.data(), length)), Error);
        }
    }

    void statusesReadBackAndBlankOnesAreNotKept() {
        const StatusNote noted{WorkStatus::Doubtful, "B\xC3\xA4r, the left edge"};
        QVERIFY(decodeStatus(encodeStatus(noted)) == noted);
        auto bytes = encodeStatus(noted);
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            QVERIFY_EXCEPTION_THROWN((void)decodeStatus(std::span(bytes.data(), length)), Error);
        }
        bytes[0] = 3;
        QVERIFY_EXCEPTION_THROWN((void)decodeStatus(bytes), Error);
        QVERIFY_EXCEPTION_THROWN((void)decodeStatus(encodeStatus({})), Error);
        const StatusNote endless{WorkStatus::Open, std::string(kMostNoteBytes + 1, 'x')};
        QVERIFY_EXCEPTION_THROWN((void)decodeStatus(encodeStatus(endless)), Error);

        StatusTable table;
        table.set(StatusSubject::ofFrame(9), noted);
        table.set(StatusSubject::ofObject(4), noted);
        table.set(StatusSubject::ofFrame(3), noted);
        QCOMPARE(table.framesWith(WorkStatus::Doubtful), (std::vector<FrameIndex>{3, 9}));
        QVERIFY(table.of(StatusSubject::ofFrame(4)).blank());
        table.set(StatusSubject::ofFrame(3), {});
        QCOMPARE(table.rows().size(), std::size_t{2});
    }

    void theLogStepsBackAndForth() {
        EditLog log;
        QVERIFY(log.nextUndo() == nullptr && log.nextRedo() == nullptr);
        for (int i = 1; i <= 3; ++i) QCOMPARE(log.push({0, "e", {}})->id, EditId{i});
        log.stepBack();
        log.stepBack();
        QCOMPARE(log.nextUndo()->id, EditId{1});
        QCOMPARE(log.nextRedo()->id, EditId{2});
        log.stepForward();
        QCOMPARE(log.nextRedo()->id, EditId{3});
        QCOMPARE(log.push({0, "new", {}})->id, EditId{4});
        QCOMPARE(log.size(), std::size_t{3});
        QVERIFY(log.nextRedo() == nullptr);
        QVERIFY_EXCEPTION_THROWN(log.extend(3, ObjectEdit{}), Error);
    }

    void whoSharesAnEditKeepsItAsItWas() {
        EditLog log;
        const auto kept = log.push({0, "Propagate", {}});
        const EditLog copy = log;
        log.extend(1, MaskEdit{kMainTrack, 1, {}, entry(1)});
        QCOMPARE(kept->parts.size(), std::size_t{0});
        QCOMPARE(copy.at(0).parts.size(), std::size_t{0});
        QCOMPARE(log.at(0).parts.size(), std::size_t{1});
    }

    void theOldestEditsAreForgottenFirst() {
        EditLog log;
        for (int i = 1; i <= 5; ++i) log.push({0, "e", {MaskEdit{kMainTrack, i, entry(1), {}}}});
        QVERIFY(!log.trim(5, 1 << 20));
        QCOMPARE(log.trim(3, 1 << 20), std::optional(EditId{2}));
        QCOMPARE(log.at(0).id, EditId{3});
        QCOMPARE(log.done(), std::size_t{3});
        QVERIFY(log.holds(3) && !log.holds(2));
        // The newest stays, however large.
        QCOMPARE(log.trim(3, 1), std::optional(EditId{4}));
        QCOMPARE(log.size(), std::size_t{1});
        QVERIFY(!log.trim(3, 1));
        // What can be redone is not forgotten before what can be undone.
        log.stepBack();
        QVERIFY(!log.trim(0, 0));
    }

    void rewritesGoFromTheFirstStateToTheLast() {
        const std::vector<EditPart> parts{
            MaskEdit{kMainTrack, 4, entry(1), entry(2)}, MaskEdit{kMainTrack, 3, {}, entry(3)},
            MaskEdit{kMainTrack, 4, entry(2), entry(4)}, MaskEdit{5, 1, {}, entry(5)},
            ObjectEdit{{}, defaultObject(7)}};
        const std::vector<FrameRewrite> rewrites = rewritesOf(parts);
        QCOMPARE(rewrites.size(), std::size_t{2});
        QCOMPARE(rewrites[0].frame, FrameIndex{3});
        QVERIFY(!rewrites[0].before && rewrites[0].after == entry(3));
        QCOMPARE(rewrites[1].frame, FrameIndex{4});
        QVERIFY(rewrites[1].before == entry(1) && rewrites[1].after == entry(4));
    }

    void changesAreCountedByObject() {
        Mask was(kSize);
        Mask is(kSize);
        for (int x = 0; x < 4; ++x) was.labels.at(2, x) = 1;
        for (int x = 2; x < 6; ++x) is.labels.at(2, x) = 1;
        was.labels.at(8, 8) = 2;
        is.labels.at(8, 8) = 2;
        is.labels.at(9, 9) = 3;
        const std::vector<FrameRewrite> rewrites{
            {0, makeEntry(was, {}), makeEntry(is, {})},
            {1, makeEntry(was, {}), makeEntry(was, {})},
            {2, std::nullopt, makeEntry(is, {})},
        };
        const std::vector<ObjectChange> changes = changesByObject(rewrites);
        QCOMPARE(changes.size(), std::size_t{3});
        QCOMPARE(int(changes[0].object), 1);
        QCOMPARE(changes[0].changedPx, std::int64_t{4 + 4});
        QCOMPARE(changes[0].eitherPx, std::int64_t{6 + 4 + 4});
        QCOMPARE(changes[0].frames, FrameIndex{2});
        QCOMPARE(int(changes[1].object), 2);
        QCOMPARE(changes[1].frames, FrameIndex{1});
        QCOMPARE(changes[1].share(), 1.0 / 3.0);
        QCOMPARE(int(changes[2].object), 3);
        QCOMPARE(changes[2].share(), 1.0);
        StopSource stop;
        stop.requestStop();
        QVERIFY_EXCEPTION_THROWN((void)changesByObject(rewrites, stop.token()), Error);
    }

    /// Whatever the masks and the order: all objects restored give the mask from before, and one
    /// that is restored has its pixels from before.
    void restoringEveryObjectIsTheIdentity() {
        for (std::uint32_t seed = 0; seed < 20; ++seed) {
            const std::optional<MaskEntry> before = entry(seed, MaskOrigin::Imported);
            MaskEntry now = entry(seed + 100, MaskOrigin::Propagated);
            const auto first = static_cast<ObjectId>(1 + seed % 3);
            const std::optional<MaskEntry> one = withObjectFrom(before, now, first);
            QVERIFY(one.has_value());
            const Mask was = *before->mask();
            const Mask is = *one->mask();
            for (int y = 0; y < kSize.height; ++y) {
                for (int x = 0; x < kSize.width; ++x) {
                    QCOMPARE(is.labels.at(y, x) == first, was.labels.at(y, x) == first);
                }
            }
            for (int step = 0; step < 3; ++step) {
                const auto object = static_cast<ObjectId>(1 + (seed + std::uint32_t(step)) % 3);
                now = withObjectFrom(before, now, object).value();
            }
            QVERIFY(now == *before);
        }
        // Where there was none, nothing remains of the only object.
        const MaskEntry disk = makeEntry(diskMask(kSize, {10, 10}, 4, 2), {});
        QVERIFY(!withObjectFrom(std::nullopt, disk, 2));
        QVERIFY(withObjectFrom(std::nullopt, disk, 1) == disk);
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestEdit)
#include "test_edit.moc"
