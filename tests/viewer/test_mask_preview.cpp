#include <QSignalSpy>
#include <QThread>
#include <algorithm>

#include "tests/viewer/session_fixture.h"
#include "viewer/canvas/canvas_content.h"
#include "viewer/session/clean_proposal.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// Changes of masks that are shown before they are made, and what a stroke becomes when it ends.
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

private:
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
