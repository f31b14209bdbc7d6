#include "segmentation/project_writer.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <unordered_map>
#include <utility>

#include "media/base/error.h"
#include "segmentation/project_format.h"

namespace mcj {
namespace {

constexpr const char* kSchema = R"sql(
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE video (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    path TEXT NOT NULL, bytes INTEGER NOT NULL, frames INTEGER, width INTEGER NOT NULL,
    height INTEGER NOT NULL, sample TEXT NOT NULL);
CREATE TABLE labels (id INTEGER PRIMARY KEY, runs BLOB NOT NULL);
CREATE TABLE masks (
    track INTEGER NOT NULL, frame INTEGER NOT NULL, facts BLOB NOT NULL,
    labels INTEGER NOT NULL REFERENCES labels (id), PRIMARY KEY (track, frame)) WITHOUT ROWID;
CREATE TABLE objects (id INTEGER PRIMARY KEY, object BLOB NOT NULL);
CREATE TABLE edits (id INTEGER PRIMARY KEY, label TEXT NOT NULL, done INTEGER NOT NULL);
CREATE TABLE parts (
    id INTEGER PRIMARY KEY,
    edit INTEGER NOT NULL REFERENCES edits (id) ON DELETE CASCADE,
    kind INTEGER NOT NULL, track INTEGER NOT NULL, place INTEGER NOT NULL,
    before BLOB, after BLOB,
    labels_before INTEGER REFERENCES labels (id), labels_after INTEGER REFERENCES labels (id));
CREATE INDEX parts_of_edit ON parts (edit, id);
CREATE INDEX parts_from_labels ON parts (labels_before);
CREATE INDEX parts_to_labels ON parts (labels_after);
CREATE INDEX masks_of_labels ON masks (labels);
)sql";

/// What format 3 has more than format 2.
constexpr const char* kFormat3Schema = R"sql(
CREATE TABLE statuses (
    kind INTEGER NOT NULL, number INTEGER NOT NULL, status BLOB NOT NULL,
    PRIMARY KEY (kind, number)) WITHOUT ROWID;
ALTER TABLE video ADD COLUMN relative TEXT NOT NULL DEFAULT '';
)sql";

using Blob = std::vector<std::uint8_t>;
using RowId = std::optional<std::int64_t>;

/// The statements that write; prepared once for as many rows as there are.
class Writer {
public:
    explicit Writer(SQLite::Database& database)
        : database_(database),
          findMask_(database, "SELECT facts, labels FROM masks WHERE track = ? AND frame = ?"),
          putMask_(database, "INSERT OR REPLACE INTO masks VALUES (?, ?, ?, ?)"),
          eraseMask_(database, "DELETE FROM masks WHERE track = ? AND frame = ?"),
          putLabels_(database, "INSERT INTO labels (runs) VALUES (?)"),
          putObject_(database, "INSERT OR REPLACE INTO objects VALUES (?, ?)"),
          eraseObject_(database, "DELETE FROM objects WHERE id = ?"),
          putStatus_(database, "INSERT OR REPLACE INTO statuses VALUES (?, ?, ?)"),
          eraseStatus_(database, "DELETE FROM statuses WHERE kind = ? AND number = ?"),
          putEdit_(database, "INSERT INTO edits VALUES (?, ?, ?)"),
          putPart_(database,
                   "INSERT INTO parts (edit, kind, track, place, before, after, "
                   "labels_before, labels_after) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
          putSetting_(database, "INSERT OR REPLACE INTO settings VALUES (?, ?)") {}

    void write(const CommitStep& step) {
        forget("done = 0");
        addEdit(*step.edit, true);
        addParts(step.edit->id, step.edit->parts);
    }

    void write(const ExtendStep& step) {
        SQLite::Statement known(database_, "SELECT 1 FROM edits WHERE id = ? AND done = 1");
        known.bind(1, step.edit);
        if (!known.executeStep()) misfit("edit " + std::to_string(step.edit));
        addParts(step.edit, step.parts);
    }

    void write(const UndoStep&) { walk("SELECT MAX(id) FROM edits WHERE done = 1", true); }
    void write(const RedoStep&) { walk("SELECT MIN(id) FROM edits WHERE done = 0", false); }

    void write(const ForgetStep& step) { forget("id <= " + std::to_string(step.upTo)); }

    void write(const SettingsStep& step) {
        for (const auto& [name, value] : step.settings) {
            putSetting_.reset();
            putSetting_.bind(1, name);
            putSetting_.bind(2, value);
            putSetting_.exec();
        }
    }

    void write(const VideoStep& step) {
        SQLite::Statement put(database_,
                              "INSERT OR REPLACE INTO video VALUES (1, ?, ?, ?, ?, ?, ?, ?)");
        put.bind(1, step.video.path);
        put.bind(2, static_cast<std::int64_t>(step.video.bytes));
        if (step.video.frames) put.bind(3, static_cast<std::int64_t>(*step.video.frames));
        put.bind(4, step.video.size.width);
        put.bind(5, step.video.size.height);
        put.bind(6, step.video.sample);
        put.bind(7, step.video.relative);
        put.exec();
    }

    void writeState(const ProjectState& state) {
        for (const auto& [track, masks] : state.tracks) {
            for (const auto& [frame, entry] : masks.entries()) {
                setMask(track, frame, encodeFacts(entry.facts), labelsOf(entry.packed));
            }
        }
        for (const MaskObject& object : state.objects.rows()) {
            setObject(object.id, bytesOf(object));
        }
        for (const auto& [subject, noted] : state.statuses.rows()) {
            setStatus(static_cast<int>(subject.kind), subject.number, bytesOf(noted));
        }
    }

    /// Writes only the log: the state already contains its edits.
    void writeLog(const EditLog& log) {
        for (std::size_t index = 0; index < log.size(); ++index) {
            const Edit& edit = log.at(index);
            addEdit(edit, index < log.done());
            for (const EditPart& part : edit.parts) {
                const auto* mask = std::get_if<MaskEdit>(&part);
                RowId before;
                RowId after;
                if (mask != nullptr && mask->before) before = labelsOf(mask->before->packed);
                if (mask != nullptr && mask->after) after = labelsOf(mask->after->packed);
                logPart(edit.id, part, before, after);
            }
        }
    }

private:
    [[noreturn]] static void misfit(const std::string& what) {
        throw Error(ErrorCode::Internal, "a step does not match " + what + " of the project file");
    }

    static void bindBlob(SQLite::Statement& statement, int at, const std::optional<Blob>& blob) {
        if (blob) {
            statement.bind(at, blob->data(), static_cast<int>(blob->size()));
        } else {
            statement.bind(at);
        }
    }

    static void bindRow(SQLite::Statement& statement, int at, RowId row) {
        if (row) {
            statement.bind(at, *row);
        } else {
            statement.bind(at);
        }
    }

    void setMask(std::int64_t track, FrameIndex frame, const Blob& facts, std::int64_t labels) {
        putMask_.reset();
        putMask_.bind(1, track);
        putMask_.bind(2, static_cast<std::int64_t>(frame));
        bindBlob(putMask_, 3, facts);
        putMask_.bind(4, labels);
        putMask_.exec();
    }

    void eraseMask(std::int64_t track, FrameIndex frame) {
        eraseMask_.reset();
        eraseMask_.bind(1, track);
        eraseMask_.bind(2, static_cast<std::int64_t>(frame));
        eraseMask_.exec();
    }

    /// Marks the file as one that older programs must not write: they would lose what is covered.
    void needOverlaps() {
        if (std::exchange(overlaps_, true)) return;
        database_.exec("PRAGMA user_version = " + std::to_string(kProjectFormat));
    }

    Blob bytesOf(const MaskObject& object) {
        if (object.depth != 0) needOverlaps();
        return encodeObject(object);
    }

    void setObject(std::int64_t id, const std::optional<Blob>& object) {
        SQLite::Statement& statement = object ? putObject_ : eraseObject_;
        statement.reset();
        statement.bind(1, id);
        if (object) bindBlob(statement, 2, object);
        statement.exec();
    }

    /// None for a blank one, which has no row.
    static std::optional<Blob> bytesOf(const StatusNote& noted) {
        if (noted.blank()) return std::nullopt;
        return encodeStatus(noted);
    }

    void setStatus(std::int64_t kind, std::int64_t number, const std::optional<Blob>& bytes) {
        SQLite::Statement& statement = bytes ? putStatus_ : eraseStatus_;
        statement.reset();
        statement.bind(1, kind);
        statement.bind(2, number);
        if (bytes) bindBlob(statement, 3, bytes);
        statement.exec();
    }

    std::int64_t addLabels(const PackedMask& mask) {
        if (mask.layered()) needOverlaps();
        putLabels_.reset();
        putLabels_.bindNoCopy(1, mask.bytes().data(), static_cast<int>(mask.bytes().size()));
        putLabels_.exec();
        return database_.getLastInsertRowid();
    }

    /// The row of a mask that several may share.
    std::int64_t labelsOf(const PackedMaskPtr& mask) {
        const auto [place, fresh] = shared_.try_emplace(mask, 0);
        if (fresh) place->second = addLabels(*mask);
        return place->second;
    }

    /// The row of `frame`'s labels; none where it has no mask.
    RowId storedLabels(std::int64_t track, FrameIndex frame) {
        findMask_.reset();
        findMask_.bind(1, track);
        findMask_.bind(2, static_cast<std::int64_t>(frame));
        if (!findMask_.executeStep()) return std::nullopt;
        return findMask_.getColumn(1).getInt64();
    }

    void addEdit(const Edit& edit, bool done) {
        putEdit_.reset();
        putEdit_.bind(1, edit.id);
        putEdit_.bind(2, edit.label);
        putEdit_.bind(3, done ? 1 : 0);
        putEdit_.exec();
    }

    /// Applies the parts to the tables of the state and logs them.
    void addParts(EditId edit, const std::vector<EditPart>& parts) {
        for (const EditPart& part : parts) {
            RowId before;
            RowId after;
            if (const auto* mask = std::get_if<MaskEdit>(&part)) {
                before = storedLabels(mask->track, mask->frame);
                const std::string name = "the mask of frame " + std::to_string(mask->frame);
                if (before.has_value() != mask->before.has_value()) misfit(name);
                if (mask->after) {
                    const bool same = mask->before && mask->before->packed == mask->after->packed;
                    after = same ? *before : labelsOf(mask->after->packed);
                    setMask(mask->track, mask->frame, encodeFacts(mask->after->facts), *after);
                } else {
                    eraseMask(mask->track, mask->frame);
                }
            } else if (const auto* facts = std::get_if<FactsEdit>(&part)) {
                const RowId labels = storedLabels(facts->track, facts->frame);
                if (!labels) misfit("the mask of frame " + std::to_string(facts->frame));
                setMask(facts->track, facts->frame, encodeFacts(facts->after), *labels);
            } else if (const auto* object = std::get_if<ObjectEdit>(&part)) {
                std::optional<Blob> bytes;
                if (object->after) bytes = bytesOf(*object->after);
                setObject(object->id(), bytes);
            } else if (const auto* noted = std::get_if<StatusEdit>(&part)) {
                setStatus(static_cast<int>(noted->subject.kind), noted->subject.number,
                          bytesOf(noted->after));
            }
            logPart(edit, part, before, after);
        }
    }

    void logPart(EditId edit, const EditPart& part, RowId before, RowId after) {
        std::int64_t track = 0;
        std::int64_t place = 0;
        std::optional<Blob> old;
        std::optional<Blob> next;
        if (const auto* mask = std::get_if<MaskEdit>(&part)) {
            track = mask->track;
            place = mask->frame;
            if (mask->before) old = encodeFacts(mask->before->facts);
            if (mask->after) next = encodeFacts(mask->after->facts);
        } else if (const auto* facts = std::get_if<FactsEdit>(&part)) {
            track = facts->track;
            place = facts->frame;
            old = encodeFacts(facts->before);
            next = encodeFacts(facts->after);
        } else if (const auto* object = std::get_if<ObjectEdit>(&part)) {
            place = object->id();
            if (object->before) old = bytesOf(*object->before);
            if (object->after) next = bytesOf(*object->after);
        } else if (const auto* noted = std::get_if<StatusEdit>(&part)) {
            track = static_cast<int>(noted->subject.kind);
            place = noted->subject.number;
            old = bytesOf(noted->before);
            next = bytesOf(noted->after);
        }
        putPart_.reset();
        putPart_.bind(1, edit);
        putPart_.bind(2, static_cast<int>(kindOf(part)));
        putPart_.bind(3, track);
        putPart_.bind(4, place);
        bindBlob(putPart_, 5, old);
        bindBlob(putPart_, 6, next);
        bindRow(putPart_, 7, before);
        bindRow(putPart_, 8, after);
        putPart_.exec();
    }

    static PartKind kindOf(const EditPart& part) {
        if (std::holds_alternative<MaskEdit>(part)) return PartKind::Mask;
        if (std::holds_alternative<FactsEdit>(part)) return PartKind::Facts;
        return std::holds_alternative<ObjectEdit>(part) ? PartKind::Object : PartKind::Status;
    }

    /// Undoes or redoes the edit that `query` finds. Masks are not read: only row numbers change.
    void walk(const char* query, bool back) {
        const std::int64_t edit = [&] {
            SQLite::Statement found(database_, query);
            if (!found.executeStep() || found.getColumn(0).isNull()) misfit("the log");
            return found.getColumn(0).getInt64();
        }();
        SQLite::Statement parts(
            database_, std::string("SELECT kind, track, place, before, after, labels_before, "
                                   "labels_after FROM parts WHERE edit = ? ORDER BY id ") +
                           (back ? "DESC" : "ASC"));
        parts.bind(1, edit);
        while (parts.executeStep()) {
            const auto kind = static_cast<PartKind>(parts.getColumn(0).getInt());
            const std::int64_t track = parts.getColumn(1).getInt64();
            const std::int64_t place = parts.getColumn(2).getInt64();
            const auto info = parts.getColumn(back ? 3 : 4);
            const auto labels = parts.getColumn(back ? 5 : 6);
            std::optional<Blob> bytes;
            if (!info.isNull()) {
                const auto* data = static_cast<const std::uint8_t*>(info.getBlob());
                bytes.emplace(data, data + info.getBytes());
            }
            if (kind == PartKind::Object) {
                setObject(place, bytes);
            } else if (kind == PartKind::Status) {
                setStatus(track, place, bytes);
            } else if (!bytes) {
                eraseMask(track, place);
            } else if (kind == PartKind::Mask) {
                setMask(track, place, *bytes, labels.getInt64());
            } else if (const RowId now = storedLabels(track, place)) {
                setMask(track, place, *bytes, *now);
            }
        }
        SQLite::Statement mark(database_, "UPDATE edits SET done = ? WHERE id = ?");
        mark.bind(1, back ? 0 : 1);
        mark.bind(2, edit);
        mark.exec();
    }

    /// Drops edits from the log, and masks that nothing else uses.
    void forget(const std::string& which) {
        std::vector<std::int64_t> loose;
        shared_.clear();  // may refer to rows that are deleted
        {
            SQLite::Statement rows(
                database_,
                "SELECT labels_before FROM parts WHERE labels_before IS NOT NULL AND edit IN "
                "(SELECT id FROM edits WHERE " +
                    which +
                    ") UNION "
                    "SELECT labels_after FROM parts WHERE labels_after IS NOT NULL AND edit IN "
                    "(SELECT id FROM edits WHERE " +
                    which + ")");
            while (rows.executeStep()) loose.push_back(rows.getColumn(0).getInt64());
        }
        database_.exec("DELETE FROM edits WHERE " + which);
        SQLite::Statement erase(database_,
                                "DELETE FROM labels WHERE id = ?1 "
                                "AND NOT EXISTS (SELECT 1 FROM masks WHERE labels = ?1) "
                                "AND NOT EXISTS (SELECT 1 FROM parts WHERE labels_before = ?1) "
                                "AND NOT EXISTS (SELECT 1 FROM parts WHERE labels_after = ?1)");
        for (const std::int64_t id : loose) {
            erase.reset();
            erase.bind(1, id);
            erase.exec();
        }
    }

    SQLite::Database& database_;
    SQLite::Statement findMask_, putMask_, eraseMask_, putLabels_, putObject_, eraseObject_,
        putStatus_, eraseStatus_, putEdit_, putPart_, putSetting_;
    std::unordered_map<PackedMaskPtr, std::int64_t> shared_;
    bool overlaps_ = false;  ///< the file's format was raised
};

}  // namespace

void writeWhole(SQLite::Database* database, const ProjectContent& content) {
    SQLite::Transaction transaction(*database);
    database->exec(kSchema);
    database->exec(kFormat3Schema);
    database->exec("PRAGMA application_id = " + std::to_string(kProjectApplicationId));
    database->exec("PRAGMA user_version = " + std::to_string(kFormatWithoutOverlaps));
    {
        Writer writer(*database);
        writer.write(VideoStep{content.video});
        writer.write(SettingsStep{content.settings});
        writer.writeState(content.state);
        writer.writeLog(content.log);
    }
    transaction.commit();
}

void upgradeFormat2(SQLite::Database* database) {
    SQLite::Transaction transaction(*database);
    database->exec(kFormat3Schema);
    database->exec("PRAGMA user_version = 3");
    transaction.commit();
}

void writeSteps(SQLite::Database* database, std::span<const ProjectStep> steps) {
    SQLite::Transaction transaction(*database);
    {
        Writer writer(*database);
        for (const ProjectStep& step : steps) {
            std::visit([&writer](const auto& what) { writer.write(what); }, step);
        }
    }
    transaction.commit();
}

}  // namespace mcj
