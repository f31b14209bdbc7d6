// Projects that earlier versions wrote.
#include <QTemporaryDir>
#include <QTest>
#include <fstream>

#include "tests/segmentation/made_projects.h"

namespace mcj {
namespace {

class TestProjectMigration : public QObject {
    Q_OBJECT

    QTemporaryDir dir_;
    fs::path fresh(const char* name) { return fs::path(dir_.path().toStdString()) / name; }

private Q_SLOTS:
    void oldProjectsAreMigratedAfterACopy() {
        const fs::path path = oldProject(fresh("old.mcjepa"));
        QCOMPARE(ProjectFile::videoIn(path).path, std::string("/videos/clip.mkv"));
        QVERIFY(!fs::exists(fresh("old.mcjepa.format-1")));
        ProjectFile file = ProjectFile::open(path);
        QCOMPARE(file.copyOfOlder(), fresh("old.mcjepa.format-1"));
        QCOMPARE(numberIn(file.copyOfOlder(), "PRAGMA user_version"), std::int64_t{1});
        QCOMPARE(numberIn(file.copyOfOlder(), "SELECT COUNT(*) FROM changes"), std::int64_t{21});
        const ProjectContent content = file.load();
        const MaskTrack& track = content.state.track();
        QCOMPARE(content.video.size, (SizePx{96, 64}));
        QCOMPARE(content.video.bytes, std::uint64_t{112528});
        QCOMPARE(track.size(), std::size_t{16});
        QVERIFY(track.find(0)->facts.origin == MaskOrigin::Imported);
        QVERIFY(track.find(2)->facts.locked);
        QVERIFY(track.find(5)->facts.origin == MaskOrigin::Painted);
        QCOMPARE(areaOf(*track.mask(3), 2), std::int64_t{699});
        QCOMPARE(areaOf(*track.mask(5), 1), std::int64_t{265});
        QCOMPARE(areaOf(*track.mask(5), 3), std::int64_t{651});
        QCOMPARE(areaOf(*track.mask(15), 1), std::int64_t{740});
        const auto& objects = content.state.objects.rows();
        QCOMPARE(objects.size(), std::size_t{3});
        QVERIFY(objects[0] == (MaskObject{1, "disc", {10, 200, 30}}));
        QCOMPARE(objects[1].name, std::string("corner"));
        QCOMPARE(content.settings.at("hidden-objects"), std::string("2"));
        QCOMPARE(content.settings.at("frame"), std::string("6"));
        // Undo and redo reach through all of it.
        QCOMPARE(content.log.size(), std::size_t{7});
        QCOMPARE(content.log.done(), std::size_t{6});
        QCOMPARE(content.log.nextRedo()->label, std::string("Clear mask"));
        ProjectState state = content.state;
        for (std::size_t step = content.log.done(); step-- > 0;) {
            revertEdit(state, content.log.at(step));
        }
        QVERIFY(state.track().empty());
        for (std::size_t step = 0; step < 7; ++step) applyEdit(state, content.log.at(step));
        QCOMPARE(state.track().size(), std::size_t{15});
        QVERIFY(state.track().find(4) == nullptr);
        // The file was rewritten once; its steps work as those of a new one.
        write(file, RedoStep{});
        QVERIFY(file.load().state == state);
    }

    void projectsWithoutStatusesAreMigratedAfterACopy() {
        const fs::path path = fresh("format2.mcjepa");
        ProjectContent content;
        {
            ProjectFile file = ProjectFile::create(path, emptyProject());
            ProjectState state;
            for (int number = 0; number < 6; ++number) {
                Edit edit = makeEdit(state, number);
                std::erase_if(edit.parts, [](const EditPart& part) {
                    return std::holds_alternative<StatusEdit>(part);
                });
                write(file, commitOf(edit));
                applyEdit(state, edit);
            }
            content = file.load();
        }
        // A file as format 2 had it: the same tables, except for one.
        runSql(
            path,
            "DROP TABLE statuses; ALTER TABLE video DROP COLUMN relative; PRAGMA user_version = 2");
        QCOMPARE(ProjectFile::videoIn(path).path, someVideo().path);
        QVERIFY(ProjectFile::videoIn(path).relative.empty());
        QVERIFY(!fs::exists(fresh("format2.mcjepa.format-2")));
        ProjectFile file = ProjectFile::open(path);
        QCOMPARE(file.copyOfOlder(), fresh("format2.mcjepa.format-2"));
        QCOMPARE(numberIn(file.copyOfOlder(), "PRAGMA user_version"), std::int64_t{2});
        QCOMPARE(numberIn(file.copyOfOlder(), "SELECT COUNT(*) FROM edits"), std::int64_t{6});
        QVERIFY(file.load().state == content.state);
        QVERIFY(file.load().log == content.log);
        const auto subject = StatusSubject::ofFrame(4);
        write(file, commitOf({7, "Note", {StatusEdit{subject, {}, {WorkStatus::Done, "n"}}}}));
        QCOMPARE(file.load().state.statuses.of(subject).note, std::string("n"));
        write(file, UndoStep{});
        QVERIFY(file.load().state == content.state);
        // Undo reaches through what the older version wrote.
        write(file, UndoStep{});
        QVERIFY(!(file.load().state == content.state));
    }

    void aSecondCopyDoesNotReplaceTheFirst() {
        const fs::path path = oldProject(fresh("twice.mcjepa"));
        std::ofstream(fresh("twice.mcjepa.format-1")) << "mine";
        QCOMPARE(ProjectFile::open(path).copyOfOlder(), fresh("twice.mcjepa.format-1-2"));
        QCOMPARE(fs::file_size(fresh("twice.mcjepa.format-1")), std::uintmax_t{4});
    }

    void aDamagedOldProjectStaysAsItIs() {
        const fs::path path = oldProject(fresh("cut.mcjepa"));
        runSql(path, "UPDATE masks SET labels = x'0102' WHERE frame = 11");
        QVERIFY(messageOf(path).find("frame 11") != std::string::npos);
        QCOMPARE(numberIn(path, "PRAGMA user_version"), std::int64_t{1});
        QVERIFY(!fs::exists(fresh("cut.mcjepa.new")));
        QVERIFY(!fs::exists(fresh("cut.mcjepa.format-1")));
    }
};

}  // namespace
}  // namespace mcj

QTEST_APPLESS_MAIN(mcj::TestProjectMigration)
#include "test_project_migration.moc"
