#include <QSignalSpy>
#include <QThread>
#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tests/viewer/session_fixture.h"
#include "viewer/canvas/canvas_content.h"
#include "viewer/session/clean_proposal.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// An edit of masks, begun at a frame.
struct MaskAction {
    std::string name;
    std::function<void(FrameIndex)> act;
};

constexpr FrameIndex kLockedFrames[] = {0, 3};

/// Two objects and a speck of the first one, on every frame, as a propagation writes them.
MaskTrack madeTrack(int frames) {
    MaskTrack track;
    for (FrameIndex frame = 0; frame < frames; ++frame) {
        Mask mask(SizePx{96, 64});
        for (int y = 15; y < 45; ++y) {
            for (int x = 10; x < 40; ++x) mask.labels.at(y, x) = 1;
            for (int x = 50; x < 80; ++x) mask.labels.at(y, x) = 2;
        }
        mask.labels.at(60, static_cast<int>(frame % 90)) = 1;
        track.set(frame, makeEntry(mask, {.origin = MaskOrigin::Propagated}));
    }
    return track;
}

/// Changes of masks that are shown before they are made, what a stroke becomes when it ends, and
/// which frames no edit changes.
class TestMaskPreview : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    }

    void init() {
        fixture_ = std::make_unique<SessionFixture>(8);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        session_ = fixture_->openSession();
        QVERIFY(session_->isOpen());
    }

    void cleanup() { session_.reset(); }

    void aPreviewIsShownAndMadeByOneEdit() {
        MaskEditor& masks = session_->masks();
        drag(*session_, StrokeMode::Paint, {20, 20}, {40, 30});
        const MaskTrack before = masks.track();
        const std::size_t steps = session_->document().log().size();
        const MaskPreview preview = discInstead(0, 3);
        const std::uint64_t revision = masks.revision();
        masks.showPreview(preview);
        QVERIFY(*session_->mask() == *preview.frames.front().after->unpack());
        QVERIFY(!masks.changedSince(0, revision));
        QVERIFY(masks.track() == before);
        QCOMPARE(session_->document().log().size(), steps);
        // The canvas says what to do with it.
        const auto says = [this] {
            ViewTransform transform;
            transform.setViewport({960, 640}, 1.0);
            transform.setImageSize({96, 64});
            const OverlayData overlay = overlayOf(*session_, {}, transform, {});
            return std::ranges::any_of(overlay.status, [](const std::string& line) {
                return line.find("Enter keeps it") != std::string::npos;
            });
        };
        QVERIFY(says());
        masks.dropPreview();
        QVERIFY(!masks.preview());
        QVERIFY(!says());
        QVERIFY(*session_->mask() == *before.mask(0));
        masks.showPreview(preview);
        masks.acceptPreview();
        QVERIFY(!masks.preview());
        QCOMPARE(session_->document().log().size(), steps + 1);
        QVERIFY(areaOf(*masks.track().mask(0), 3) > 100);
        QVERIFY(masks.object(3));
        QVERIFY(masks.track().find(0)->facts.origin == MaskOrigin::Painted);
        masks.undo();
        QVERIFY(masks.track() == before);
        QVERIFY(!masks.object(3));
    }

    void editsAndLocksEndAPreview() {
        MaskEditor& masks = session_->masks();
        const MaskPreview onNothing = discInstead(0, 1);
        masks.showPreview(onNothing);
        QVERIFY(session_->mask());
        drag(*session_, StrokeMode::Paint, {80, 50}, {85, 50});
        QVERIFY(!masks.preview());
        QVERIFY(areaOf(*session_->mask(), 1) < 1000);
        // Made from the mask before the stroke: it would undo the stroke.
        masks.showPreview(onNothing);
        QVERIFY(!masks.preview());
        masks.showPreview(discInstead(0, 1));
        QVERIFY(masks.preview());
        masks.undo();
        QVERIFY(!masks.preview());
        masks.redo();
        const MaskPreview locked = discInstead(0, 1);
        masks.setLock(0, MaskEditor::Lock::On);
        masks.showPreview(locked);
        QVERIFY(!masks.preview());
        // A propagation that writes the frame.
        masks.setLock(0, MaskEditor::Lock::Off);
        masks.beginPropagation("Propagate");
        masks.showPreview(discInstead(1, 1));
        QVERIFY(masks.preview());
        masks.putPropagated(1, *masks.track().entryAt(0), PropagationMethod::Identity);
        QVERIFY(!masks.preview());
    }

    void aStrokeSnapsToThePicture() {
        MaskEditor& masks = session_->masks();
        const FramePtr& shown = session_->playhead().shown();
        auto halves = std::make_shared<Frame>(*shown);
        for (int y = 0; y < 64; ++y) {
            for (int x = 0; x < 96; ++x) {
                for (int c = 0; c < 3; ++c) halves->rgb.at(y, x, c) = x < 48 ? 60 : 180;
            }
        }
        masks.setBrushRadiusPx(8.0F);
        const auto stroke = [&](const FramePtr& picture) {
            masks.beginStroke(0, StrokeMode::Paint, {43, 20}, 1.0F, picture);
            masks.extendStroke({43, 40});
            // It snaps when it ends.
            QCOMPARE(session_->mask()->labels.at(30, 50), ObjectId(1));
            masks.endStroke();
        };
        stroke(halves);
        QCOMPARE(session_->mask()->labels.at(30, 50), ObjectId(1));
        masks.undo();
        masks.setSmartEdge(SmartEdge::On);
        const std::uint64_t revision = masks.revision();
        stroke(halves);
        QCOMPARE(session_->mask()->labels.at(30, 50), kBackground);
        QCOMPARE(session_->mask()->labels.at(30, 45), ObjectId(1));
        QVERIFY(*masks.track().mask(0) == *session_->mask());
        QCOMPARE(session_->document().log().done(), std::size_t(1));
        QVERIFY(masks.changedSince(0, revision)->x1 > 50);
        // Nothing is left of a second one: no step.
        stroke(halves);
        QCOMPARE(session_->document().log().done(), std::size_t(1));
        QCOMPARE(session_->mask()->labels.at(30, 50), kBackground);
    }

    void aStoppedProposalIsNotShownForALaterOne() {
        MaskProposals& proposals = session_->maskTools().proposals;
        const MaskPreview stopped = discInstead(0, 1);
        proposals.propose("stopped", [stopped](const StopToken&) {
            QThread::msleep(50);  // does not look at the token
            return stopped;
        });
        proposals.stop();
        proposals.propose("later", [](const StopToken&) { return MaskPreview{}; });
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(!session_->masks().preview());
    }

    void theNewestProposalIsShown() {
        MaskEditor& masks = session_->masks();
        MaskProposals& proposals = session_->maskTools().proposals;
        const auto endless = [](const StopToken& stop) -> MaskPreview {
            while (true) {
                stop.throwIfStopped("waiting");
                QThread::msleep(1);
            }
        };
        QSignalSpy notices(session_.get(), &Session::noticed);
        proposals.propose("first", endless);
        proposals.propose("second", endless);
        QCOMPARE(proposals.working(), "second");
        proposals.propose("third", [made = discInstead(0, 5)](const StopToken&) { return made; });
        QTRY_VERIFY(!proposals.busy());
        QVERIFY(masks.preview() && masks.preview()->object == 5);
        QVERIFY(proposals.working().isEmpty());
        QCOMPARE(notices.size(), 0);
        // The start of an edit ends the work, and so does a rejection.
        proposals.propose("fourth", endless);
        drag(*session_, StrokeMode::Paint, {80, 50}, {85, 50});
        QTRY_VERIFY(!proposals.busy());
        proposals.propose("fifth", [made = discInstead(0, 6)](const StopToken&) { return made; });
        proposals.reject();
        QTRY_VERIFY(!proposals.busy());
        QVERIFY(!masks.preview());
        QCOMPARE(notices.size(), 0);
        proposals.propose("sixth", [](const StopToken&) -> MaskPreview {
            throw Error(ErrorCode::Input, "no proposal");
        });
        QTRY_COMPARE(notices.size(), 1);
    }

    void cleaningAllFramesIsOneEdit() {
        MaskEditor& masks = session_->masks();
        Mask speckled(smallScene().mask(0));
        const Mask clean = speckled;
        speckled.labels.at(2, 2) = 1;
        for (const FrameIndex frame : {0, 1, 2}) masks.importMask(frame, speckled);
        masks.importMask(3, clean);
        masks.setLock(1, MaskEditor::Lock::On);
        masks.setActiveObject(1);
        const std::size_t steps = session_->document().log().size();
        proposeCleanUp(session_->maskTools().proposals, masks,
                       {.scope = CleanUpRequest::Scope::AllFrames});
        QTRY_VERIFY(!session_->maskTools().proposals.busy());
        QCOMPARE(masks.preview()->frames.size(), std::size_t(2));
        QVERIFY(*session_->mask() == clean);
        masks.acceptPreview();
        QCOMPARE(session_->document().log().size(), steps + 1);
        for (const FrameIndex frame : {0, 2, 3}) QVERIFY(*masks.track().mask(frame) == clean);
        QVERIFY(*masks.track().mask(1) == speckled);
        QVERIFY(masks.track().find(0)->facts.origin == MaskOrigin::Imported);
        masks.undo();
        QVERIFY(*masks.track().mask(2) == speckled);
        // One frame is as drawn by hand.
        proposeCleanUp(session_->maskTools().proposals, masks, {.frame = 2});
        QTRY_VERIFY(!session_->maskTools().proposals.busy());
        masks.acceptPreview();
        QVERIFY(*masks.track().mask(2) == clean);
        QVERIFY(*masks.track().mask(0) == speckled);
        QVERIFY(masks.track().find(2)->facts.origin == MaskOrigin::Painted);
        proposeCleanUp(session_->maskTools().proposals, masks, {.frame = 3});
        QTRY_VERIFY(!session_->maskTools().proposals.busy());
        QVERIFY(!masks.preview());
    }

    void noEditChangesALockedFrame_data() {
        QTest::addColumn<int>("frames");
        QTest::newRow("few frames") << 6;
        QTest::newRow("so many that a removal is prepared in the background") << 80;
    }

    void noEditChangesALockedFrame() {
        QFETCH(int, frames);
        MaskEditor& masks = session_->masks();
        const EditLog& log = session_->document().log();
        const MaskTrack made = madeTrack(frames);
        const std::vector<SetObject> objects{{1, "one", {}}, {2, "two", {}}};
        QCOMPARE(masks.importMasks(made, objects), 0);
        for (const FrameIndex frame : kLockedFrames) masks.setLock(frame, MaskEditor::Lock::On);
        const MaskTrack start = masks.track();
        const auto intact = [&] {
            return std::ranges::all_of(kLockedFrames, [&](FrameIndex frame) {
                const MaskEntry* entry = masks.track().find(frame);
                return entry != nullptr && *entry == *start.find(frame);
            });
        };
        const std::vector<MaskAction> actions = everyEdit(frames);
        std::set<std::string> effective;
        for (const FrameIndex at : {0, 1, 3}) {
            for (const auto& [name, act] : actions) {
                // What an earlier action changed is as before, but for what is locked.
                QCOMPARE(masks.importMasks(made, objects), 2);
                masks.setActiveObject(1);
                const std::size_t done = log.done();
                const MaskTrack before = masks.track();
                act(at);
                QTRY_VERIFY(masks.preparing().isEmpty());
                QTRY_VERIFY_WITH_TIMEOUT(session_->runs().run() == nullptr, 60'000);
                QVERIFY2(intact(), name.c_str());
                if (log.done() == done) continue;
                effective.insert(name);
                while (log.done() > done) masks.undo();
                QVERIFY2(masks.track() == before, name.c_str());
                while (log.nextRedo() != nullptr) masks.redo();
                QVERIFY2(intact(), name.c_str());
            }
        }
        // Each of them changes something where it may.
        QCOMPARE(effective.size(), actions.size());
    }

    void anObjectStaysOnLockedFramesAndInTheList() {
        MaskEditor& masks = session_->masks();
        StatusNotes& notes = session_->projectTools().statusNotes;
        (void)masks.importMasks(madeTrack(4), {{1, "one", {}}, {2, "two", {}}});
        for (const FrameIndex frame : kLockedFrames) masks.setLock(frame, MaskEditor::Lock::On);
        notes.setNote(StatusSubject::ofObject(2), "the right one");
        QSignalSpy notices(&masks, &MaskEditor::noticed);
        masks.removeObject(2);
        QCOMPARE(notices.size(), 1);
        QVERIFY(notices[0][0].value<Notice>().text.contains("2 locked frames"));
        for (const FrameIndex frame : {0, 1, 2, 3}) {
            const bool locked = frame == 0 || frame == 3;
            QCOMPARE(masks.track().find(frame)->packed->objects().test(2), locked);
        }
        QVERIFY(masks.object(2) != nullptr);
        QCOMPARE(notes.of(StatusSubject::ofObject(2)).note, std::string("the right one"));
        // Only locked frames have it now: there is nothing to do.
        const std::size_t steps = session_->document().log().size();
        masks.removeObject(2);
        QCOMPARE(notices.size(), 2);
        QCOMPARE(session_->document().log().size(), steps);
        for (const FrameIndex frame : kLockedFrames) masks.setLock(frame, MaskEditor::Lock::Off);
        masks.removeObject(2);
        QCOMPARE(notices.size(), 2);
        QVERIFY(masks.object(2) == nullptr);
        QVERIFY(!masks.track().objects().test(2));
    }

private:
    /// What a user can do to masks. What is shown before it is made is made at once.
    std::vector<MaskAction> everyEdit(int frames) {
        MaskEditor& masks = session_->masks();
        const auto stroke = [&masks](FrameIndex at, StrokeMode mode) {
            masks.beginStroke(at, mode, {30, 20});
            masks.extendStroke({60, 40});
            masks.endStroke();
        };
        const auto outline = [&masks](FrameIndex at, StrokeMode mode) {
            const std::vector<PointF> corners{{20, 20}, {70, 20}, {40, 60}};
            masks.paintRegion(at, mode, polygonRegion({96, 64}, corners));
        };
        const auto imported = [&masks](FrameIndex at) {
            const auto done = runGuarded([&] {
                masks.importMask(at, Mask(smallScene().mask(5)));
                return true;
            });
            QVERIFY(done.ok() || done.error().code() == ErrorCode::Usage);
        };
        const auto importedSet = [&masks, frames](FrameIndex /*at*/) {
            MaskTrack other;
            const MaskEntry disc = makeEntry(Mask(smallScene().mask(2)), {});
            for (FrameIndex frame = 0; frame < frames; ++frame) other.set(frame, disc);
            QCOMPARE(masks.importMasks(other, {}), 2);
        };
        const auto prepared = [&masks](FrameIndex at) {
            (void)masks.replacePrepared("Restore", {{at, *masks.track().entryAt(at), {}}});
        };
        const auto previewed = [this, &masks](FrameIndex at) {
            masks.showPreview(discInstead(at, 4));
            masks.acceptPreview();
        };
        const auto cleaned = [this, &masks](CleanUpRequest request) {
            proposeCleanUp(session_->maskTools().proposals, masks, request);
            QTRY_VERIFY(!session_->maskTools().proposals.busy());
            masks.acceptPreview();
        };
        const auto written = [&masks](FrameIndex at) {
            masks.beginPropagation("Propagate");
            masks.putPropagated(at, makeEntry(Mask(smallScene().mask(1)), {}),
                                PropagationMethod::Identity);
            masks.endPropagation();
        };
        const auto propagated = [this](FrameIndex at, Travel travel) {
            session_->playhead().seek(at);
            QVERIFY(SessionFixture::settle(*session_));
            (void)session_->propagation().start(travel);
        };
        using enum StrokeMode;
        return {
            {"paint", [=](FrameIndex at) { stroke(at, Paint); }},
            {"erase", [=](FrameIndex at) { stroke(at, Erase); }},
            {"outline", [=](FrameIndex at) { outline(at, Paint); }},
            {"outline that takes away", [=](FrameIndex at) { outline(at, Erase); }},
            {"fill", [&masks](FrameIndex at) { masks.fill(at, Paint, {1, 1}); }},
            {"erase an area", [&masks](FrameIndex at) { masks.fill(at, Erase, {20, 20}); }},
            {"clear", [&masks](FrameIndex at) { masks.clearFrame(at); }},
            {"import", imported},
            {"import a set", importedSet},
            {"restore", prepared},
            {"accept a proposal", previewed},
            {"clean", [=](FrameIndex at) { cleaned({.frame = at}); }},
            {"clean all",
             [=](FrameIndex /*at*/) { cleaned({.scope = CleanUpRequest::Scope::AllFrames}); }},
            {"remove an object", [&masks](FrameIndex /*at*/) { masks.removeObject(1); }},
            {"write", written},
            {"propagate", [=](FrameIndex at) { propagated(at, Travel::Forward); }},
            {"propagate back", [=](FrameIndex at) { propagated(at, Travel::Backward); }},
        };
    }

    /// A disc of `object` instead of the frame's mask.
    [[nodiscard]] MaskPreview discInstead(FrameIndex frame, ObjectId object) const {
        Mask mask(smallScene().mask(0));
        for (ObjectId& label : mask.labels.values()) {
            if (label != kBackground) label = object;
        }
        const MaskEntry* entry = session_->masks().track().find(frame);
        MaskPreview preview;
        preview.text = "Disc";
        preview.object = object;
        preview.frames.push_back(
            {frame, entry != nullptr ? entry->packed : nullptr, PackedMask::pack(mask)});
        return preview;
    }

    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<Session> session_;
};

}  // namespace

QTEST_MAIN(TestMaskPreview)
#include "test_mask_preview.moc"
