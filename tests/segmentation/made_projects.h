#pragma once

#include <QTest>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <sqlite3.h>

#include "media/base/error.h"
#include "segmentation/project_file.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {

// Project files for the tests of this folder.

namespace fs = std::filesystem;
inline constexpr SizePx kSize{64, 48};

/// Edit `number` of a fixed history, made for `state` as the edits before have left it.
inline Edit makeEdit(const ProjectState& state, int number) {
    const auto seed = static_cast<std::uint32_t>(number);
    Edit edit{number + 1, "Edit " + std::to_string(number), {}};
    const auto put = [&](FrameIndex frame, const std::optional<MaskEntry>& after) {
        const auto before = state.track().entryAt(frame);
        if (before || after) edit.parts.emplace_back(MaskEdit{kMainTrack, frame, before, after});
    };
    const auto origin = static_cast<MaskOrigin>(number % 3);
    put(number % 7, makeEntry(randomMask(kSize, 5, seed), {.origin = origin, .confidence = 0.5F}));
    std::optional<MaskEntry> other;
    if (number % 4 != 0) {
        other = makeEntry(diskMask(kSize, {30, 20}, static_cast<float>(number % 20)),
                          {.locked = number % 2 == 0, .partial = number % 3 == 0});
    }
    put(10 + number % 5, other);
    ObjectEdit renamed;
    if (const MaskObject* object = state.objects.find(3)) renamed.before = *object;
    if (number % 5 != 4) renamed.after = MaskObject{3, "name " + std::to_string(number), {1, 2, 3}};
    if (renamed.before || renamed.after) edit.parts.emplace_back(renamed);
    if (const MaskEntry* locked =
            number % 6 == 5 && number % 7 != 1 ? state.track().find(1) : nullptr) {
        MaskFacts facts = locked->facts;
        facts.locked = !facts.locked;
        edit.parts.emplace_back(FactsEdit{kMainTrack, 1, locked->facts, facts});
    }
    const auto subject =
        number % 2 == 0 ? StatusSubject::ofFrame(number % 3) : StatusSubject::ofObject(3);
    const StatusNote noted{static_cast<WorkStatus>(number % 3),
                           number % 4 == 0 ? "note " + std::to_string(number) : std::string()};
    edit.parts.emplace_back(StatusEdit{subject, state.statuses.of(subject), noted});
    return edit;
}

/// The state after the first `count` edits.
inline ProjectState stateAfter(int count) {
    ProjectState state;
    for (int number = 0; number < count; ++number) applyEdit(state, makeEdit(state, number));
    return state;
}

inline CommitStep commitOf(const Edit& edit) { return {std::make_shared<const Edit>(edit)}; }

inline void write(ProjectFile& file, const ProjectStep& step) { file.write({&step, 1}); }

inline VideoIdentity someVideo() {
    return {.path = "clips/a b.mp4",
            .relative = "../a b.mp4",
            .bytes = 123456789012,
            .sample = "ab12",
            .frames = 345,
            .size = kSize};
}

inline ProjectContent emptyProject() {
    ProjectContent content;
    content.video = someVideo();
    return content;
}

/// A file with the first `count` edits, each written by itself.
inline ProjectFile makeFile(const fs::path& path, int count) {
    ProjectFile file = ProjectFile::create(path, emptyProject());
    ProjectState state;
    for (int number = 0; number < count; ++number) {
        const Edit edit = makeEdit(state, number);
        write(file, commitOf(edit));
        applyEdit(state, edit);
    }
    return file;
}

/// Why the file cannot be opened; empty if it can.
inline std::string messageOf(const fs::path& path) {
    try {
        (void)ProjectFile::open(path);
    } catch (const Error& error) {
        return error.code() == ErrorCode::Input ? error.what() : "not an input error";
    }
    return {};
}

/// Runs a statement on a project that is not open.
inline void runSql(const fs::path& path, const char* sql) {
    sqlite3* database = nullptr;
    QCOMPARE(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    QCOMPARE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
}

/// The number that a query on a project gives; -1 if there is none.
inline std::int64_t numberIn(const fs::path& path, const char* sql) {
    sqlite3* database = nullptr;
    sqlite3_stmt* statement = nullptr;
    sqlite3_open(path.c_str(), &database);
    sqlite3_prepare_v2(database, sql, -1, &statement, nullptr);
    const std::int64_t number =
        sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return number;
}

/// Copies a project of format 1, as the program of that time wrote it, to `path`.
inline fs::path oldProject(const fs::path& path) {
    fs::copy_file(fs::path(MCJ_SOURCE_DIR) / "tests/data/format-1.mcjepa", path);
    return path;
}

}  // namespace mcj
