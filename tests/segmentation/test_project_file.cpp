#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>

#include "media/base/error.h"
#include "segmentation/project_file.h"
#include "tests/segmentation/made_projects.h"
#include "tests/support/read_only_folder.h"

namespace mcj {
namespace {

/// The other process of the kill test: edits until it is killed, telling each one that is done.
int writeEdits(const char* path) {
    ProjectFile file = ProjectFile::create(path, emptyProject());
    ProjectState state;
    for (int number = 0;; ++number) {
        const Edit edit = makeEdit(state, number);
        write(file, commitOf(edit));
        applyEdit(state, edit);
        std::printf("%d\n", number);
        std::fflush(stdout);
    }
}

class TestProjectFile : public QObject {
    Q_OBJECT

    QTemporaryDir dir_;
    fs::path fresh(const char* name) { return fs::path(dir_.path().toStdString()) / name; }

private Q_SLOTS:
    void saveThenLoadIsIdentity() {
        const fs::path path = fresh("identity.mcjp");
        {
            ProjectFile file = ProjectFile::create(path, emptyProject());
            ProjectState state;
            EditLog log;
            for (int number = 0; number < 12; ++number) {
                const Edit edit = makeEdit(state, number);
                const auto logged = log.push(edit);
                write(file, CommitStep{logged});
                applyEdit(state, edit);
                const ProjectContent content = file.load();
                QVERIFY(content.state == state);
                QVERIFY(content.log == log);
            }
            write(file, SettingsStep{{{"layer", "flow"}, {"frame", "3"}}});
            write(file, SettingsStep{{{"layer", "image; 'quoted'"}}});
        }
        const ProjectFile file = ProjectFile::open(path);
        const ProjectContent content = file.load();
        QVERIFY(content.state == stateAfter(12));
        QVERIFY(content.video == someVideo());
        QVERIFY(content.settings ==
                (ProjectSettings{{"layer", "image; 'quoted'"}, {"frame", "3"}}));
        QCOMPARE(file.path(), path);
        QVERIFY(file.copyOfOlder().empty());
        QVERIFY(!fs::exists(path.string() + "-wal") || fs::file_size(path.string() + "-wal") == 0);
    }

    void aWholeProjectIsWrittenAsItsSteps() {
        const ProjectContent content = makeFile(fresh("steps.mcjp"), 9).load();
        const ProjectFile whole = ProjectFile::create(fresh("whole.mcjp"), content);
        QVERIFY(whole.load().state == content.state);
        QVERIFY(whole.load().log == content.log);
    }

    void undoGoesThroughSessions() {
        const fs::path path = fresh("undo.mcjp");
        {
            ProjectFile file = makeFile(path, 8);
            write(file, UndoStep{});
            QVERIFY(file.load().state == stateAfter(7));
        }
        ProjectFile file = ProjectFile::open(path);
        for (int left = 6; left >= 0; --left) {
            const ProjectContent before = file.load();
            QCOMPARE(before.log.nextUndo()->label, "Edit " + std::to_string(left));
            ProjectState state = before.state;
            revertEdit(state, *before.log.nextUndo());
            QVERIFY(state == stateAfter(left));
            write(file, UndoStep{});
            QVERIFY(file.load().state == state);
        }
        QVERIFY(file.load().log.nextUndo() == nullptr);
        QVERIFY_EXCEPTION_THROWN(write(file, UndoStep{}), Error);
        for (int done = 1; done <= 8; ++done) {
            write(file, RedoStep{});
            QVERIFY(file.load().state == stateAfter(done));
        }
        QVERIFY_EXCEPTION_THROWN(write(file, RedoStep{}), Error);
    }

    void aNewEditEndsRedoAndItsMasksGo() {
        const fs::path path = fresh("branch.mcjp");
        {
            ProjectFile file = makeFile(path, 4);
            write(file, UndoStep{});
            write(file, UndoStep{});
            const ProjectContent before = file.load();
            QCOMPARE(before.log.size(), std::size_t{4});
            QCOMPARE(before.log.done(), std::size_t{2});
            write(file, commitOf(makeEdit(before.state, 50)));
            const ProjectContent content = file.load();
            QCOMPARE(content.log.size(), std::size_t{3});
            QCOMPARE(content.log.at(2).label, std::string("Edit 50"));
            QVERIFY(content.log.nextRedo() == nullptr);
            write(file, UndoStep{});
            QVERIFY(file.load().state == before.state);
            // Every label row is of the state or of the log.
            write(file, ForgetStep{1000});
            QCOMPARE(file.load().log.size(), std::size_t{0});
        }
        QCOMPARE(numberIn(path, "SELECT COUNT(*) FROM labels"),
                 numberIn(path, "SELECT COUNT(DISTINCT labels) FROM masks"));
        QCOMPARE(numberIn(path, "SELECT COUNT(*) FROM parts"), std::int64_t{0});
    }

    void aPropagationIsOneStep() {
        ProjectFile file = makeFile(fresh("run.mcjp"), 1);
        ProjectState state = file.load().state;
        const ProjectState before = state;
        write(file, commitOf({7, "Propagate", {}}));
        // An object that is renamed meanwhile is a later step of its own.
        const MaskObject named{1, "ball", {9, 9, 9}};
        write(file, commitOf({8, "Rename", {ObjectEdit{{}, named}}}));
        for (FrameIndex frame = 20; frame < 26; ++frame) {
            const MaskEdit part{
                kMainTrack,
                frame,
                {},
                makeEntry(diskMask(kSize, {10, 10}, 5), {.origin = MaskOrigin::Propagated})};
            write(file, ExtendStep{7, {part}});
            applyParts(state, std::vector<EditPart>{part});
        }
        state.objects.set(named);
        QVERIFY(file.load().state == state);
        QCOMPARE(file.load().log.at(1).parts.size(), std::size_t{6});
        write(file, UndoStep{});
        write(file, UndoStep{});
        QVERIFY(file.load().state == before);
        QVERIFY_EXCEPTION_THROWN(write(file, ExtendStep{7, {}}), Error);
        write(file, RedoStep{});
        write(file, RedoStep{});
        QVERIFY(file.load().state == state);
    }

    void aStepThatDoesNotFitChangesNothing() {
        ProjectFile file = makeFile(fresh("misfit.mcjp"), 2);
        const ProjectState state = file.load().state;
        Edit misfit = makeEdit(state, 2);
        misfit.parts.emplace_back(MaskEdit{kMainTrack, 1, {}, makeEntry(Mask(kSize), {})});
        const std::vector<ProjectStep> steps{SettingsStep{{{"a", "b"}}}, commitOf(misfit)};
        QVERIFY_EXCEPTION_THROWN(file.write(steps), Error);
        QVERIFY(file.load().state == state);
        QVERIFY(file.load().settings.empty());
        QCOMPARE(file.load().log.size(), std::size_t{2});
    }

    void killedWritersLoseNothing() {
        for (const int enough : {1, 7, 40}) {
            const fs::path path = fresh(("killed" + std::to_string(enough) + ".mcjp").c_str());
            QProcess writer;
            writer.start(QCoreApplication::applicationFilePath(),
                         {"--write-edits", QString::fromStdString(path.string())});
            QVERIFY(writer.waitForStarted());
            int told = 0;
            while (told < enough) {
                QVERIFY(writer.waitForReadyRead(20000));
                while (writer.canReadLine()) told = writer.readLine().trimmed().toInt() + 1;
            }
            writer.kill();  // SIGKILL
            QVERIFY(writer.waitForFinished());
            QCOMPARE(writer.exitStatus(), QProcess::CrashExit);
            while (writer.canReadLine()) told = writer.readLine().trimmed().toInt() + 1;
            ProjectFile file = ProjectFile::open(path);
            const ProjectContent content = file.load();
            const int kept = static_cast<int>(content.log.size());
            // At most the one edit that was under way is there beside what was told.
            QVERIFY2(kept == told || kept == told + 1,
                     qPrintable(QString("told %1, kept %2").arg(told).arg(kept)));
            QVERIFY(content.state == stateAfter(kept));
            QVERIFY(content.video == someVideo());
            write(file, UndoStep{});
            QVERIFY(file.load().state == stateAfter(kept - 1));
        }
    }

    void theVideoCanBeFoundAgain() {
        const fs::path path = fresh("moved.mcjp");
        VideoIdentity video = someVideo();
        {
            ProjectFile file = ProjectFile::create(path, emptyProject());
            video.path = "/elsewhere/clip.mp4";
            video.frames.reset();
            write(file, VideoStep{video});
        }
        QVERIFY(ProjectFile::videoIn(path) == video);
        QVERIFY(ProjectFile::open(path).load().video == video);
    }

    void strangersAreRefusedByName() {
        QVERIFY(messageOf(fresh("missing.mcjp")).find("missing.mcjp") != std::string::npos);
        std::ofstream(fresh("text.mcjp")) << std::string(4000, 'x');
        QVERIFY(messageOf(fresh("text.mcjp")).find("not a project") != std::string::npos);
        std::ofstream(fresh("empty.mcjp")) << "";
        QVERIFY(messageOf(fresh("empty.mcjp")).find("not a project") != std::string::npos);
        QCOMPARE(fs::file_size(fresh("empty.mcjp")), std::uintmax_t{0});
        runSql(fresh("other.mcjp"), "CREATE TABLE masks (frame)");
        QVERIFY(messageOf(fresh("other.mcjp")).find("not a project") != std::string::npos);
        (void)ProjectFile::create(fresh("new.mcjp"), emptyProject());
        runSql(fresh("new.mcjp"), "PRAGMA user_version = 5");
        QVERIFY(messageOf(fresh("new.mcjp")).find("newer version") != std::string::npos);
        QVERIFY_EXCEPTION_THROWN((void)ProjectFile::create(fresh("new.mcjp"), emptyProject()),
                                 Error);
        QVERIFY_EXCEPTION_THROWN((void)ProjectFile::create(fresh("no/f.mcjp"), emptyProject()),
                                 Error);
    }

    void onlyOneProgramAtATime() {
        const fs::path path = fresh("shared.mcjp");
        {
            const ProjectFile file = ProjectFile::create(path, emptyProject());
            QVERIFY(messageOf(path).find("open in another") != std::string::npos);
        }
        QCOMPARE(messageOf(path), std::string());
    }

    void aProjectInUseIsReadAsOfOneMoment() {
        const fs::path path = fresh("busy.mcjp");
        QProcess writer;
        writer.start(QCoreApplication::applicationFilePath(),
                     {"--write-edits", QString::fromStdString(path.string())});
        QVERIFY(writer.waitForStarted());
        QVERIFY(writer.waitForReadyRead(20000));
        int before = 0;
        for (int reading = 0; reading < 8; ++reading) {
            QVERIFY_EXCEPTION_THROWN((void)ProjectFile::open(path), ProjectInUse);
            const ProjectContent content = ProjectFile::read(path);
            const Edit* newest = content.log.nextUndo();
            QVERIFY(newest != nullptr);
            const int count = static_cast<int>(newest->id);
            QVERIFY(count >= before);
            QVERIFY(content.state == stateAfter(count));
            QVERIFY(ProjectFile::videoIn(path) == someVideo());
            before = count;
        }
        writer.kill();
        QVERIFY(writer.waitForFinished());
        // The lock has gone with its process.
        (void)ProjectFile::open(path);
    }

    // SQLite reports a file that it cannot lock, because it may only be read, as a failing disk.
    void aProjectThatMayOnlyBeReadIsRefusedAsThatAndRead() {
        for (const mode_t mode : {mode_t{0444}, mode_t{0644}}) {
            const QTemporaryDir folder;
            const fs::path path = fs::path(folder.path().toStdString()) / "shown.mcjp";
            const ProjectContent content = emptyProject();
            (void)ProjectFile::create(path, content);
            QCOMPARE(::chmod(path.c_str(), mode), 0);
            const test::ReadOnlyFolder held(folder.path().toStdString());
            if (!held.works()) QSKIP("this user can write to a folder without permission");
            QVERIFY_EXCEPTION_THROWN((void)ProjectFile::open(path), ProjectUnwritable);
            QVERIFY(ProjectFile::read(path).video == content.video);
            QVERIFY(ProjectFile::videoIn(path) == content.video);
        }
    }

    void readingNamesTheProjectAndLeavesItAlone() {
        const fs::path path = oldProject(fresh("looked-at.mcjepa"));
        QCOMPARE(ProjectFile::read(path).state.track().size(), std::size_t{16});
        QCOMPARE(numberIn(path, "PRAGMA user_version"), std::int64_t{1});
        QVERIFY(!fs::exists(fresh("looked-at.mcjepa.format-1")));
        runSql(path, "UPDATE masks SET labels = x'0102' WHERE frame = 11");
        try {
            (void)ProjectFile::read(path);
            QFAIL("a damaged project was taken");
        } catch (const Error& error) {
            QVERIFY2(QString(error.what()).contains(QString::fromStdString(path.string())),
                     error.what());
        }
    }

    void whatBecameOfAnOpenFileIsKnown() {
        using Presence = ProjectFile::Presence;
        const fs::path folder = fresh("went");
        fs::create_directories(folder);
        const fs::path path = folder / "went.mcjp";
        const ProjectFile file = ProjectFile::create(path, emptyProject());
        QVERIFY(file.presence() == Presence::There);
        fs::rename(path, fresh("elsewhere.mcjp"));
        QVERIFY(file.presence() == Presence::Deleted);
        fs::copy_file(fresh("elsewhere.mcjp"), path);
        QVERIFY(file.presence() == Presence::Replaced);
        fs::remove(path);
        fs::rename(fresh("elsewhere.mcjp"), path);
        QVERIFY(file.presence() == Presence::There);
        fs::rename(folder, fresh("away"));
        QVERIFY(file.presence() == Presence::Away);
        fs::rename(fresh("away"), folder);
        QVERIFY(file.presence() == Presence::There);
    }

    // SQLite takes a log beside a file for that file's: a backup that is put in the place of an
    // open project got the project's newest pages.
    void theLogOfAReplacedFileIsNotTakenForThatOfTheOther() {
        for (const bool seen : {true, false}) {
            const fs::path path = fresh(seen ? "seen.mcjp" : "unseen.mcjp");
            const fs::path moved = path.string() + ".moved";
            const fs::path backup = path.string() + ".backup";
            (void)ProjectFile::create(backup, emptyProject());
            {
                const ProjectFile file = makeFile(path, 3);
                fs::rename(path, moved);
                fs::rename(backup, path);
                if (seen) QVERIFY(file.presence() == ProjectFile::Presence::Replaced);
            }
            QVERIFY(ProjectFile::open(path).load().state == ProjectState());
            QVERIFY(ProjectFile::open(moved).load().state == stateAfter(3));
        }
    }

    // It would be taken for deleted, and refused as existing when it is to be written again.
    void aFileThatCannotBeLookedAtIsNotDeleted() {
        using Presence = ProjectFile::Presence;
        const QTemporaryDir folder;
        const fs::path inner = fs::path(folder.path().toStdString()) / "inner";
        fs::create_directories(inner);
        const ProjectFile file = ProjectFile::create(inner / "hidden.mcjp", emptyProject());
        QCOMPARE(::chmod(inner.c_str(), 0), 0);
        std::optional<Presence> hidden;
        {
            const test::ReadOnlyFolder held(folder.path().toStdString());
            if (held.works()) hidden = file.presence();
        }
        QCOMPARE(::chmod(inner.c_str(), 0755), 0);
        if (!hidden) QSKIP("this user can look into a folder without permission");
        QVERIFY(*hidden == Presence::Away);
        QVERIFY(file.presence() == Presence::There);
    }

    void damageIsNamed_data() {
        QTest::addColumn<QByteArray>("sql");
        QTest::addColumn<QString>("words");
        QTest::newRow("cut runs") << QByteArray("UPDATE labels SET runs = x'0102'") << "frame 1";
        QTest::newRow("another size") << QByteArray(
                                             "UPDATE labels SET runs = x'0202"
                                             "0004'")
                                      << "2 x 2 pixels";
        QTest::newRow("no labels") << QByteArray("DELETE FROM labels") << "not in the file";
        QTest::newRow("facts") << QByteArray("UPDATE masks SET facts = x'09'") << "frame 1";
        QTest::newRow("a status") << QByteArray("UPDATE statuses SET status = x'0700'")
                                  << "object 3";
        QTest::newRow("its subject") << QByteArray("UPDATE statuses SET kind = 7") << "a status";
        QTest::newRow("a part") << QByteArray("UPDATE parts SET kind = 9") << "Edit 1";
    }
    void damageIsNamed() {
        QFETCH(const QByteArray, sql);
        QFETCH(const QString, words);
        const fs::path path = fresh(qPrintable(QString("damaged-%1").arg(QTest::currentDataTag())));
        {
            ProjectFile file = ProjectFile::create(path, emptyProject());
            write(file, commitOf(makeEdit({}, 1)));
        }
        runSql(path, ("PRAGMA foreign_keys = OFF; " + sql).constData());
        const ProjectFile file = ProjectFile::open(path);
        try {
            (void)file.load();
            QFAIL("a damaged project was taken");
        } catch (const Error& error) {
            const QString message = error.what();
            QCOMPARE(error.code(), ErrorCode::Input);
            QVERIFY2(message.contains(words), error.what());
            QVERIFY2(message.contains(QString::fromStdString(path.filename().string())),
                     error.what());
        }
    }
};

}  // namespace
}  // namespace mcj

int main(int argc, char** argv) {
    if (argc == 3 && std::strcmp(argv[1], "--write-edits") == 0) return mcj::writeEdits(argv[2]);
    QCoreApplication app(argc, argv);
    mcj::TestProjectFile test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_project_file.moc"
