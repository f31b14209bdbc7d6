#include "segmentation/mask_store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <system_error>

#include "media/base/error.h"
#include "segmentation/rle.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// "MCJP" in the file's header tells our files from other SQLite databases.
constexpr std::int64_t kApplicationId = 0x4D434A50;
constexpr std::int64_t kFormatVersion = 1;

constexpr const char* kSchema = R"sql(
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE video (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    path TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
    frames INTEGER, width INTEGER NOT NULL, height INTEGER NOT NULL);
CREATE TABLE masks (
    frame INTEGER PRIMARY KEY,
    origin INTEGER NOT NULL, locked INTEGER NOT NULL, partial INTEGER NOT NULL,
    confidence REAL NOT NULL, labels BLOB NOT NULL);
CREATE TABLE edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 1);
CREATE TABLE changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    edit INTEGER NOT NULL REFERENCES edits (id) ON DELETE CASCADE,
    change BLOB NOT NULL);
CREATE INDEX changes_by_edit ON changes (edit, id);
)sql";

/// Runs `job`; SQLite's exceptions become ours and name the file.
template <typename Job>
auto onFile(const fs::path& path, Job&& job) -> decltype(job()) {
    try {
        return job();
    } catch (const SQLite::Exception& error) {
        const std::string name = "the project " + path.string();
        switch (error.getErrorCode()) {
        case SQLITE_NOTADB:
            throw Error(ErrorCode::Input, path.string() + " is not a project of this program",
                        "Open a video instead, or choose another file.");
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            throw Error(ErrorCode::Input, name + " is open in another program",
                        "Close it there first.");
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_CANTOPEN:
            throw Error(ErrorCode::Input, name + " cannot be opened for writing",
                        "Check that the file and its folder may be written.");
        case SQLITE_FULL:
            throw Error(ErrorCode::Input, name + " cannot grow: the disk is full",
                        "Make room; what was saved before is whole.");
        case SQLITE_CORRUPT:
            throw Error(ErrorCode::Input, name + " is damaged",
                        "Go back to a copy of it; its video is not touched.");
        default: throw Error(ErrorCode::Input, name + " cannot be used: " + error.what());
        }
    }
}

std::vector<std::uint8_t> blobOf(const SQLite::Column& column) {
    const auto* data = static_cast<const std::uint8_t*>(column.getBlob());
    return {data, data + column.getBytes()};
}

MaskEntry entryFrom(const SQLite::Statement& row, int first) {
    const int origin = row.getColumn(first).getInt();
    if (origin < 0 || origin > static_cast<int>(MaskOrigin::Imported)) {
        throw Error(ErrorCode::Input, "a stored mask has no known origin");
    }
    MaskEntry entry;
    entry.facts.origin = static_cast<MaskOrigin>(origin);
    entry.facts.locked = row.getColumn(first + 1).getInt() != 0;
    entry.facts.partial = row.getColumn(first + 2).getInt() != 0;
    entry.facts.confidence = static_cast<float>(row.getColumn(first + 3).getDouble());
    entry.packed = PackedMask::fromBytes(blobOf(row.getColumn(first + 4)));
    return entry;
}

}  // namespace

struct MaskStore::Impl {
    Impl(fs::path file, int flags) : path(std::move(file)), database(path.string(), flags) {
        database.setBusyTimeout(200);
        // Exclusive: a second program is refused at once instead of overwriting our work.
        database.exec("PRAGMA locking_mode = EXCLUSIVE");
        database.exec("PRAGMA foreign_keys = ON");
    }

    void startJournal() {
        database.exec("PRAGMA journal_mode = WAL");
        // Commits are in the file before they return; only a power cut can take back the newest.
        database.exec("PRAGMA synchronous = NORMAL");
        // The exclusive lock is taken by the first write.
        database.exec("BEGIN IMMEDIATE; COMMIT");
    }

    [[nodiscard]] std::optional<MaskEntry> entryAt(FrameIndex frame) {
        SQLite::Statement row(
            database,
            "SELECT origin, locked, partial, confidence, labels FROM masks WHERE frame = ?");
        row.bind(1, static_cast<std::int64_t>(frame));
        if (!row.executeStep()) return std::nullopt;
        return entryFrom(row, 0);
    }

    void putEntry(FrameIndex frame, const std::optional<MaskEntry>& entry) {
        if (!entry) {
            SQLite::Statement erase(database, "DELETE FROM masks WHERE frame = ?");
            erase.bind(1, static_cast<std::int64_t>(frame));
            erase.exec();
            return;
        }
        SQLite::Statement put(database, "INSERT OR REPLACE INTO masks VALUES (?, ?, ?, ?, ?, ?)");
        const auto labels = entry->packed->bytes();
        put.bind(1, static_cast<std::int64_t>(frame));
        put.bind(2, static_cast<int>(entry->facts.origin));
        put.bind(3, entry->facts.locked ? 1 : 0);
        put.bind(4, entry->facts.partial ? 1 : 0);
        put.bind(5, static_cast<double>(entry->facts.confidence));
        put.bindNoCopy(6, labels.data(), static_cast<int>(labels.size()));
        put.exec();
    }

    /// Does the changes to the stored masks and logs them under `edit`.
    void addChanges(EditId edit, const std::vector<FrameChange>& changes) {
        for (const FrameChange& change : changes) {
            putEntry(change.frame, applyChange(entryAt(change.frame), change));
            const std::vector<std::uint8_t> bytes = encodeChange(change);
            SQLite::Statement log(database, "INSERT INTO changes (edit, change) VALUES (?, ?)");
            log.bind(1, edit);
            log.bindNoCopy(2, bytes.data(), static_cast<int>(bytes.size()));
            log.exec();
        }
    }

    [[nodiscard]] TrackEdit readEdit(EditId id, const std::string& label) {
        TrackEdit edit;
        edit.label = label;
        SQLite::Statement rows(database, "SELECT change FROM changes WHERE edit = ? ORDER BY id");
        rows.bind(1, id);
        while (rows.executeStep()) edit.changes.push_back(decodeChange(blobOf(rows.getColumn(0))));
        return edit;
    }

    void markDone(EditId id, int done) {
        SQLite::Statement mark(database, "UPDATE edits SET done = ? WHERE id = ?");
        mark.bind(1, done);
        mark.bind(2, id);
        mark.exec();
    }

    /// The id and label that `query` finds.
    [[nodiscard]] std::optional<std::pair<EditId, std::string>> findEdit(const char* query) {
        SQLite::Statement row(database, query);
        if (!row.executeStep()) return std::nullopt;
        return std::pair{row.getColumn(0).getInt64(), row.getColumn(1).getString()};
    }

    void writeVideo(const VideoIdentity& video) {
        SQLite::Statement put(database,
                              "INSERT OR REPLACE INTO video VALUES (1, ?, ?, ?, ?, ?, ?)");
        put.bind(1, video.path);
        put.bind(2, static_cast<std::int64_t>(video.bytes));
        put.bind(3, video.sha256);
        if (video.frames) put.bind(4, static_cast<std::int64_t>(*video.frames));
        put.bind(5, video.size.width);
        put.bind(6, video.size.height);
        put.exec();
    }

    fs::path path;
    SQLite::Database database;
};

MaskStore::MaskStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MaskStore::~MaskStore() = default;
MaskStore::MaskStore(MaskStore&&) noexcept = default;
MaskStore& MaskStore::operator=(MaskStore&&) noexcept = default;

MaskStore MaskStore::create(const fs::path& path, const VideoIdentity& video) {
    if (fs::exists(path)) {
        throw Error(ErrorCode::Input, "the project " + path.string() + " exists already",
                    "Open it, or choose another name.");
    }
    return onFile(path, [&] {
        auto impl = std::make_unique<Impl>(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        impl->startJournal();
        SQLite::Transaction transaction(impl->database);
        impl->database.exec(kSchema);
        impl->database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
        impl->database.exec("PRAGMA user_version = " + std::to_string(kFormatVersion));
        impl->writeVideo(video);
        transaction.commit();
        return MaskStore(std::move(impl));
    });
}

MaskStore MaskStore::open(const fs::path& path) {
    if (!fs::is_regular_file(path)) {
        throw Error(ErrorCode::Input, "there is no project " + path.string(), "Check the path.");
    }
    return onFile(path, [&] {
        auto impl = std::make_unique<Impl>(path, SQLite::OPEN_READWRITE);
        // Asked before anything is written: a stranger's database stays as it is.
        const auto application = impl->database.execAndGet("PRAGMA application_id").getInt64();
        const auto version = impl->database.execAndGet("PRAGMA user_version").getInt64();
        if (application != kApplicationId) {
            throw Error(ErrorCode::Input, path.string() + " is not a project of this program",
                        "Open a video instead, or choose another file.");
        }
        if (version > kFormatVersion) {
            throw Error(ErrorCode::Input,
                        "the project " + path.string() +
                            " was written by a newer version (format " + std::to_string(version) +
                            ", this program reads up to " + std::to_string(kFormatVersion) + ")",
                        "Update this program, or use the one that wrote it.");
        }
        impl->startJournal();
        return MaskStore(std::move(impl));
    });
}

const fs::path& MaskStore::path() const noexcept { return impl_->path; }

VideoIdentity MaskStore::video() const {
    return onFile(impl_->path, [&] {
        SQLite::Statement row(impl_->database,
                              "SELECT path, bytes, sha256, frames, width, height FROM video");
        VideoIdentity video;
        if (!row.executeStep()) return video;
        video.path = row.getColumn(0).getString();
        video.bytes = static_cast<std::uint64_t>(row.getColumn(1).getInt64());
        video.sha256 = row.getColumn(2).getString();
        if (!row.getColumn(3).isNull()) video.frames = row.getColumn(3).getInt64();
        video.size = {row.getColumn(4).getInt(), row.getColumn(5).getInt()};
        return video;
    });
}

void MaskStore::setVideo(const VideoIdentity& video) {
    onFile(impl_->path, [&] { impl_->writeVideo(video); });
}

MaskTrack MaskStore::loadTrack() const {
    return onFile(impl_->path, [&] {
        MaskTrack track;
        SQLite::Statement rows(
            impl_->database,
            "SELECT frame, origin, locked, partial, confidence, labels FROM masks ORDER BY frame");
        while (rows.executeStep()) {
            const FrameIndex frame = rows.getColumn(0).getInt64();
            try {
                track.set(frame, entryFrom(rows, 1));
            } catch (const Error& error) {
                throw Error(ErrorCode::Input,
                            "the project " + impl_->path.string() + " is damaged at frame " +
                                std::to_string(frame) + ": " + error.what(),
                            "Go back to a copy of it; its video is not touched.");
            }
        }
        return track;
    });
}

EditId MaskStore::commit(const TrackEdit& edit) {
    return onFile(impl_->path, [&] {
        SQLite::Transaction transaction(impl_->database);
        impl_->database.exec("DELETE FROM edits WHERE done = 0");
        SQLite::Statement log(impl_->database, "INSERT INTO edits (label) VALUES (?)");
        log.bind(1, edit.label);
        log.exec();
        const EditId id = impl_->database.getLastInsertRowid();
        impl_->addChanges(id, edit.changes);
        transaction.commit();
        return id;
    });
}

void MaskStore::extend(EditId edit, const std::vector<FrameChange>& changes) {
    onFile(impl_->path, [&] {
        const auto newest = impl_->findEdit("SELECT id, label FROM edits ORDER BY id DESC LIMIT 1");
        const auto newestDone =
            impl_->findEdit("SELECT id, label FROM edits WHERE done = 1 ORDER BY id DESC LIMIT 1");
        if (!newestDone || newestDone->first != edit || newest->first != edit) {
            throw Error(ErrorCode::Internal, "only the newest edit of " + impl_->path.string() +
                                                 " can take more changes");
        }
        SQLite::Transaction transaction(impl_->database);
        impl_->addChanges(edit, changes);
        transaction.commit();
    });
}

std::optional<TrackEdit> MaskStore::undo() {
    return onFile(impl_->path, [&]() -> std::optional<TrackEdit> {
        const auto found =
            impl_->findEdit("SELECT id, label FROM edits WHERE done = 1 ORDER BY id DESC LIMIT 1");
        if (!found) return std::nullopt;
        TrackEdit edit = impl_->readEdit(found->first, found->second);
        SQLite::Transaction transaction(impl_->database);
        for (auto change = edit.changes.rbegin(); change != edit.changes.rend(); ++change) {
            impl_->putEntry(change->frame, revertChange(impl_->entryAt(change->frame), *change));
        }
        impl_->markDone(found->first, 0);
        transaction.commit();
        return edit;
    });
}

std::optional<TrackEdit> MaskStore::redo() {
    return onFile(impl_->path, [&]() -> std::optional<TrackEdit> {
        const auto found =
            impl_->findEdit("SELECT id, label FROM edits WHERE done = 0 ORDER BY id LIMIT 1");
        if (!found) return std::nullopt;
        TrackEdit edit = impl_->readEdit(found->first, found->second);
        SQLite::Transaction transaction(impl_->database);
        for (const FrameChange& change : edit.changes) {
            impl_->putEntry(change.frame, applyChange(impl_->entryAt(change.frame), change));
        }
        impl_->markDone(found->first, 1);
        transaction.commit();
        return edit;
    });
}

std::vector<EditSummary> MaskStore::edits() const {
    return onFile(impl_->path, [&] {
        SQLite::Statement rows(
            impl_->database,
            "SELECT id, label, done, (SELECT COUNT(*) FROM changes WHERE edit = edits.id) "
            "FROM edits ORDER BY id");
        std::vector<EditSummary> edits;
        while (rows.executeStep()) {
            edits.push_back({rows.getColumn(0).getInt64(), rows.getColumn(1).getString(),
                             rows.getColumn(3).getInt64(), rows.getColumn(2).getInt() != 0});
        }
        return edits;
    });
}

std::optional<std::string> MaskStore::setting(const std::string& name) const {
    return onFile(impl_->path, [&]() -> std::optional<std::string> {
        SQLite::Statement row(impl_->database, "SELECT value FROM settings WHERE name = ?");
        row.bind(1, name);
        if (!row.executeStep()) return std::nullopt;
        return row.getColumn(0).getString();
    });
}

void MaskStore::setSetting(const std::string& name, const std::string& value) {
    onFile(impl_->path, [&] {
        SQLite::Statement put(impl_->database, "INSERT OR REPLACE INTO settings VALUES (?, ?)");
        put.bind(1, name);
        put.bind(2, value);
        put.exec();
    });
}

void MaskStore::copyTo(const fs::path& path) const {
    if (fs::exists(path)) {
        throw Error(ErrorCode::Input, "the project " + path.string() + " exists already",
                    "Choose another name.");
    }
    onFile(path, [&] {
        SQLite::Statement copy(impl_->database, "VACUUM INTO ?");
        copy.bind(1, path.string());
        copy.exec();
    });
}

}  // namespace mcj
