#include <QFileInfo>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <optional>
#include <vector>

#include "media/io/manifest.h"
#include "segmentation/mask_formats/davis.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/session/export_run.h"
#include "viewer/session/mask_import_run.h"
#include "viewer/session/project_place.h"

namespace {

using namespace mcj;
using namespace mcj::test;

class TestSessionMasks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    }

    void init() {
        fixture_ = std::make_unique<SessionFixture>(16);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        session_ = fixture_->openSession();
        QVERIFY(session_->isOpen());
    }

    void cleanup() { session_.reset(); }

    void oneDragIsOneUndoStep() {
        MaskEditor& masks = session_->masks();
        drag(*session_, StrokeMode::Paint, {20, 20}, {40, 30});
        QCOMPARE(session_->document().log().size(), std::size_t(1));
        QVERIFY(areaOf(*session_->mask(), 1) > 100);
        masks.undo();
        QVERIFY(!session_->mask());
        QVERIFY(masks.track().empty());
        masks.redo();
        QVERIFY(areaOf(*session_->mask(), 1) > 100);
    }

    void undoAndRedoAreIdentity() {
        MaskEditor& masks = session_->masks();
        QRandomGenerator random(7);
        std::vector<MaskTrack> states{masks.track()};
        for (int i = 0; i < 40; ++i) {
            session_->playhead().seek(random.bounded(4));
            QVERIFY(SessionFixture::settle(*session_));
            masks.setActiveObject(static_cast<ObjectId>(1 + random.bounded(3)));
            const PointF from{static_cast<float>(random.bounded(96)),
                              static_cast<float>(random.bounded(64))};
            const PointF to{static_cast<float>(random.bounded(96)),
                            static_cast<float>(random.bounded(64))};
            const int what = random.bounded(10);
            const std::size_t before = session_->document().log().done();
            if (what == 0) {
                masks.clearFrame(session_->playhead().current());
            } else if (what == 1) {
                masks.setLock(session_->playhead().current(), MaskEditor::Lock::On);
            } else if (what < 4) {
                drag(*session_, StrokeMode::Erase, from, to);
            } else {
                drag(*session_, StrokeMode::Paint, from, to);
            }
            // Adding an object is a step of its own and leaves the masks alone.
            while (states.size() <= before) states.push_back(states.back());
            if (session_->document().log().done() > before) states.push_back(masks.track());
        }
        const std::size_t steps = session_->document().log().size();
        QCOMPARE(states.size(), steps + 1);
        for (std::size_t step = steps; step > 0; --step) {
            QVERIFY(masks.track() == states[step]);
            masks.undo();
        }
        QVERIFY(masks.track().empty());
        for (std::size_t step = 1; step <= steps; ++step) {
            masks.redo();
            QVERIFY(masks.track() == states[step]);
        }
    }

    void soloShowsOnlyTheActiveObject() {
        MaskEditor& masks = session_->masks();
        for (const ObjectId id : {ObjectId(1), ObjectId(2), ObjectId(3)}) masks.setActiveObject(id);
        masks.setObjectVisible(3, false);
        const std::size_t edits = session_->document().log().size();
        const auto drawn = [&] {
            std::string ids;
            for (std::size_t id = 1; id <= 3; ++id) {
                if (masks.palette()[id][3] != 0) ids += std::to_string(id);
            }
            return ids;
        };
        QCOMPARE(drawn(), std::string("12"));
        auto revision = masks.paletteRevision();
        masks.setSolo(Solo::On);
        QVERIFY(masks.paletteRevision() > revision);
        // What is painted is seen, also a hidden object.
        QCOMPARE(drawn(), std::string("3"));
        masks.setActiveObject(2);
        QCOMPARE(drawn(), std::string("2"));
        QVERIFY(masks.objectDrawn(2) && !masks.objectDrawn(1));
        masks.setSolo(Solo::Off);
        QCOMPARE(drawn(), std::string("12"));
        QCOMPARE(session_->document().log().size(), edits);
    }

    void aSetOfColoursIsOneUndoStep() {
        MaskEditor& masks = session_->masks();
        for (const ObjectId id : {ObjectId(1), ObjectId(2), ObjectId(9)}) masks.setActiveObject(id);
        const std::vector<MaskObject> before = masks.objects();
        const std::size_t edits = session_->document().log().size();
        masks.setObjectColors(ObjectColors::VisionSafe);
        QCOMPARE(session_->document().log().size(), edits + 1);
        QCOMPARE(masks.object(1)->color, (Rgb8{0xe6, 0x9f, 0x00}));
        // Seven colours: the ninth is the second again.
        QCOMPARE(masks.object(9)->color, masks.object(2)->color);
        QVERIFY(masks.object(1)->color != masks.object(2)->color);
        QCOMPARE(masks.object(1)->name, before[0].name);
        QCOMPARE(masks.palette()[1][1], std::uint8_t(0x9f));
        masks.setObjectColors(ObjectColors::VisionSafe);
        QCOMPARE(session_->document().log().size(), edits + 1);
        masks.undo();
        QVERIFY(masks.objects() == before);
        masks.setObjectColors(ObjectColors::Davis);
        QCOMPARE(session_->document().log().done(), edits);
    }

    void cancelledStrokeLeavesNothing() {
        MaskEditor& masks = session_->masks();
        masks.beginStroke(0, StrokeMode::Paint, {20, 20});
        masks.extendStroke({40, 30});
        QVERIFY(session_->mask());
        masks.cancelStroke();
        QVERIFY(!session_->mask());
        QCOMPARE(session_->document().log().size(), std::size_t(0));
    }

    void changedBoxCoversTheChange() {
        MaskEditor& masks = session_->masks();
        drag(*session_, StrokeMode::Paint, {20, 20}, {21, 20});
        const auto seen = masks.revision();
        QCOMPARE(masks.changedSince(0, seen), std::optional(BoxPx{}));
        const Mask before = *session_->mask();
        masks.setBrushRadiusPx(3.0F);
        masks.setActiveObject(2);
        drag(*session_, StrokeMode::Paint, {60, 40}, {70, 44});
        const auto box = masks.changedSince(0, seen);
        QVERIFY(box && !box->empty());
        QVERIFY(box->size().width < 30);
        const MaskPtr after = session_->mask();
        for (int y = 0; y < 64; ++y) {
            for (int x = 0; x < 96; ++x) {
                if (before.labels.at(y, x) == after->labels.at(y, x)) continue;
                QVERIFY(x >= box->x0 && x < box->x1 && y >= box->y0 && y < box->y1);
            }
        }
        QCOMPARE(masks.changedSince(5, seen), std::optional(BoxPx{}));
    }

    void propagationIsOneUndoStepAndFollowsMotion() {
        MaskEditor& masks = session_->masks();
        masks.importMask(0, Mask(smallScene().mask(0)));
        QVERIFY(session_->propagation().start(Travel::Forward));
        std::vector<FrameIndex> shown;
        connect(&session_->playhead(), &Playhead::moved, session_.get(),
                [&shown](FrameIndex frame) { shown.push_back(frame); });
        waitForRun();
        QCOMPARE(masks.track().size(), std::size_t(16));
        QCOMPARE(session_->document().log().size(), std::size_t(2));
        // The playhead followed, so that masks were seen as they came.
        QCOMPARE(shown.size(), std::size_t(15));
        // DIS is no oracle on so small a picture, but the mask must have gone along with the disc.
        const auto truth = smallScene().mask(15);
        const double carried = overlap(*masks.track().mask(15), truth, 1);
        const double still = overlap(Mask(smallScene().mask(0)), truth, 1);
        QVERIFY2(carried > still + 0.1,
                 qPrintable(QStringLiteral("%1 against %2").arg(carried).arg(still)));
        QSignalSpy changes(&masks, &MaskEditor::maskChanged);
        masks.undo();
        QCOMPARE(changes.size(), 1);
        QCOMPARE(masks.track().size(), std::size_t(1));
        masks.redo();
        QCOMPARE(changes.size(), 2);
        QCOMPARE(masks.track().size(), std::size_t(16));
    }

    void stopKeepsWhatIsDoneAndIsOneStep() {
        MaskEditor& masks = session_->masks();
        masks.importMask(0, Mask(smallScene().mask(0)));
        QVERIFY(session_->propagation().start(Travel::Forward));
        QTRY_VERIFY_WITH_TIMEOUT(masks.track().size() >= 4, 30'000);
        session_->runs().stop();
        waitForRun();
        const std::size_t kept = masks.track().size();
        QVERIFY(kept >= 4 && kept < 16);
        QCOMPARE(session_->document().log().size(), std::size_t(2));
        // Going on from where it stopped fills the rest and leaves what was there.
        const MaskTrack before = masks.track();
        session_->playhead().seek(static_cast<FrameIndex>(kept) - 1);
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(session_->propagation().start(Travel::Forward));
        waitForRun();
        QCOMPARE(masks.track().size(), std::size_t(16));
        for (const auto& [frame, entry] : before.entries()) {
            QVERIFY(*masks.track().find(frame) == entry);
        }
    }

    void correctionRerunsOnlyItsSpan() {
        MaskEditor& masks = session_->masks();
        masks.importMask(0, Mask(smallScene().mask(0)));
        masks.importMask(12, Mask(smallScene().mask(12)));
        QVERIFY(session_->propagation().start(Travel::Forward));
        waitForRun();
        session_->playhead().seek(14);
        QVERIFY(SessionFixture::settle(*session_));
        masks.setLock(9, MaskEditor::Lock::On);
        const MaskTrack before = masks.track();
        session_->playhead().seek(5);
        QVERIFY(SessionFixture::settle(*session_));
        drag(*session_, StrokeMode::Paint, {80, 55}, {84, 55});
        QVERIFY(masks.track().find(5)->anchor());
        QVERIFY(session_->propagation().start(Travel::Forward));
        waitForRun();
        for (const auto& [frame, entry] : before.entries()) {
            const bool mayDiffer = frame >= 5 && frame < 9;
            if (!mayDiffer)
                QVERIFY2(*masks.track().find(frame) == entry, qPrintable(QString::number(frame)));
        }
        QVERIFY(!(*masks.track().find(6) == *before.find(6)));
    }

    void framesBetweenTwoAnchorsAreComputedFromBoth() {
        MaskEditor& masks = session_->masks();
        masks.importMask(0, Mask(smallScene().mask(0)));
        masks.importMask(12, Mask(smallScene().mask(12)));
        QVERIFY(session_->propagation().start(Travel::Forward));
        QCOMPARE(session_->runs().run()->totalSteps(), std::int64_t{22});
        std::vector<FrameIndex> written;
        std::optional<MaskEntry> preliminary;
        const auto watch = connect(&masks, &MaskEditor::maskChanged, this, [&](FrameIndex frame) {
            written.push_back(frame);
            if (frame == 11 && !preliminary) preliminary = masks.track().entryAt(11);
        });
        waitForRun();
        disconnect(watch);
        // Seen at once from the first anchor on, and then joined from the second one back.
        std::vector<FrameIndex> expected;
        for (FrameIndex frame = 1; frame < 12; ++frame) expected.push_back(frame);
        for (FrameIndex frame = 11; frame > 0; --frame) expected.push_back(frame);
        QCOMPARE(written, expected);
        QVERIFY(preliminary && !(*masks.track().find(11) == *preliminary));
        const Mask truth(smallScene().mask(11));
        QVERIFY(overlap(*masks.track().mask(11), truth.labels, 1) >=
                overlap(*preliminary->mask(), truth.labels, 1));
        QVERIFY(*masks.track().mask(12) == Mask(smallScene().mask(12)));
        // The run is one undo step, although it wrote its frames twice.
        QCOMPARE(session_->document().log().size(), std::size_t(3));
        const MaskTrack done = masks.track();
        masks.undo();
        QCOMPARE(masks.track().size(), std::size_t(2));
        masks.redo();
        QVERIFY(masks.track() == done);
    }

    void aRerunIsKeptOrUndoneByObject() {
        MaskEditor& masks = session_->masks();
        PropagationReview& review = session_->maskTools().propagationReview;
        masks.importMask(0, Mask(smallScene().mask(0)));
        QVERIFY(session_->propagation().start(Travel::Forward));
        waitForRun();
        QVERIFY(!review.open());  // there was nothing before
        rerunFromFrame5();
        const MaskTrack before = beforeRerun_;
        QTRY_VERIFY(review.open());
        QCOMPARE(review.frames(), FrameIndex(10));
        QCOMPARE(review.changes().size(), std::size_t(2));
        QVERIFY(review.changes()[0].share() > 0.0 && review.changes()[0].share() < 1.0);
        QCOMPARE(int(review.changes()[1].object), 2);
        QCOMPARE(review.changes()[1].share(), 1.0);
        QVERIFY(!review.canUndo(3));
        masks.setLock(9, MaskEditor::Lock::On);
        const MaskTrack rerun = masks.track();
        QVERIFY(review.open());

        review.undoObject(2);
        QTRY_VERIFY(review.undone(2));
        QVERIFY(!review.canUndo(2));
        for (FrameIndex frame = 6; frame < 16; ++frame) {
            const MaskPtr mask = masks.track().mask(frame);
            QCOMPARE(areaOf(*mask, 2) > 0, frame == 9);
            QCOMPARE(areaOf(*mask, 1), areaOf(*rerun.mask(frame), 1));
        }
        QTRY_VERIFY(review.canUndo(1));
        review.undoObject(1);
        QTRY_VERIFY(review.undone(1));
        for (const auto& [frame, entry] : before.entries()) {
            if (frame != 9) QVERIFY2(*masks.track().find(frame) == entry, "frame differs");
        }
        QVERIFY(*masks.track().find(9) == *rerun.find(9));

        // Each is one undo step, which offers the object again.
        masks.undo();
        QVERIFY(!review.undone(1) && review.undone(2));
        masks.undo();
        QVERIFY(masks.track() == rerun);
        QVERIFY(review.open() && !review.undone(2));
        masks.undo();  // the lock
        masks.undo();  // the run
        QVERIFY(masks.track() == before);
        QVERIFY(!review.open());
    }

    void aReviewEndsWithKeepAndWithTheNextEdit() {
        MaskEditor& masks = session_->masks();
        PropagationReview& review = session_->maskTools().propagationReview;
        masks.importMask(0, Mask(smallScene().mask(0)));
        QVERIFY(session_->propagation().start(Travel::Forward));
        waitForRun();
        rerunFromFrame5();
        QTRY_VERIFY(review.open());
        const MaskTrack rerun = masks.track();
        masks.renameObject(2, "ball");
        QVERIFY(review.open());
        review.keep();
        QVERIFY(!review.open() && masks.track() == rerun);
        rerunFromFrame5(12.0F);
        QTRY_VERIFY(review.open());
        drag(*session_, StrokeMode::Paint, {2, 2}, {6, 2});
        QVERIFY(!review.open());
    }

    void paintingDuringARunEndsIt() {
        MaskEditor& masks = session_->masks();
        masks.importMask(0, Mask(smallScene().mask(0)));
        QVERIFY(session_->propagation().start(Travel::Forward));
        QTRY_VERIFY_WITH_TIMEOUT(masks.track().size() >= 3, 30'000);
        drag(*session_, StrokeMode::Paint, {80, 55}, {84, 55});
        const MaskTrack painted = masks.track();
        waitForRun();
        QVERIFY(masks.track() == painted);
        QCOMPARE(session_->document().log().size(), std::size_t(3));
        masks.undo();
        masks.undo();
        QCOMPARE(masks.track().size(), std::size_t(1));
    }

    void nothingToStartFromIsSaid() {
        QSignalSpy notices(session_.get(), &Session::noticed);
        QVERIFY(!session_->propagation().start(Travel::Forward));
        QCOMPARE(notices.size(), 1);
        QVERIFY(!notices.front().front().value<Notice>().hint.isEmpty());
    }

    void lookingLeavesNoFile() {
        QVERIFY(!QFileInfo::exists(session_->document().path()));
        session_.reset();
        QVERIFY(!QFileInfo::exists(projectBeside(fixture_->video())));
    }

    void autosaveSurvivesReopening() {
        MaskEditor& masks = session_->masks();
        drag(*session_, StrokeMode::Paint, {20, 20}, {40, 30});
        masks.setActiveObject(2);
        masks.renameObject(2, "ball");
        drag(*session_, StrokeMode::Paint, {60, 40}, {70, 44});
        QVERIFY(session_->propagation().start(Travel::Forward));
        waitForRun();
        masks.undo();
        masks.redo();
        session_->playhead().seek(4);
        const MaskTrack saved = masks.track();
        const QString project = session_->document().path();
        QTRY_VERIFY(QFileInfo::exists(project));
        session_.reset();

        session_ = fixture_->makeSession();
        session_->open(project);
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(session_->isOpen());
        MaskEditor& again = session_->masks();
        QVERIFY(again.track() == saved);
        QCOMPARE(session_->playhead().current(), FrameIndex(4));
        QVERIFY(again.object(2));
        QCOMPARE(again.object(2)->name, std::string("ball"));
        // Undo reaches into the earlier session, and so does redo.
        QCOMPARE(session_->document().log().size(), std::size_t(5));
        again.undo();
        QCOMPARE(again.track().size(), std::size_t(1));
        for (int step = 0; step < 4; ++step) again.undo();
        QVERIFY(again.track().empty());
        QVERIFY(!again.object(2));
        for (int step = 0; step < 5; ++step) again.redo();
        QVERIFY(again.track() == saved);
        QCOMPARE(again.object(2)->name, std::string("ball"));
    }

    void killedSessionLosesNothing() {
        drag(*session_, StrokeMode::Paint, {20, 20}, {40, 30});
        const MaskTrack painted = session_->masks().track();
        QTRY_COMPARE(session_->document().saveState(), Document::SaveState::Saved);
        // What lies on disk at this moment, the log beside it included, is what a kill leaves.
        const QString project = session_->document().path();
        const QString copy = fixture_->path("copy.mcjepa");
        QVERIFY(QFile::copy(project, copy));
        if (QFileInfo::exists(project + "-wal")) {
            QVERIFY(QFile::copy(project + "-wal", copy + "-wal"));
        }
        session_.reset();
        session_ = fixture_->makeSession();
        session_->open(copy);
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(session_->masks().track() == painted);
    }

    void exportedMasksReadBack() {
        MaskEditor& masks = session_->masks();
        masks.importMask(0, Mask(smallScene().mask(0)));
        masks.importMask(3, Mask(smallScene().mask(3)));
        MaskExportRequest request;
        request.folder = fixture_->path("masks").toStdString();
        request.begin = 0;
        request.end = 16;
        request.size = session_->frames().info().size;
        QVERIFY(startExport(request));
        waitForRun();
        QVERIFY(readDavisMask(request.folder / "00003.png") == *masks.track().mask(3));
        QVERIFY(readDavisMask(request.folder / "00001.png") ==
                Mask(session_->frames().info().size));
        QVERIFY(std::filesystem::exists(request.folder / "00015.png"));
    }

    void exportedMasksSayHowTheyWereMade() {
        MaskEditor& masks = session_->masks();
        masks.importMask(0, Mask(smallScene().mask(0)));
        masks.renameObject(1, "ball");
        QVERIFY(session_->propagation().start(Travel::Forward));
        waitForRun();
        masks.undo();
        masks.redo();
        session_->playhead().seek(3);
        QVERIFY(SessionFixture::settle(*session_));
        drag(*session_, StrokeMode::Paint, {20, 20}, {40, 30});
        MaskExportRequest request;
        request.folder = fixture_->path("told").toStdString();
        request.end = 16;
        request.size = session_->frames().info().size;
        QVERIFY(startExport(request));
        waitForRun();
        Manifest manifest = readManifest(request.folder / "manifest.json");
        QVERIFY(manifest.complete);
        QCOMPARE(manifest.files.size(), std::size_t(16));
        QCOMPARE(manifest.sourceSha256, sha256OfFile(fixture_->video().toStdString()));
        QCOMPARE(manifest.source.pts.size(), std::size_t(16));
        QVERIFY(manifest.modelSha256.empty());
        const std::map<std::string, std::string> options{
            {"format", "davis"},        {"range", "0:16:1"},
            {"objects", "1"},           {"object-1", "ball"},
            {"imported", "0"},          {"painted", "3"},
            {"propagated", "1:3,4:16"}, {"propagated-by-dis-flow", "1:3,4:16"}};
        QVERIFY(manifest.options == options);

        // Masks are the user's work: they can be had also when their video is gone.
        QVERIFY(QFile::remove(fixture_->video()));
        request.folder = fixture_->path("without video").toStdString();
        QVERIFY(startExport(request));
        waitForRun();
        manifest = readManifest(request.folder / "manifest.json");
        QVERIFY(manifest.complete && manifest.sourceSha256.empty());
        QVERIFY(!manifest.options.at("source-unread").empty());
    }

    void wrongSizeMaskIsRefused() {
        try {
            session_->masks().importMask(0, Mask(SizePx{10, 10}));
            QFAIL("a mask of another size was taken");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Input);
            QVERIFY(QString(error.what()).contains("10 x 10"));
        }
    }

    void removingAnObjectIsOneStep() {
        MaskEditor& masks = session_->masks();
        drag(*session_, StrokeMode::Paint, {20, 20}, {40, 30});
        masks.setActiveObject(2);
        drag(*session_, StrokeMode::Paint, {60, 40}, {70, 44});
        masks.importMask(1, Mask(smallScene().mask(1)));
        masks.importMask(2, Mask(smallScene().mask(2)));
        session_->playhead().seek(3);
        QVERIFY(SessionFixture::settle(*session_));
        drag(*session_, StrokeMode::Paint, {60, 40}, {70, 44});
        session_->playhead().seek(0);
        QVERIFY(SessionFixture::settle(*session_));
        const MaskTrack both = masks.track();
        const std::size_t steps = session_->document().log().size();
        QSignalSpy changes(&masks, &MaskEditor::maskChanged);
        masks.removeObject(2);
        // Two masks hold it: said once, and the others are the very same.
        QCOMPARE(changes.size(), 1);
        for (const FrameIndex frame : {1, 2}) {
            QVERIFY(masks.track().find(frame)->packed == both.find(frame)->packed);
        }
        QVERIFY(!masks.track().objects().test(2));
        QCOMPARE(session_->document().log().size(), std::size_t(steps + 1));
        QCOMPARE(areaOf(*session_->mask(), 2), std::int64_t(0));
        QVERIFY(!masks.object(2));
        masks.undo();
        QVERIFY(masks.track() == both);
        QVERIFY(masks.object(2));
    }

    void masksOfAClipAreImportedAsOneStep() {
        MaskEditor& masks = session_->masks();
        const SizePx size = session_->frames().info().size;
        MaskTrack made;
        for (const FrameIndex frame : {0, 1, 4}) {
            Mask mask(size);
            mask.labels.at(2, static_cast<int>(frame)) = 3;
            made.set(frame, makeEntry(mask, {}));
        }
        QTemporaryDir dir;
        MaskExportRequest request{dir.filePath("coco").toStdString(), 0, 6, size};
        request.format = "coco";
        MaskObject named = defaultObject(3);
        named.name = "ball";
        request.objects.set(named);
        exportMasks(made, request);
        masks.importMask(1, Mask(size));
        masks.setLock(1, MaskEditor::Lock::On);
        const MaskTrack before = masks.track();
        const std::size_t steps = session_->document().log().size();
        MaskReadRequest from;
        from.path = maskSetPath(request.folder / "annotations.json");
        QVERIFY(from.path == request.folder);
        QVERIFY(session_->runs().start(
            std::make_unique<MaskImportRun>(masks, from, size, session_->frames().frameCount())));
        waitForRun();
        QCOMPARE(session_->document().log().size(), steps + 1);
        QVERIFY(*masks.track().mask(0) == *made.mask(0));
        QVERIFY(*masks.track().mask(4) == *made.mask(4));
        QVERIFY(*masks.track().mask(1) == Mask(size));  // locked
        QVERIFY(masks.object(3) != nullptr);
        QCOMPARE(masks.object(3)->name, std::string("ball"));
        masks.undo();
        QVERIFY(masks.track() == before);
    }

private:
    bool startExport(const MaskExportRequest& request) {
        return session_->runs().start(std::make_unique<MaskExportRun>(
            session_->masks(), session_->view().engine(), request, session_->frames().info()));
    }

    /// Paints both objects on frame 5, which has a propagated mask, and propagates to the end.
    /// `down`: other strokes, so that the masks change again.
    void rerunFromFrame5(float down = 0.0F) {
        MaskEditor& masks = session_->masks();
        session_->playhead().seek(5);
        QVERIFY(SessionFixture::settle(*session_));
        masks.setActiveObject(1);
        drag(*session_, StrokeMode::Paint, {80.0F, 55.0F - down}, {84.0F, 55.0F - down});
        masks.setActiveObject(2);
        drag(*session_, StrokeMode::Paint, {70.0F, 10.0F + down}, {76.0F, 10.0F + down});
        beforeRerun_ = masks.track();
        QVERIFY(session_->propagation().start(Travel::Forward));
        waitForRun();
    }

    void waitForRun() { QTRY_VERIFY_WITH_TIMEOUT(session_->runs().run() == nullptr, 60'000); }

    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<Session> session_;
    MaskTrack beforeRerun_;
};

}  // namespace

QTEST_MAIN(TestSessionMasks)
#include "test_session_masks.moc"
