#include "segmentation/project_file.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/stat.h>

#include <cerrno>
#include <exception>
#include <system_error>
#include <unordered_map>

#include "media/base/size_text.h"
#include "segmentation/project_errors.h"
#include "segmentation/project_format.h"
#include "segmentation/project_snapshot.h"
#include "segmentation/project_writer.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

std::vector<std::uint8_t> blobOf(const SQLite::Column& column) {
    const auto* data = static_cast<const std::uint8_t*>(column.getBlob());
    return {data, data + column.getBytes()};
}

/// Identifies the file at a path: another file of the same name has a different number.
struct FileNumber {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const FileNumber&, const FileNumber&) = default;
};

std::optional<FileNumber> numberOf(const fs::path& path) {
    struct stat facts{};
    if (stat(path.c_str(), &facts) != 0) return std::nullopt;
    return FileNumber{facts.st_dev, facts.st_ino};
}

/// False where that cannot be told, as without permission for the folder.
bool isGone(const fs::path& path) {
    struct stat facts{};
    return stat(path.c_str(), &facts) != 0 && errno == ENOENT;
}

fs::path folderOf(const fs::path& file) { return fs::absolute(file).parent_path(); }

/// Returns the project's format. Throws unless the database is a project in a known format.
std::int64_t checkedFormat(SQLite::Database& database, const fs::path& path) {
    const auto application = database.execAndGet("PRAGMA application_id").getInt64();
    const auto format = database.execAndGet("PRAGMA user_version").getInt64();
    if (application != kProjectApplicationId || format < 1) {
        throw Error(ErrorCode::Input, path.string() + " is not a project of this program",
                    "Open a video instead, or choose another file.");
    }
    if (format > kProjectFormat) {
        throw Error(ErrorCode::Input,
                    "the project " + path.string() + " was written by a newer version (format " +
                        std::to_string(format) + ", this program reads up to " +
                        std::to_string(kProjectFormat) + ")",
                    "Update this program, or use the version that wrote it.");
    }
    return format;
}

void checkExists(const fs::path& path) {
    if (fs::is_regular_file(path)) return;
    throw Error(ErrorCode::Input, "the project " + path.string() + " does not exist",
                "Check the path.");
}

VideoIdentity readVideo(SQLite::Database& database, std::int64_t format) {
    const std::string more = format == 1   ? "'', ''"
                             : format == 2 ? "sample, ''"
                                           : "sample, relative";
    SQLite::Statement row(database,
                          "SELECT path, bytes, frames, width, height, " + more + " FROM video");
    VideoIdentity video;
    if (!row.executeStep()) return video;
    video.path = row.getColumn(0).getString();
    video.bytes = static_cast<std::uint64_t>(row.getColumn(1).getInt64());
    if (!row.getColumn(2).isNull()) video.frames = row.getColumn(2).getInt64();
    video.size = {row.getColumn(3).getInt(), row.getColumn(4).getInt()};
    video.sample = row.getColumn(5).getString();
    video.relative = row.getColumn(6).getString();
    return video;
}

/// An unused name beside `path`: "clip.mp4.mcjepa.format-1", then "...format-1-2".
fs::path freeNameFor(const fs::path& path, std::int64_t format) {
    const std::string base = path.string() + ".format-" + std::to_string(format);
    fs::path name = base;
    for (int number = 2; fs::exists(name); ++number) name = base + "-" + std::to_string(number);
    return name;
}

void removeDatabase(const fs::path& path) {
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path.string() + suffix, ignored);
}

/// Replaces a file of format 1 by one in the current format; returns the copy of the old file.
fs::path migrateFormat1(const fs::path& path) {
    const fs::path copy = freeNameFor(path, 1);
    const fs::path fresh = path.string() + ".new";
    removeDatabase(fresh);
    const ProjectContent content = readFormat1(path, copy);
    // Closed at once, so that its content is in one file, which replaces the old one atomically.
    (void)ProjectFile::create(fresh, content);
    // Closing the old file has emptied its log; a leftover one would be taken for the new file's.
    for (const char* suffix : {"-wal", "-shm"}) fs::remove(path.string() + suffix);
    fs::rename(fresh, path);
    return copy;
}

/// Brings an open file of format 2 to format 3; returns the copy of the old file. A program that is
/// killed meanwhile leaves a file of one of the two formats.
fs::path migrateFormat2(const fs::path& path, SQLite::Database& database) {
    // Taken before the copy, so that no other program writes between the two.
    database.exec("BEGIN IMMEDIATE; COMMIT");
    const fs::path copy = freeNameFor(path, 2);
    {
        SQLite::Statement write(database, "VACUUM INTO ?");
        write.bind(1, copy.string());
        write.exec();
    }
    upgradeFormat2(&database);
    return copy;
}

/// `text` with the name of a copy replaced by that of the project it was made of.
std::string namedAs(std::string text, const fs::path& copy, const fs::path& project) {
    const std::string from = copy.string();
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
        text.replace(at, from.size(), project.string());
        at += project.string().size();
    }
    return text;
}

}  // namespace

Error damagedProject(const fs::path& project, const std::string& place, const std::string& why) {
    return {ErrorCode::Input,
            "the project " + project.string() + " is damaged at " + place + ": " + why,
            "Use a backup copy of it; its video is unaffected."};
}

void checkMaskSize(const fs::path& project, const std::string& place, const PackedMask& mask,
                   SizePx video) {
    if (mask.size() == video) return;
    throw damagedProject(
        project, place,
        "its mask has " + sizeText(mask.size()) + " pixels, but the video has " + sizeText(video));
}

struct ProjectFile::Impl {
    Impl(fs::path file, int flags) : path(std::move(file)), database(path.string(), flags) {
        database.setBusyTimeout(200);
        // Exclusive: a second program is refused at once and cannot overwrite this one's changes.
        database.exec("PRAGMA locking_mode = EXCLUSIVE");
        database.exec("PRAGMA foreign_keys = ON");
    }

    ~Impl() { emptyOrphanedLog(); }

    void startJournal() {
        database.exec("PRAGMA journal_mode = WAL");
        // Commits are in the file before they return; only a power cut can undo the newest.
        database.exec("PRAGMA synchronous = NORMAL");
        // The exclusive lock is taken by the first write.
        database.exec("BEGIN IMMEDIATE; COMMIT");
        number = numberOf(path);
        folder = numberOf(folderOf(path));
    }

    /// SQLite leaves the log of a file that was moved or deleted at the old path. Whatever file
    /// comes there would get its pages; so they are put into the file that they belong to.
    void emptyOrphanedLog() noexcept {
        if (!number || numberOf(path) == number) return;
        try {
            database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
        } catch (const std::exception&) {
            return;  // the disk is away, and its log with it
        }
    }

    using Labels = std::unordered_map<std::int64_t, Outcome<PackedMaskPtr>>;

    [[nodiscard]] Labels readLabels() {
        Labels labels;
        SQLite::Statement rows(database, "SELECT id, runs FROM labels");
        while (rows.executeStep()) {
            labels.emplace(rows.getColumn(0).getInt64(), runGuarded([&] {
                               return PackedMask::fromBytes(blobOf(rows.getColumn(1)));
                           }));
        }
        return labels;
    }

    [[nodiscard]] MaskEntry entryFrom(const Labels& labels, const SQLite::Column& facts,
                                      const SQLite::Column& id, SizePx video,
                                      const std::string& place) const {
        const auto found = labels.find(id.getInt64());
        if (found == labels.end()) throw damagedProject(path, place, "its mask is not in the file");
        if (!found->second.ok()) {
            throw damagedProject(path, place, found->second.error().what());
        }
        const PackedMaskPtr& packed = found->second.value();
        checkMaskSize(path, place, *packed, video);
        const auto decoded = runGuarded([&] { return decodeFacts(blobOf(facts)); });
        if (!decoded.ok()) throw damagedProject(path, place, decoded.error().what());
        return {packed, decoded.value()};
    }

    [[nodiscard]] StatusSubject subjectFrom(std::int64_t kind, std::int64_t number) const {
        if (kind == static_cast<int>(StatusSubject::Kind::Frame)) {
            return StatusSubject::ofFrame(number);
        }
        const bool object = kind == static_cast<int>(StatusSubject::Kind::Object);
        if (!object || number <= kBackground || number >= kVoid) {
            throw damagedProject(path, "a status", "it refers to an unknown frame or object");
        }
        return StatusSubject::ofObject(static_cast<ObjectId>(number));
    }

    void readState(const Labels& labels, SizePx video, ProjectState& state) {
        SQLite::Statement masks(database, "SELECT track, frame, facts, labels FROM masks");
        while (masks.executeStep()) {
            const FrameIndex frame = masks.getColumn(1).getInt64();
            const auto track = static_cast<TrackId>(masks.getColumn(0).getInt64());
            state.tracks[track].set(frame, entryFrom(labels, masks.getColumn(2), masks.getColumn(3),
                                                     video, "frame " + std::to_string(frame)));
        }
        SQLite::Statement objects(database, "SELECT object FROM objects");
        while (objects.executeStep()) {
            state.objects.set(decodeObject(blobOf(objects.getColumn(0))));
        }
        SQLite::Statement statuses(database, "SELECT kind, number, status FROM statuses");
        while (statuses.executeStep()) {
            const StatusSubject subject =
                subjectFrom(statuses.getColumn(0).getInt64(), statuses.getColumn(1).getInt64());
            const auto noted =
                runGuarded([&] { return decodeStatus(blobOf(statuses.getColumn(2))); });
            if (!noted.ok()) throw damagedProject(path, subject.name(), noted.error().what());
            state.statuses.set(subject, noted.value());
        }
    }

    [[nodiscard]] EditPart partFrom(const Labels& labels, const SQLite::Statement& row,
                                    SizePx video, const std::string& place) const {
        const auto track = static_cast<TrackId>(row.getColumn(1).getInt64());
        const FrameIndex frame = row.getColumn(2).getInt64();
        switch (static_cast<PartKind>(row.getColumn(0).getInt())) {
        case PartKind::Mask: {
            MaskEdit edit{track, frame, {}, {}};
            if (!row.getColumn(5).isNull()) {
                edit.before = entryFrom(labels, row.getColumn(3), row.getColumn(5), video, place);
            }
            if (!row.getColumn(6).isNull()) {
                edit.after = entryFrom(labels, row.getColumn(4), row.getColumn(6), video, place);
            }
            return edit;
        }
        case PartKind::Facts:
            return FactsEdit{track, frame, decodeFacts(blobOf(row.getColumn(3))),
                             decodeFacts(blobOf(row.getColumn(4)))};
        case PartKind::Object: {
            ObjectEdit edit;
            if (!row.getColumn(3).isNull()) edit.before = decodeObject(blobOf(row.getColumn(3)));
            if (!row.getColumn(4).isNull()) edit.after = decodeObject(blobOf(row.getColumn(4)));
            return edit;
        }
        case PartKind::Status: {
            StatusEdit edit{subjectFrom(row.getColumn(1).getInt64(), frame), {}, {}};
            if (!row.getColumn(3).isNull()) edit.before = decodeStatus(blobOf(row.getColumn(3)));
            if (!row.getColumn(4).isNull()) edit.after = decodeStatus(blobOf(row.getColumn(4)));
            return edit;
        }
        }
        throw damagedProject(path, place, "it has a part of an unknown kind");
    }

    [[nodiscard]] EditLog readLog(const Labels& labels, SizePx video) {
        std::vector<Edit> edits;
        std::size_t done = 0;
        SQLite::Statement rows(database, "SELECT id, label, done FROM edits ORDER BY id");
        SQLite::Statement parts(database,
                                "SELECT kind, track, place, before, after, labels_before, "
                                "labels_after FROM parts WHERE edit = ? ORDER BY id");
        while (rows.executeStep()) {
            Edit edit{rows.getColumn(0).getInt64(), rows.getColumn(1).getString(), {}};
            if (rows.getColumn(2).getInt() != 0) ++done;
            const std::string place = "the undo step \"" + edit.label + "\"";
            parts.reset();
            parts.bind(1, edit.id);
            while (parts.executeStep()) edit.parts.push_back(partFrom(labels, parts, video, place));
            edits.push_back(std::move(edit));
        }
        return {std::move(edits), done};
    }

    fs::path path;
    SQLite::Database database;
    std::optional<FileNumber> number;
    std::optional<FileNumber> folder;
    fs::path copyOfOlder;
};

ProjectFile::ProjectFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ProjectFile::~ProjectFile() = default;
ProjectFile::ProjectFile(ProjectFile&&) noexcept = default;
ProjectFile& ProjectFile::operator=(ProjectFile&&) noexcept = default;

ProjectFile ProjectFile::create(const fs::path& path, const ProjectContent& content) {
    if (fs::exists(path)) {
        throw Error(ErrorCode::Input, "the project " + path.string() + " already exists",
                    "Open it, or choose another name.");
    }
    try {
        return onProject(path, [&] {
            auto impl = std::make_unique<Impl>(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
            impl->startJournal();
            writeWhole(&impl->database, content);
            return ProjectFile(std::move(impl));
        });
    } catch (...) {
        removeDatabase(path);
        throw;
    }
}

ProjectFile ProjectFile::open(const fs::path& path) {
    checkExists(path);
    return onProject(path, [&] {
        auto impl = std::make_unique<Impl>(path, SQLite::OPEN_READWRITE);
        // Checked before anything is written, so that other programs' databases stay unchanged.
        fs::path copy;
        const std::int64_t format = checkedFormat(impl->database, path);
        if (format == 1) {
            impl.reset();
            copy = migrateFormat1(path);
            impl = std::make_unique<Impl>(path, SQLite::OPEN_READWRITE);
        } else if (format == 2) {
            copy = migrateFormat2(path, impl->database);
        }
        impl->copyOfOlder = copy;
        impl->startJournal();
        return ProjectFile(std::move(impl));
    });
}

ProjectContent ProjectFile::read(const fs::path& path) {
    checkExists(path);
    const ProjectSnapshot copy(path);
    try {
        return open(copy.path()).load();
    } catch (const Error& error) {
        throw Error(error.code(), namedAs(error.what(), copy.path(), path), error.hint());
    }
}

VideoIdentity ProjectFile::videoIn(const fs::path& path) {
    checkExists(path);
    const auto videoOf = [&path](const fs::path& file) {
        return onProject(path, [&] {
            Impl impl(file, SQLite::OPEN_READWRITE);
            return readVideo(impl.database, checkedFormat(impl.database, path));
        });
    };
    try {
        return videoOf(path);
    } catch (const ProjectInUse&) {
        return videoOf(ProjectSnapshot(path).path());
    } catch (const ProjectUnwritable&) {
        return videoOf(ProjectSnapshot(path).path());
    }
}

const fs::path& ProjectFile::path() const noexcept { return impl_->path; }

const fs::path& ProjectFile::copyOfOlder() const noexcept { return impl_->copyOfOlder; }

ProjectFile::Presence ProjectFile::presence() const {
    const std::optional<FileNumber> now = numberOf(impl_->path);
    if (now) {
        if (now == impl_->number) return Presence::There;
        impl_->emptyOrphanedLog();
        return Presence::Replaced;
    }
    if (!isGone(impl_->path)) return Presence::Away;
    // Where a share was mounted, there is a folder of another device while the share is away.
    const std::optional<FileNumber> folder = numberOf(folderOf(impl_->path));
    const bool same = folder && impl_->folder && folder->device == impl_->folder->device;
    return same ? Presence::Deleted : Presence::Away;
}

ProjectContent ProjectFile::load() const {
    return onProject(impl_->path, [&] {
        ProjectContent content;
        content.video = readVideo(impl_->database, kProjectFormat);
        const Impl::Labels labels = impl_->readLabels();
        impl_->readState(labels, content.video.size, content.state);
        content.log = impl_->readLog(labels, content.video.size);
        SQLite::Statement settings(impl_->database, "SELECT name, value FROM settings");
        while (settings.executeStep()) {
            content.settings[settings.getColumn(0).getString()] = settings.getColumn(1).getString();
        }
        return content;
    });
}

void ProjectFile::write(std::span<const ProjectStep> steps) {
    onProject(impl_->path, [&] { writeSteps(&impl_->database, steps); });
}

}  // namespace mcj
