#include <QSignalSpy>
#include <algorithm>
#include <memory>
#include <vector>

#include "segmentation/mask_export.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/session/clean_proposal.h"
#include "viewer/session/mask_import_run.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// Objects that overlap, in the session.
class TestSessionOverlaps : public QObject {
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

    void strokesOverlapWhileTheSwitchIsOn() {
        MaskEditor& masks = session_->masks();
        masks.setBrushRadiusPx(6.0F);
        drag(*session_, StrokeMode::Paint, {20, 30}, {60, 30});
        const std::int64_t whole = areaWith(1);
        masks.setActiveObject(2);
        drag(*session_, StrokeMode::Paint, {40, 10}, {40, 50});
        QVERIFY(areaWith(1) < whole);
        QVERIFY(!masks.track().find(0)->packed->layered());
        masks.undo();
        masks.setOverlaps(Overlaps::Keep);
        drag(*session_, StrokeMode::Paint, {40, 10}, {40, 50});
        QCOMPARE(areaWith(1), whole);
        const Mask seen = *session_->mask();
        QCOMPARE(int{seen.labels.at(30, 40)}, 2);
        QVERIFY(masks.covered(0));
        QCOMPARE(int{masks.covered(0)->labels.at(30, 40)}, 1);
        QCOMPARE(int{masks.covered(0)->labels.at(30, 25)}, 0);
        // An eraser takes what is on top, once, however often a stroke passes.
        masks.setBrushRadiusPx(3.0F);  // within object 2
        masks.beginStroke(0, StrokeMode::Erase, {40, 30});
        masks.extendStroke({41, 31});
        masks.extendStroke({40, 30});
        QCOMPARE(int{session_->mask()->labels.at(30, 40)}, 1);
        masks.endStroke();
        QCOMPARE(int{session_->mask()->labels.at(30, 40)}, 1);
        QCOMPARE(areaWith(1), whole);
        masks.undo();
        QVERIFY(*session_->mask() == seen);
        masks.removeObject(2);
        QCOMPARE(int{session_->mask()->labels.at(30, 40)}, 1);
        QVERIFY(!masks.track().find(0)->packed->layered());
    }

    void theOrderDecidesWhatIsOnTop() {
        MaskEditor& masks = session_->masks();
        masks.setOverlaps(Overlaps::Keep);
        for (const FrameIndex frame : {FrameIndex{0}, FrameIndex{1}}) {
            masks.setActiveObject(1);
            masks.paintRegion(frame, StrokeMode::Paint, boxRegion({10, 10, 50, 50}));
            masks.setActiveObject(2);
            masks.paintRegion(frame, StrokeMode::Paint, boxRegion({30, 20, 70, 60}));
        }
        masks.setLock(1, MaskEditor::Lock::On);
        const MaskTrack before = masks.track();
        const QSignalSpy noticed(&masks, &MaskEditor::noticed);
        masks.moveObject(2, StackMove::Backward);
        QCOMPARE(noticed.count(), 1);
        QVERIFY((masks.backToFront() == std::vector<ObjectId>{2, 1}));
        QCOMPARE(int{masks.track().mask(0)->labels.at(30, 40)}, 1);
        QCOMPARE(int{masks.track().mask(1)->labels.at(30, 40)}, 2);
        QVERIFY(*masks.track().find(1) == *before.find(1));
        // What is drawn goes under what lies above.
        masks.paintRegion(0, StrokeMode::Paint, boxRegion({0, 0, 96, 64}));
        QCOMPARE(int{masks.track().mask(0)->labels.at(30, 40)}, 1);
        QCOMPARE(int{masks.track().mask(0)->labels.at(5, 80)}, 2);
        QCOMPARE(areaWith(2), std::int64_t{96 * 64});
        masks.undo();
        masks.undo();
        QVERIFY(masks.track() == before);
        QVERIFY((masks.backToFront() == std::vector<ObjectId>{1, 2}));
        masks.redo();
        QCOMPARE(int{masks.track().mask(0)->labels.at(30, 40)}, 1);
    }

    void overlapsAndTheSwitchAreThereAfterReopening() {
        session_->masks().setOverlaps(Overlaps::Keep);
        session_->masks().importMask(0, Mask(boxRegion({10, 10, 50, 50})));
        Region above = boxRegion({30, 20, 70, 60});
        for (std::uint8_t& label : above.values()) label = label == 0 ? kBackground : ObjectId{2};
        // Laid over the mask that is there.
        session_->masks().importMask(0, Mask(above));
        QCOMPARE(areaWith(1), std::int64_t{1600});
        QCOMPARE(areaWith(2), std::int64_t{1600});
        session_->masks().moveObject(1, StackMove::Forward);
        const MaskTrack track = session_->masks().track();
        session_.reset();
        session_ = fixture_->openSession();
        QTRY_VERIFY(session_->document().ready());
        QVERIFY(session_->masks().overlaps() == Overlaps::Keep);
        QVERIFY(session_->masks().track() == track);
        QVERIFY((session_->masks().backToFront() == std::vector<ObjectId>{2, 1}));
        session_->masks().undo();
        session_->masks().undo();
        QVERIFY(!session_->masks().track().find(0)->packed->layered());
    }

    void proposalsOfToolsKeepWhatLiesBelow() {
        MaskEditor& masks = session_->masks();
        masks.setOverlaps(Overlaps::Keep);
        masks.paintRegion(0, StrokeMode::Paint, boxRegion({10, 10, 60, 60}));
        masks.setActiveObject(2);
        masks.paintRegion(0, StrokeMode::Paint, boxRegion({20, 20, 50, 50}));
        masks.paintRegion(0, StrokeMode::Paint, boxRegion({53, 53, 56, 56}));
        QCOMPARE(areaWith(1), std::int64_t{2500});
        QCOMPARE(areaWith(2), std::int64_t{900 + 9});
        proposeCleanUp(session_->maskTools().proposals, masks, {.leastPx = 20});
        QTRY_VERIFY(masks.preview());
        masks.acceptPreview();
        // The speck is gone, and what it covered is on top.
        QCOMPARE(areaWith(2), std::int64_t{900});
        QCOMPARE(areaWith(1), std::int64_t{2500});
        QCOMPARE(int{session_->mask()->labels.at(54, 54)}, 1);
        QCOMPARE(int{session_->mask()->labels.at(30, 30)}, 2);
    }

    void importedMasksKeepOverlapsInTheOrderOfTheProject() {
        MaskEditor& masks = session_->masks();
        masks.setActiveObject(2);
        masks.moveObject(2, StackMove::Backward);
        LayeredMask layers(Mask({96, 64}));
        layers.give(boxRegion({10, 10, 50, 50}), 1, {Overlaps::Keep, {}});
        layers.give(boxRegion({30, 20, 70, 60}), 2, {Overlaps::Keep, {}});
        MaskTrack made;
        made.set(3, {PackedMask::pack(layers), {}});
        MaskExportRequest request;
        request.folder = fixture_->path("objects").toStdString();
        request.begin = 3;
        request.end = 4;
        request.size = {96, 64};
        request.format = "sa-v";
        (void)exportMasks(made, request);
        MaskReadRequest from;
        from.path = request.folder;
        std::vector<Notice> notices;
        connect(&session_->runs(), &RunSlot::noticed, this,
                [&notices](const Notice& notice) { notices.push_back(notice); });
        QVERIFY(session_->runs().start(std::make_unique<MaskImportRun>(
            masks, from, request.size, session_->frames().frameCount())));
        QTRY_VERIFY_WITH_TIMEOUT(session_->runs().run() == nullptr, 60'000);
        layers.arrange(masks.rules().order);
        QVERIFY(masks.track().find(3)->packed->unpackLayers() == layers);
        QCOMPARE(int{layers.top().labels.at(30, 40)}, 1);
        for (const Notice& notice : notices) QVERIFY(!notice.text.contains("not imported"));
    }

    void manyMasksArePutInOrderInTheBackground() {
        MaskEditor& masks = session_->masks();
        masks.setOverlaps(Overlaps::Keep);
        MaskTrack made;
        LayeredMask layers(Mask({96, 64}));
        layers.give(boxRegion({10, 10, 50, 50}), 1, masks.rules());
        layers.give(boxRegion({30, 20, 70, 60}), 2, masks.rules());
        for (FrameIndex frame = 0; frame < 100; ++frame) {
            made.set(frame, {PackedMask::pack(layers), {}});
        }
        QCOMPARE(masks.importMasks(made, {{1, "one", {}}, {2, "two", {}}}), 0);
        masks.moveObject(1, StackMove::ToFront);
        QVERIFY(!masks.preparing().isEmpty());
        QTRY_VERIFY(masks.preparing().isEmpty());
        for (FrameIndex frame = 0; frame < 100; ++frame) {
            QCOMPARE(int{masks.track().mask(frame)->labels.at(30, 40)}, 1);
        }
        masks.undo();
        QVERIFY(masks.track() == made);
    }

private:
    static Region boxRegion(BoxPx box) {
        Region region({96, 64}, 1);
        for (int y = box.y0; y < box.y1; ++y) {
            for (int x = box.x0; x < box.x1; ++x) region.at(y, x) = 1;
        }
        return region;
    }

    /// Of an object on frame 0, with what is covered.
    std::int64_t areaWith(ObjectId object) const {
        const LayeredMask mask = session_->masks().track().find(0)->packed->unpackLayers();
        const Region pixels = mask.pixelsOf(object);
        return std::ranges::count(pixels.values(), std::uint8_t{1});
    }

    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<Session> session_;
};

}  // namespace

QTEST_MAIN(TestSessionOverlaps)
#include "test_session_overlaps.moc"
