#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "segmentation/frame_change.h"
#include "segmentation/project_errors.h"
#include "segmentation/project_format.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

std::vector<std::uint8_t> blobOf(const SQLite::Column& column) {
    const auto* data = static_cast<const std::uint8_t*>(column.getBlob());
    return {data, data + column.getBytes()};
}

MaskEntry entryFrom(const SQLite::Statement& row) {
    const int origin = row.getColumn(1).getInt();
    if (origin < 0 || origin > static_cast<int>(MaskOrigin::Imported)) {
        throw Error(ErrorCode::Input, "its mask has an unknown origin");
    }
    MaskEntry entry;
    entry.facts.origin = static_cast<MaskOrigin>(origin);
    entry.facts.locked = row.getColumn(2).getInt() != 0;
    entry.facts.partial = row.getColumn(3).getInt() != 0;
    entry.facts.confidence = static_cast<float>(row.getColumn(4).getDouble());
    entry.packed = PackedMask::fromBytes(blobOf(row.getColumn(5)));
    return entry;
}

/// Reads objects from JSON. The ids of hidden objects become a setting, because visibility is no
/// longer part of an object.
void readObjects(const std::string& text, ProjectContent& content) {
    const auto rows = nlohmann::json::parse(text, nullptr, false);
    if (!rows.is_array()) return;
    std::string hidden;
    for (const auto& row : rows) {
        if (!row.is_object()) continue;
        const int id = row.value("id", 0);
        if (id < 1 || id >= kVoid) continue;
        MaskObject object = defaultObject(static_cast<ObjectId>(id));
        object.name = row.value("name", object.name);
        const auto color = row.value("color", std::vector<int>{});
        for (std::size_t c = 0; c < std::min<std::size_t>(color.size(), 3); ++c) {
            object.color[c] = static_cast<std::uint8_t>(std::clamp(color[c], 0, 255));
        }
        content.state.objects.set(object);
        if (!row.value("visible", true)) {
            if (!hidden.empty()) hidden += ',';
            hidden += std::to_string(id);
        }
    }
    if (!hidden.empty()) content.settings["hidden-objects"] = hidden;
}

/// The log of format 1 stores differences of labels. Applied to the masks in the file, they give
/// the masks before and after each edit.
class Format1Log {
public:
    Format1Log(SQLite::Database& database, fs::path path, SizePx video)
        : database_(database), path_(std::move(path)), video_(video) {}

    [[nodiscard]] EditLog read(const MaskTrack& now) {
        std::vector<Edit> edits;
        std::size_t done = 0;
        SQLite::Statement rows(database_, "SELECT id, label, done FROM edits ORDER BY id");
        while (rows.executeStep()) {
            edits.push_back({rows.getColumn(0).getInt64(), rows.getColumn(1).getString(), {}});
            if (rows.getColumn(2).getInt() != 0) ++done;
        }
        MaskTrack track = now;
        for (std::size_t index = done; index-- > 0;) {
            fill(edits[index], track, Direction::Back);
        }
        track = now;
        for (std::size_t index = done; index < edits.size(); ++index) {
            fill(edits[index], track, Direction::Forward);
        }
        return {std::move(edits), done};
    }

    /// Every object that occurs in a mask that was read.
    [[nodiscard]] const ObjectSet& seen() const noexcept { return seen_; }

private:
    enum class Direction { Back, Forward };

    void fill(Edit& edit, MaskTrack& track, Direction direction) {
        const bool back = direction == Direction::Back;
        SQLite::Statement rows(
            database_, std::string("SELECT change FROM changes WHERE edit = ? ORDER BY id ") +
                           (back ? "DESC" : "ASC"));
        rows.bind(1, edit.id);
        while (rows.executeStep()) {
            const FrameChange change = decodeChange(blobOf(rows.getColumn(0)));
            MaskEdit part{kMainTrack, change.frame, {}, {}};
            const auto here = track.entryAt(change.frame);
            const auto there = back ? revertChange(here, change) : applyChange(here, change);
            part.before = back ? there : here;
            part.after = back ? here : there;
            if (there) {
                checkMaskSize(path_, "an undo step", *there->packed, video_);
                seen_ |= there->packed->objects();
                track.set(change.frame, *there);
            } else {
                track.erase(change.frame);
            }
            edit.parts.emplace_back(std::move(part));
        }
        if (back) std::reverse(edit.parts.begin(), edit.parts.end());
    }

    SQLite::Database& database_;
    fs::path path_;
    SizePx video_;
    ObjectSet seen_;
};

ProjectContent readContent(SQLite::Database& database, const fs::path& path) {
    ProjectContent content;
    SQLite::Statement video(database, "SELECT path, bytes, frames, width, height FROM video");
    if (video.executeStep()) {
        content.video.path = video.getColumn(0).getString();
        content.video.bytes = static_cast<std::uint64_t>(video.getColumn(1).getInt64());
        if (!video.getColumn(2).isNull()) content.video.frames = video.getColumn(2).getInt64();
        content.video.size = {video.getColumn(3).getInt(), video.getColumn(4).getInt()};
    }
    MaskTrack& track = content.state.tracks[kMainTrack];
    SQLite::Statement masks(database,
                            "SELECT frame, origin, locked, partial, confidence, labels FROM masks");
    while (masks.executeStep()) {
        const FrameIndex frame = masks.getColumn(0).getInt64();
        const std::string place = "frame " + std::to_string(frame);
        const auto entry = runGuarded([&] { return entryFrom(masks); });
        if (!entry.ok()) throw damagedProject(path, place, entry.error().what());
        checkMaskSize(path, place, *entry.value().packed, content.video.size);
        track.set(frame, entry.value());
    }
    SQLite::Statement settings(database, "SELECT name, value FROM settings");
    while (settings.executeStep()) {
        const std::string name = settings.getColumn(0).getString();
        const std::string value = settings.getColumn(1).getString();
        if (name == "objects") {
            readObjects(value, content);
        } else {
            content.settings[name] = value;
        }
    }
    Format1Log log(database, path, content.video.size);
    content.log = log.read(track);
    (void)content.log.trim();
    // Format 1 lost rows of objects when an edit was undone and redone.
    content.state.objects.addMissing(track.objects() | log.seen());
    return content;
}

}  // namespace

ProjectContent readFormat1(const fs::path& path, const fs::path& copy) {
    return onProject(path, [&] {
        SQLite::Database database(path.string(), SQLite::OPEN_READWRITE);
        database.setBusyTimeout(200);
        database.exec("PRAGMA locking_mode = EXCLUSIVE");
        database.exec("BEGIN IMMEDIATE; COMMIT");
        ProjectContent content = readContent(database, path);
        SQLite::Statement write(database, "VACUUM INTO ?");
        write.bind(1, copy.string());
        write.exec();
        return content;
    });
}

}  // namespace mcj
