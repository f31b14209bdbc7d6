// What the session keeps: objects, locks, undo, and the project file when its disk fails.
#include <QDir>
#include <QFileInfo>
#include <QSignalSpy>
#include <algorithm>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "segmentation/mask_formats/davis.h"
#include "segmentation/rle.h"
#include "tests/support/full_disk.h"
#include "tests/support/read_only_folder.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/session/frame_picture.h"
#include "viewer/session/masks_side_by_side.h"

namespace {

using namespace mcj;
using namespace mcj::test;

bool said(const QSignalSpy& notices, const QString& words) {
    for (qsizetype i = 0; i < notices.size(); ++i) {
        if (notices.at(i).front().value<Notice>().text.contains(words)) return true;
    }
    return false;
}

/// Whether this process has the database locked, as another process sees it.
bool lockedForOthers(const QString& database) {
    const QByteArray path = database.toLocal8Bit();
    const pid_t child = ::fork();
    if (child == 0) {
        // SQLite's lock bytes, from PENDING_BYTE on (sqlite3 os.h).
        struct flock asked = {};
        asked.l_type = F_WRLCK;
        asked.l_whence = SEEK_SET;
        asked.l_start = 0x40000000;
        asked.l_len = 512;
        const int file = ::open(path.constData(), O_RDWR | O_CLOEXEC);
        const bool known = file >= 0 && ::fcntl(file, F_GETLK, &asked) == 0;
        ::_exit(known && asked.l_type != F_UNLCK ? 1 : 0);
    }
    int status = 0;
    return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 1;
}

class TestSessionDocument : public QObject {
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

    void everythingIsSavedOnceTheDiskHasRoom() {
        drag(*session_, StrokeMode::Paint, {20, 20}, {40, 30});
        QVERIFY(SessionFixture::settle(*session_));
        QSignalSpy notices(session_.get(), &Session::noticed);
        {
            const FullDisk full(4096);
            drag(*session_, StrokeMode::Paint, {60, 20}, {70, 30});
            drag(*session_, StrokeMode::Paint, {60, 40}, {70, 40});
            QTRY_VERIFY(said(notices, "not being saved"));
            session_->save();
            QTest::qWait(50);
            QVERIFY(!said(notices, "Saved to"));
        }
        drag(*session_, StrokeMode::Paint, {10, 50}, {20, 50});
        session_->save();
        const MaskTrack painted = session_->masks().track();
        QTRY_VERIFY(said(notices, "Saved to"));
        session_.reset();
        session_ = fixture_->openSession();
        QVERIFY(session_->masks().track() == painted);
    }

    void undoBringsObjectsBack() {
        MaskEditor& masks = session_->masks();
        masks.renameObject(1, "fish");
        Mask three(session_->frames().info().size);
        for (int i = 0; i < 3; ++i) three.labels.at(10, 10 + i) = static_cast<ObjectId>(i + 1);
        masks.importMask(0, three);
        masks.undo();
        masks.undo();
        QCOMPARE(masks.objects().size(), std::size_t(1));
        masks.redo();
        masks.redo();
        QCOMPARE(masks.objects().size(), std::size_t(3));
        QCOMPARE(masks.object(1)->name, std::string("fish"));
        // The file has what the session has.
        session_.reset();
        session_ = fixture_->openSession();
        QCOMPARE(session_->masks().objects().size(), std::size_t(3));
        // What is looked at is not what is worked on.
        MaskEditor& again = session_->masks();
        again.setObjectVisible(1, false);
        again.undo();
        again.undo();
        QCOMPARE(again.object(1)->name, std::string("Object 1"));
        QVERIFY(!again.objectVisible(1));
    }

    void aReplacedVideoIsSaid() {
        drag(*session_, StrokeMode::Paint, {20, 20}, {40, 30});
        session_.reset();
        const MovingScene other({96, 64}, {0.0F, 0.0F}, {{{60.0F, 32.0F}, {-1.0F, 0.5F}, 9.0F}});
        QVERIFY(QFile::remove(fixture_->video()));
        QVERIFY(writeLossless(other, 16, fixture_->video()).isEmpty());
        session_ = fixture_->makeSession();
        QSignalSpy notices(session_.get(), &Session::noticed);
        session_->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(said(notices, "is not the video"));
        // The right one may be looked for.
        QVERIFY(session_->projectTools().videoSearch.wanted());
        QCOMPARE(session_->projectTools().videoSearch.wanted()->project,
                 session_->document().path());
    }

    void aProjectFindsItsVideoAgainByContent() {
        const auto moved = [this](const QString& from, const QString& to) {
            return QDir(fixture_->path({})).mkpath(QFileInfo(fixture_->path(to)).path()) &&
                   QFile::rename(fixture_->path(from), fixture_->path(to));
        };
        drag(*session_, StrokeMode::Paint, {20, 20}, {40, 30});
        session_->saveAs(fixture_->path("work.mcjepa"));
        QVERIFY(SessionFixture::settle(*session_));
        session_.reset();
        // Renamed beside the project.
        QVERIFY(moved("clip.mkv", "other.mkv"));
        QCOMPARE(QFileInfo(videoOfProject(fixture_->path("work.mcjepa"))).fileName(),
                 QString("other.mkv"));
        // A folder that was moved with the project and the video in it.
        QVERIFY(moved("other.mkv", "a/videos/clip.mkv"));
        QVERIFY(moved("work.mcjepa", "a/masks/work.mcjepa"));
        const auto opens = [&](const QString& project, const QString& video) {
            session_ = fixture_->makeSession();
            session_->open(Opening{fixture_->path(video), fixture_->path(project)});
            const bool settled = SessionFixture::settle(*session_);
            session_.reset();
            return settled;
        };
        QVERIFY(opens("a/masks/work.mcjepa", "a/videos/clip.mkv"));
        QVERIFY(QDir().rename(fixture_->path("a"), fixture_->path("b")));
        QCOMPARE(videoOfProject(fixture_->path("b/masks/work.mcjepa")),
                 fixture_->path("b/videos/clip.mkv"));

        // Elsewhere, under another name: it is missing, and a search finds it.
        QVERIFY(moved("b/videos/clip.mkv", "c/deep/down/take2.mkv"));
        QVERIFY(QFile::copy(fixture_->path("b/masks/work.mcjepa"), fixture_->path("c/x.mkv")));
        session_ = fixture_->makeSession();
        QSignalSpy notices(session_.get(), &Session::noticed);
        session_->open(fixture_->path("b/masks/work.mcjepa"));
        QVERIFY(said(notices, "was not found"));
        VideoSearch& search = session_->projectTools().videoSearch;
        QVERIFY(search.wanted());
        search.start(fixture_->path("b"));
        QTRY_VERIFY(said(notices, "No file in"));
        QTRY_VERIFY(!search.busy());
        search.start(fixture_->path("c"));
        QTRY_VERIFY_WITH_TIMEOUT(session_->isOpen(), 30'000);
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(session_->document().path(), fixture_->path("b/masks/work.mcjepa"));
        QCOMPARE(session_->masks().track().size(), std::size_t(1));
        QVERIFY(!said(notices, "is not the video"));
        QVERIFY(!search.wanted());
        session_.reset();
        // It is known from now on.
        QCOMPARE(videoOfProject(fixture_->path("b/masks/work.mcjepa")),
                 fixture_->path("c/deep/down/take2.mkv"));
    }

    void masksOfAnotherSizeAreRefused() {
        drag(*session_, StrokeMode::Paint, {20, 20}, {40, 30});
        const QString project = session_->document().path();
        session_.reset();
        sqlite3* database = nullptr;
        QCOMPARE(sqlite3_open(qPrintable(project), &database), SQLITE_OK);
        sqlite3_stmt* statement = nullptr;
        sqlite3_prepare_v2(database, "UPDATE labels SET runs = ?", -1, &statement, nullptr);
        const auto bytes = encodeRle(Raster<std::uint8_t>(SizePx{3, 3}, 1));
        sqlite3_bind_blob(statement, 1, bytes.data(), static_cast<int>(bytes.size()),
                          SQLITE_TRANSIENT);
        QCOMPARE(sqlite3_step(statement), SQLITE_DONE);
        sqlite3_finalize(statement);
        sqlite3_close(database);
        session_ = fixture_->makeSession();
        QSignalSpy notices(session_.get(), &Session::noticed);
        session_->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(said(notices, "damaged at frame 0"));
        QVERIFY(session_->masks().track().empty());
    }

    void renamingAnObjectLetsAPropagationGoOn() {
        MaskEditor& masks = session_->masks();
        masks.importMask(0, Mask(smallScene().mask(0)));
        QVERIFY(session_->propagation().start(Travel::Forward));
        QTRY_VERIFY_WITH_TIMEOUT(masks.track().size() >= 3, 30'000);
        masks.renameObject(1, "ball");
        QTRY_VERIFY_WITH_TIMEOUT(session_->runs().run() == nullptr, 60'000);
        QCOMPARE(masks.track().size(), std::size_t(16));
        // Undone in the order in which they were begun: the renaming first.
        masks.undo();
        QCOMPARE(masks.object(1)->name, std::string("Object 1"));
        QCOMPARE(masks.track().size(), std::size_t(16));
        masks.undo();
        QCOMPARE(masks.track().size(), std::size_t(1));
    }

    void aSecondWindowReadsAndDoesNotWrite() {
        MaskEditor& first = session_->masks();
        first.importMask(0, Mask(smallScene().mask(0)));
        QVERIFY(SessionFixture::settle(*session_));
        const auto second = fixture_->makeSession();
        QSignalSpy notices(second.get(), &Session::noticed);
        second->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*second));
        QVERIFY(second->document().readOnly());
        QCOMPARE(second->document().saveState(), Document::SaveState::ReadOnly);
        QVERIFY(said(notices, "Read-only"));
        const ProjectState shown = session_->document().state();
        QVERIFY(second->document().state() == shown);
        const auto refused = [&](const auto& edit) {
            notices.clear();
            edit();
            return said(notices, "Read-only") && second->document().state() == shown;
        };
        MaskEditor& masks = second->masks();
        QVERIFY(refused([&] { drag(*second, StrokeMode::Paint, {2, 2}, {9, 9}); }));
        QVERIFY(refused([&] { masks.clearFrame(0); }));
        QVERIFY(refused([&] { masks.setLock(0, MaskEditor::Lock::On); }));
        QVERIFY(refused([&] { masks.removeObject(1); }));
        QVERIFY(refused([&] { masks.renameObject(1, "mine"); }));
        QVERIFY(refused([&] { masks.setObjectColor(1, {1, 2, 3}); }));
        QVERIFY(refused([&] { masks.addObject(); }));
        QVERIFY(refused([&] { masks.undo(); }));
        QVERIFY(refused([&] { second->save(); }));
        QVERIFY(refused([&] { QVERIFY(!second->propagation().start(Travel::Forward)); }));
        QVERIFY(refused([&] {
            second->projectTools().statusNotes.setStatus(StatusSubject::ofFrame(0),
                                                         WorkStatus::Done);
        }));
        QVERIFY_EXCEPTION_THROWN(masks.importMask(1, Mask(smallScene().mask(1))), Error);
        QVERIFY_EXCEPTION_THROWN((void)masks.importMasks(shown.track(), {}), Error);
        MaskPreview preview;
        preview.text = "Clean object 1";
        const PackedMaskPtr before = masks.track().find(0)->packed;
        preview.frames.push_back({0, before, PackedMask::pack(Mask(smallScene().mask(5)))});
        masks.showPreview(preview);
        QVERIFY(masks.preview());
        QVERIFY(refused([&] { masks.acceptPreview(); }));
        masks.dropPreview();
        second->timeline().marks.toggleMarker(3);
        QVERIFY(SessionFixture::settle(*second));

        // Into a file of its own.
        notices.clear();
        second->saveAs(session_->document().path());
        QVERIFY(said(notices, "was not replaced"));
        QVERIFY(second->document().readOnly());
        const QString copy = fixture_->path("mine.mcjepa");
        second->saveAs(copy);
        QTRY_VERIFY(said(notices, "Saved to"));
        QVERIFY(!second->document().readOnly());
        masks.renameObject(1, "mine");
        QVERIFY(SessionFixture::settle(*second));
        second->close();
        const ProjectContent kept = ProjectFile::open(copy.toStdString()).load();
        QCOMPARE(kept.state.objects.find(1)->name, std::string("mine"));
        QCOMPARE(kept.log.size(), std::size_t(2));
        QVERIFY(kept.settings.at("marks").find("3") != std::string::npos);
        const QString project = session_->document().path();
        session_.reset();
        QVERIFY(ProjectFile::open(project.toStdString()).load().state == shown);
    }

    void aProjectThatCannotBeWrittenIsShown() {
        drag(*session_, StrokeMode::Paint, {20, 20}, {40, 30});
        const ProjectState painted = session_->document().state();
        const QString project = session_->document().path();
        session_.reset();
        {
            const ReadOnlyFolder folder(QFileInfo(project).path().toStdString());
            if (!folder.works()) QSKIP("this user can write to a folder without permission");
            session_ = fixture_->makeSession();
            QSignalSpy notices(session_.get(), &Session::noticed);
            session_->open(fixture_->video());
            QVERIFY(SessionFixture::settle(*session_));
            QVERIFY(session_->document().readOnly());
            QVERIFY(session_->document().state() == painted);
            QVERIFY(said(notices, "not writable"));
            QVERIFY(!said(notices, "not being saved"));
            notices.clear();
            drag(*session_, StrokeMode::Paint, {60, 20}, {70, 30});
            QVERIFY(said(notices, "not writable"));
            QVERIFY(session_->document().state() == painted);
            session_.reset();
        }
        session_ = fixture_->openSession();
        QVERIFY(!session_->document().readOnly());
        QVERIFY(session_->document().state() == painted);
    }

    // Another look at the file by this process would end its lock.
    void aProjectThatIsBeingReadIsNotLookedIntoAgain() {
        session_->masks().importMask(0, Mask(smallScene().mask(0)));
        QVERIFY(SessionFixture::settle(*session_));
        const QString project = session_->document().path();
        QVERIFY(lockedForOthers(project));
        session_.reset();
        QVERIFY(!lockedForOthers(project));

        session_ = fixture_->makeSession();
        const Document& document = session_->document();
        int seen = 0;
        int held = 0;
        connect(&document, &Document::reset, session_.get(), [&] {
            if (!document.loading()) return;
            ++seen;
            held += document.holds(project) ? 1 : 0;
            if (seen == 1) {
                QMetaObject::invokeMethod(
                    session_.get(), [&] { session_->open(project); }, Qt::QueuedConnection);
            }
        });
        session_->open(project);
        QTRY_COMPARE(seen, 2);
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(held, 2);
        QVERIFY(!document.readOnly());
        QCOMPARE(document.saveState(), Document::SaveState::Saved);
        QVERIFY(document.holds(project));
        QVERIFY(lockedForOthers(project));
        session_->close();
        QVERIFY(!document.holds(project));
    }

    void statusAndNotesAreUndoneAndKept() {
        StatusNotes& statuses = session_->projectTools().statusNotes;
        QSignalSpy changed(&statuses, &StatusNotes::changed);
        const auto frame = StatusSubject::ofFrame(5);
        const auto object = StatusSubject::ofObject(1);
        statuses.setStatus(frame, WorkStatus::Doubtful);
        statuses.setNote(frame, "  the left edge\n");
        statuses.setStatus(StatusSubject::ofFrame(9), WorkStatus::Doubtful);
        statuses.setStatus(object, WorkStatus::Done);
        statuses.setStatus(object, WorkStatus::Done);
        QCOMPARE(changed.size(), 4);
        QCOMPARE(session_->document().log().size(), std::size_t(4));
        QCOMPARE(textOf(statuses.of(frame)), QString("doubtful: the left edge"));
        QCOMPARE(statuses.frameAfter(5, WorkStatus::Doubtful), std::optional(FrameIndex(9)));
        QVERIFY(!statuses.frameAfter(9, WorkStatus::Doubtful));
        QCOMPARE(statuses.frameBefore(9, WorkStatus::Doubtful), std::optional(FrameIndex(5)));
        QVERIFY(!statuses.frameBefore(5, WorkStatus::Doubtful));
        statuses.setNote(StatusSubject::ofFrame(2), QString(5000, QChar(0x20ac)));
        QCOMPARE(QString::fromStdString(statuses.of(StatusSubject::ofFrame(2)).note).size(),
                 qsizetype(StatusNotes::kMostLetters));
        session_.reset();
        session_ = fixture_->openSession();
        StatusNotes& again = session_->projectTools().statusNotes;
        QCOMPARE(textOf(again.of(frame)), QString("doubtful: the left edge"));
        QVERIFY(again.of(object).status == WorkStatus::Done);
        session_->masks().undo();
        session_->masks().undo();
        session_->masks().undo();
        session_->masks().undo();
        QCOMPARE(textOf(again.of(frame)), QString("doubtful"));
        session_->masks().undo();
        QVERIFY(again.table().empty());
    }

    void objectsAreOfClassesThatTheProjectKeeps() {
        QFile file(fixture_->path("classes.txt"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("car #102030\ntree\n");
        file.close();
        session_->projectTools().classes.load(file.fileName());
        MaskEditor& masks = session_->masks();
        const ClassList classes = session_->projectTools().classes.list();
        const ObjectId car = masks.addObject(classes[0]);
        QCOMPARE(masks.activeObject(), car);
        QVERIFY(*masks.object(car) == (MaskObject{car, "car", {16, 32, 48}}));
        const ObjectId second = masks.addObject(classes[0]);
        QCOMPARE(masks.object(second)->name, std::string("car 2"));
        masks.giveClass(1, classes[1]);
        QCOMPARE(masks.object(1)->name, std::string("tree"));
        QCOMPARE(masks.object(1)->color, davisPalette()[1]);
        // The same class again changes nothing.
        const std::size_t edits = session_->document().log().size();
        masks.giveClass(second, classes[0]);
        QCOMPARE(session_->document().log().size(), edits);
        file.remove();
        QVERIFY(SessionFixture::settle(*session_));
        session_.reset();
        session_ = fixture_->openSession();
        QVERIFY(session_->projectTools().classes.list() == classes);
        QCOMPARE(session_->masks().object(second)->name, std::string("car 2"));
        session_->masks().undo();
        QCOMPARE(session_->masks().object(1)->name, std::string("Object 1"));
        QVERIFY_EXCEPTION_THROWN(session_->projectTools().classes.load(file.fileName()), Error);
        QVERIFY(session_->projectTools().classes.list() == classes);
        session_->close();
        QVERIFY(session_->projectTools().classes.list().empty());
    }

    void masksAreComparedWithThoseOfAnotherProject() {
        MaskEditor& masks = session_->masks();
        masks.importMask(0, Mask(smallScene().mask(0)));
        masks.importMask(5, Mask(smallScene().mask(5)));
        const QString other = fixture_->path("other.mcjepa");
        session_->saveAs(other);
        QVERIFY(SessionFixture::settle(*session_));
        session_->saveAs(fixture_->path("mine.mcjepa"));
        QVERIFY(SessionFixture::settle(*session_));
        ProjectAgreement& agreement = session_->projectTools().agreement;
        QSignalSpy notices(session_.get(), &Session::noticed);
        agreement.compareWith(fixture_->path("mine.mcjepa"));
        QVERIFY(said(notices, "is the open project"));
        QVERIFY(agreement.other().isEmpty());
        agreement.compareWith(other);
        // An edit while it is computed is not missed.
        masks.importMask(7, Mask(smallScene().mask(7)));
        QTRY_VERIFY(!agreement.busy() && !agreement.other().isEmpty());
        QCOMPARE(agreement.at(0), std::optional(1.0));
        QCOMPARE(agreement.at(7), std::optional(0.0));
        QVERIFY(!agreement.at(1));
        masks.clearFrame(5);
        QCOMPARE(agreement.at(5), std::optional(0.0));
        QCOMPARE(agreement.differsAfter(0), std::optional(FrameIndex(5)));
        masks.undo();
        QCOMPARE(agreement.at(5), std::optional(1.0));
        QCOMPARE(agreement.differsAfter(0), std::optional(FrameIndex(7)));
        session_->close();
        QVERIFY(agreement.other().isEmpty());
    }

    void masksAreComparedWithThoseInFiles() {
        MaskEditor& masks = session_->masks();
        for (const FrameIndex frame : {0, 5}) {
            masks.importMask(frame, Mask(smallScene().mask(static_cast<int>(frame))));
        }
        // The same on frame 0, half of the object on frame 5, another object besides.
        Mask half(smallScene().mask(5));
        for (int x = 0; x < half.size().width; ++x) {
            for (int y = 0; y < half.size().height / 2; ++y) half.labels.at(y, x) = 0;
        }
        half.labels.at(0, 0) = 4;
        const std::filesystem::path folder = fixture_->path("other").toStdString();
        std::filesystem::create_directory(folder);
        writeDavisMask(folder / "00000.png", Mask(smallScene().mask(0)));
        writeDavisMask(folder / "00005.png", half);
        ProjectAgreement& agreement = session_->projectTools().agreement;
        agreement.compareWith(fixture_->path("other"));
        QTRY_VERIFY(!agreement.busy() && !agreement.other().isEmpty());
        QCOMPARE(agreement.otherName(), QString("other"));
        const auto rows = agreementOf(Mask(smallScene().mask(5)), half);
        QCOMPARE(rows.size(), std::size_t{2});
        QCOMPARE(agreement.at(5), std::optional((rows[0].iou() + rows[1].iou()) / 2.0));
        QCOMPARE(agreement.at(5, 1), std::optional(rows[0].iou()));
        QCOMPARE(agreement.at(5, 4), std::optional(0.0));
        QVERIFY(!agreement.at(0, 4));
        QCOMPARE(agreement.iousOf(1).size(), std::size_t{2});
        QCOMPARE(agreement.differsBefore(7), std::optional(FrameIndex(5)));
        QVERIFY(!agreement.differsBefore(5));

        // Ours on the left, theirs on the right.
        showMasksSideBySide(session_->views());
        session_->playhead().seek(5);
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(session_->views().shown().size(), std::size_t{2});
        const auto masksOf = [this](std::size_t view) {
            std::vector<MaskPtr> drawn;
            for (const auto& part : pictureOfView(*session_, session_->views().at(view)).parts) {
                if (part.mask && part.layer.drawn()) drawn.push_back(part.mask);
            }
            return drawn;
        };
        QCOMPARE(masksOf(0).size(), std::size_t{1});
        QVERIFY(*masksOf(0).front() == Mask(smallScene().mask(5)));
        QCOMPARE(masksOf(1).size(), std::size_t{1});
        QVERIFY(*masksOf(1).front() == half);
        // Another map beside it does not change which masks are shown.
        session_->views().at(1).layers().showOnly(kFlowLayer);
        QVERIFY(*masksOf(1).front() == half);
        agreement.stop();
        hideComparedMasks(session_->views());
        QVERIFY(*masksOf(1).front() == Mask(smallScene().mask(5)));
    }

    void editsOfManyFramesAreComparedInTheBackground() {
        MaskEditor& masks = session_->masks();
        masks.setActiveObject(2);
        masks.moveObject(2, StackMove::ToBack);
        // Objects that overlap: the first one lies on top here.
        Mask all(smallScene().mask(0));
        std::ranges::fill(all.labels.values(), ObjectId{1});
        const std::filesystem::path folder = fixture_->path("sav").toStdString();
        for (const char* object : {"001", "002"}) {
            std::filesystem::create_directories(folder / object);
            writeDavisMask(folder / object / "00000.png", all);
        }
        ProjectAgreement& agreement = session_->projectTools().agreement;
        agreement.compareWith(fixture_->path("sav"));
        QTRY_VERIFY(!agreement.busy() && !agreement.other().isEmpty());
        QVERIFY(*agreement.mask(0) == all);
        QCOMPARE(agreement.at(0), std::optional(0.0));

        MaskTrack many;
        for (FrameIndex frame = 0; frame < 12; ++frame) many.set(frame, makeEntry(all, {}));
        masks.importMasks(many, {}, MaskEditor::OtherFrames::Keep);
        QVERIFY(agreement.busy());
        masks.clearFrame(3);
        QTRY_VERIFY(!agreement.busy());
        QCOMPARE(agreement.at(0, 1), std::optional(1.0));
        QVERIFY(agreement.at(11) && !agreement.at(3));
        masks.undo();
        masks.undo();
        QTRY_VERIFY(!agreement.busy());
        QCOMPARE(agreement.at(0, 1), std::optional(0.0));
        QVERIFY(!agreement.at(11));
    }

    void comparedMasksAreThereAgainWithTheProject() {
        session_->masks().importMask(0, Mask(smallScene().mask(0)));
        const QString folder = fixture_->path("again");
        QVERIFY(QDir().mkpath(folder));
        writeDavisMask((folder + "/00000.png").toStdString(), Mask(smallScene().mask(0)));
        session_->projectTools().agreement.compareWith(folder + "/00000.png");
        QTRY_VERIFY(!session_->projectTools().agreement.other().isEmpty());
        QCOMPARE(session_->projectTools().agreement.other(), folder);
        showMasksSideBySide(session_->views());
        QVERIFY(SessionFixture::settle(*session_));
        session_.reset();
        session_ = fixture_->openSession();
        QTRY_COMPARE(session_->projectTools().agreement.other(), folder);
        QCOMPARE(session_->projectTools().agreement.at(0), std::optional(1.0));
        QVERIFY(session_->views().at(1).layers().visible(kComparedMasksLayer));
    }

    void anObjectsStatusGoesWithIt() {
        MaskEditor& masks = session_->masks();
        masks.importMask(0, Mask(smallScene().mask(0)));
        const auto object = StatusSubject::ofObject(1);
        session_->projectTools().statusNotes.setNote(object, "the red one");
        masks.removeObject(1);
        QVERIFY(session_->projectTools().statusNotes.table().empty());
        masks.undo();
        QCOMPARE(session_->projectTools().statusNotes.of(object).note, std::string("the red one"));
    }

    void aLockedFrameStaysAsItIs() {
        MaskEditor& masks = session_->masks();
        masks.importMask(0, Mask(smallScene().mask(0)));
        masks.setLock(0, MaskEditor::Lock::On);
        const MaskTrack before = masks.track();
        QSignalSpy notices(session_.get(), &Session::noticed);
        drag(*session_, StrokeMode::Paint, {2, 2}, {4, 4});
        QVERIFY(masks.track() == before);
        masks.clearFrame(0);
        QVERIFY(masks.track() == before);
        QVERIFY_EXCEPTION_THROWN(masks.importMask(0, Mask(smallScene().mask(3))), Error);
        QVERIFY(masks.track() == before);
        QVERIFY(said(notices, "is locked"));
    }

    void masksGoWithTheirOnlyObject() {
        MaskEditor& masks = session_->masks();
        masks.importMask(0, Mask(smallScene().mask(0)));
        masks.importMask(1, Mask(smallScene().mask(1)));
        masks.removeObject(1);
        QVERIFY(masks.track().empty());
        QVERIFY(masks.objects().empty());
        masks.undo();
        QCOMPARE(masks.track().size(), std::size_t(2));
        QCOMPARE(masks.objects().size(), std::size_t(1));
    }

private:
    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<Session> session_;
};

}  // namespace

QTEST_MAIN(TestSessionDocument)
#include "test_session_document.moc"
