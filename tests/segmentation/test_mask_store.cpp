#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <sqlite3.h>

#include "media/base/error.h"
#include "segmentation/mask_store.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;
constexpr SizePx kSize{64, 48};

/// Edit `number` of a fixed history, made for `track` as the edits before have left it.
TrackEdit makeEdit(const MaskTrack& track, int number) {
    const auto seed = static_cast<std::uint32_t>(number);
    TrackEdit edit{"Edit " + std::to_string(number), {}};
    const FrameIndex frame = number % 7;
    const auto origin = static_cast<MaskOrigin>(number % 3);
    edit.changes.push_back(
        changeFrame(track, frame,
                    makeEntry(randomMask(kSize, 5, seed), {.origin = origin, .confidence = 0.5F})));
    const FrameIndex second = 10 + number % 5;
    std::optional<MaskEntry> other;
    if (number % 4 != 0) {
        other = makeEntry(diskMask(kSize, {30, 20}, static_cast<float>(number % 20)),
                          {.locked = number % 2 == 0, .partial = number % 3 == 0});
    }
    edit.changes.push_back(changeFrame(track, second, other));
    return edit;
}

/// The track after the first `count` edits.
MaskTrack trackAfter(int count) {
    MaskTrack track;
    for (int number = 0; number < count; ++number) applyEdit(track, makeEdit(track, number));
    return track;
}

VideoIdentity someVideo() {
    return {.path = "clips/a b.mp4",
            .bytes = 123456789012,
            .sha256 = "ab12",
            .frames = 345,
            .size = kSize};
}

/// The other process of the kill test: edits until it is killed, telling each one that is done.
int writeEdits(const char* path) {
    MaskStore store = MaskStore::create(path, someVideo());
    MaskTrack track;
    for (int number = 0;; ++number) {
        const TrackEdit edit = makeEdit(track, number);
        store.commit(edit);
        applyEdit(track, edit);
        std::printf("%d\n", number);
        std::fflush(stdout);
    }
}

std::string messageOf(const fs::path& path) {
    try {
        (void)MaskStore::open(path);
    } catch (const Error& error) {
        return error.code() == ErrorCode::Input ? error.what() : "not an input error";
    }
    return {};
}

void runSql(const fs::path& path, const char* sql) {
    sqlite3* database = nullptr;
    QCOMPARE(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    QCOMPARE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
}

class TestMaskStore : public QObject {
    Q_OBJECT

    QTemporaryDir dir_;
    fs::path fresh(const char* name) { return fs::path(dir_.path().toStdString()) / name; }

private Q_SLOTS:
    void saveThenLoadIsIdentity() {
        const fs::path path = fresh("identity.mcjp");
        {
            MaskStore store = MaskStore::create(path, someVideo());
            MaskTrack track;
            for (int number = 0; number < 12; ++number) {
                const TrackEdit edit = makeEdit(track, number);
                store.commit(edit);
                applyEdit(track, edit);
                QVERIFY(store.loadTrack() == track);
            }
            store.setSetting("layer", "flow");
            store.setSetting("layer", "image; 'quoted'");
        }
        const MaskStore store = MaskStore::open(path);
        QVERIFY(store.loadTrack() == trackAfter(12));
        QVERIFY(store.video() == someVideo());
        QCOMPARE(store.setting("layer"), std::optional<std::string>("image; 'quoted'"));
        QVERIFY(!store.setting("none"));
        QCOMPARE(store.path(), path);
        QVERIFY(!fs::exists(path.string() + "-wal") || fs::file_size(path.string() + "-wal") == 0);
    }

    void undoGoesThroughSessions() {
        const fs::path path = fresh("undo.mcjp");
        {
            MaskStore store = MaskStore::create(path, someVideo());
            for (int number = 0; number < 6; ++number) {
                store.commit(makeEdit(store.loadTrack(), number));
            }
            QVERIFY(store.undo());
            QVERIFY(store.loadTrack() == trackAfter(5));
        }
        MaskStore store = MaskStore::open(path);
        MaskTrack track = store.loadTrack();
        for (int left = 4; left >= 0; --left) {
            const auto edit = store.undo();
            QVERIFY(edit.has_value());
            QCOMPARE(edit->label, "Edit " + std::to_string(left));
            revertEdit(track, *edit);
            QVERIFY(track == trackAfter(left));
            QVERIFY(store.loadTrack() == track);
        }
        QVERIFY(!store.undo());
        for (int done = 1; done <= 6; ++done) {
            applyEdit(track, *store.redo());
            QVERIFY(track == trackAfter(done));
            QVERIFY(store.loadTrack() == track);
        }
        QVERIFY(!store.redo());
    }

    void aNewEditEndsRedo() {
        MaskStore store = MaskStore::create(fresh("branch.mcjp"), someVideo());
        for (int number = 0; number < 4; ++number) {
            store.commit(makeEdit(store.loadTrack(), number));
        }
        (void)store.undo();
        (void)store.undo();
        QCOMPARE(store.edits().size(), std::size_t{4});
        QVERIFY(!store.edits()[2].done);
        const MaskTrack before = store.loadTrack();
        store.commit(makeEdit(before, 50));
        QVERIFY(!store.redo());
        const auto log = store.edits();
        QCOMPARE(log.size(), std::size_t{3});
        QCOMPARE(log.back().label, std::string("Edit 50"));
        QCOMPARE(log.back().changes, std::int64_t{2});
        (void)store.undo();
        QVERIFY(store.loadTrack() == before);
    }

    void aPropagationIsOneStep() {
        MaskStore store = MaskStore::create(fresh("run.mcjp"), someVideo());
        MaskTrack track;
        store.commit(makeEdit(track, 0));
        track = store.loadTrack();
        const MaskTrack before = track;
        TrackEdit run{"Propagate", {}};
        const EditId id = store.commit(run);
        for (FrameIndex frame = 20; frame < 26; ++frame) {
            const auto change = changeFrame(
                track, frame,
                makeEntry(diskMask(kSize, {10, 10}, 5), {.origin = MaskOrigin::Propagated}));
            store.extend(id, {change});
            applyEdit(track, {"", {change}});
            QVERIFY(store.loadTrack() == track);
        }
        const auto edit = store.undo();
        QCOMPARE(edit->changes.size(), std::size_t{6});
        QVERIFY(store.loadTrack() == before);
        QVERIFY_EXCEPTION_THROWN(store.extend(id, {}), Error);
        (void)store.redo();
        QVERIFY(store.loadTrack() == track);
        QVERIFY_EXCEPTION_THROWN(store.extend(id - 1, {}), Error);
    }

    void anEditThatDoesNotFitChangesNothing() {
        MaskStore store = MaskStore::create(fresh("misfit.mcjp"), someVideo());
        store.commit(makeEdit({}, 1));
        const MaskTrack track = store.loadTrack();
        TrackEdit misfit = makeEdit(track, 2);
        misfit.changes.push_back(changeFrame({}, 1, makeEntry(Mask(kSize), {})));
        QVERIFY_EXCEPTION_THROWN(store.commit(misfit), Error);
        QVERIFY(store.loadTrack() == track);
        QCOMPARE(store.edits().size(), std::size_t{1});
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
            MaskStore store = MaskStore::open(path);
            const int kept = static_cast<int>(store.edits().size());
            // At most the one edit that was under way is there beside what was told.
            QVERIFY2(kept == told || kept == told + 1,
                     qPrintable(QString("told %1, kept %2").arg(told).arg(kept)));
            QVERIFY(store.loadTrack() == trackAfter(kept));
            QVERIFY(store.video() == someVideo());
            QVERIFY(store.undo());
            QVERIFY(store.loadTrack() == trackAfter(kept - 1));
        }
    }

    void copiesAreWhole() {
        const fs::path copy = fresh("copy.mcjp");
        MaskStore store = MaskStore::create(fresh("source.mcjp"), someVideo());
        for (int number = 0; number < 3; ++number) {
            store.commit(makeEdit(store.loadTrack(), number));
        }
        store.copyTo(copy);
        QVERIFY_EXCEPTION_THROWN(store.copyTo(copy), Error);
        MaskStore second = MaskStore::open(copy);
        QVERIFY(second.loadTrack() == trackAfter(3));
        QVERIFY(second.undo());
        QVERIFY(store.loadTrack() == trackAfter(3));
    }

    void theVideoCanBeFoundAgain() {
        const fs::path path = fresh("moved.mcjp");
        VideoIdentity video = someVideo();
        {
            MaskStore store = MaskStore::create(path, video);
            video.path = "/elsewhere/clip.mp4";
            video.frames.reset();
            store.setVideo(video);
        }
        QVERIFY(MaskStore::open(path).video() == video);
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
        (void)MaskStore::create(fresh("new.mcjp"), someVideo());
        runSql(fresh("new.mcjp"), "PRAGMA user_version = 2");
        QVERIFY(messageOf(fresh("new.mcjp")).find("newer version") != std::string::npos);
        QVERIFY_EXCEPTION_THROWN((void)MaskStore::create(fresh("new.mcjp"), someVideo()), Error);
        QVERIFY_EXCEPTION_THROWN((void)MaskStore::create(fresh("no/folder.mcjp"), someVideo()),
                                 Error);
    }

    void onlyOneProgramAtATime() {
        const fs::path path = fresh("shared.mcjp");
        {
            const MaskStore store = MaskStore::create(path, someVideo());
            QVERIFY(messageOf(path).find("open in another") != std::string::npos);
        }
        QCOMPARE(messageOf(path), std::string());
    }

    void damagedMasksAreNamed() {
        const fs::path path = fresh("damaged.mcjp");
        {
            MaskStore store = MaskStore::create(path, someVideo());
            store.commit(makeEdit({}, 1));
        }
        runSql(path, "UPDATE masks SET labels = x'0102' WHERE frame = 11");
        MaskStore store = MaskStore::open(path);
        try {
            (void)store.loadTrack();
            QFAIL("damaged labels were taken");
        } catch (const Error& error) {
            const std::string message = error.what();
            QVERIFY(message.find("frame 11") != std::string::npos);
            QVERIFY(message.find("damaged.mcjp") != std::string::npos);
        }
    }
};

}  // namespace
}  // namespace mcj

int main(int argc, char** argv) {
    if (argc == 3 && std::strcmp(argv[1], "--write-edits") == 0) return mcj::writeEdits(argv[2]);
    QCoreApplication app(argc, argv);
    mcj::TestMaskStore test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_mask_store.moc"
