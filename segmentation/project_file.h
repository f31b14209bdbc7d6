#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "media/base/error.h"
#include "segmentation/edit_log.h"

namespace mcj {

/// The video that a project belongs to.
struct VideoIdentity {
    std::string path;           ///< as it was opened
    std::string relative = {};  ///< the same from the project's folder; empty where unknown
    std::uint64_t bytes = 0;    ///< of the file; 0 for image folders
    std::string sample;         ///< a hash of parts of the file; empty where unknown
    std::optional<FrameIndex> frames;
    SizePx size;
    friend bool operator==(const VideoIdentity&, const VideoIdentity&) = default;
};

/// Settings by name, which a project stores besides the state and without undo.
using ProjectSettings = std::map<std::string, std::string>;

/// The whole content of a project file.
struct ProjectContent {
    VideoIdentity video;
    ProjectState state;
    EditLog log;
    ProjectSettings settings;
};

// What can be written to a project file, in the order in which it happened.
struct CommitStep {
    EditLog::EditPtr edit;  ///< the newest edit; undone edits are dropped
};
struct ExtendStep {
    EditId edit = 0;
    std::vector<EditPart> parts;
};
struct UndoStep {};
struct RedoStep {};
struct ForgetStep {
    EditId upTo = 0;  ///< this edit and the older ones can no longer be undone
};
struct SettingsStep {
    ProjectSettings settings;  ///< the settings to change; others are kept
};
struct VideoStep {
    VideoIdentity video;
};
using ProjectStep =
    std::variant<CommitStep, ExtendStep, UndoStep, RedoStep, ForgetStep, SettingsStep, VideoStep>;

/// Another program has the project open. Its lock ends with that program, however it ends.
class ProjectInUse : public Error {
public:
    using Error::Error;
};

/// The project or its folder is not writable.
class ProjectUnwritable : public Error {
public:
    using Error::Error;
};

/// A project file: a video's identity, the state (masks of every track, objects, statuses), the log
/// of edits for undo across sessions, and settings by name. One SQLite file in WAL mode. Every call
/// that changes something is one committed transaction, so changes of calls that have returned
/// survive a killed process (a power cut may lose the newest steps, never the file). Each mask is
/// stored once and shared by the state and the edits, so undoing an edit of thousands of frames
/// only changes row numbers. One thread and one program at a time: a second opener is refused.
/// Errors are `Error{Input}` that name the file.
class ProjectFile {
public:
    /// Writes a whole project. Refuses an existing file; leaves no file behind on failure.
    [[nodiscard]] static ProjectFile create(const std::filesystem::path& path,
                                            const ProjectContent& content);
    /// Refuses files that are not a project or were written by a newer version; with `ProjectInUse`
    /// those that are open elsewhere, with `ProjectUnwritable` those that may only be read. A file
    /// of an older format is brought to the current one after a copy was made beside it.
    [[nodiscard]] static ProjectFile open(const std::filesystem::path& path);
    /// The content of a project of any known format, as it was saved last. Does not change the
    /// file, which may be open in another program, but not in this process.
    [[nodiscard]] static ProjectContent read(const std::filesystem::path& path);
    /// The video that such a project belongs to; does not change the file.
    [[nodiscard]] static VideoIdentity videoIn(const std::filesystem::path& path);

    ~ProjectFile();
    ProjectFile(ProjectFile&&) noexcept;
    ProjectFile& operator=(ProjectFile&&) noexcept;

    [[nodiscard]] const std::filesystem::path& path() const noexcept;
    /// The copy that `open` made of a file of an older format; empty if it made no copy.
    [[nodiscard]] const std::filesystem::path& copyOfOlder() const noexcept;
    /// Whether the file is still at its path; where it is not, changes would be lost.
    enum class Presence {
        There,
        Deleted,   ///< its folder is there without it
        Away,      ///< its folder is not there, as on a share that is not connected
        Replaced,  ///< another file is at its path
    };
    [[nodiscard]] Presence presence() const;

    /// Every mask has the video's size and unpacks; throws `Error{Input}` that names the frame
    /// where one does not.
    [[nodiscard]] ProjectContent load() const;

    /// Applies all steps or, if one fails, none.
    void write(std::span<const ProjectStep> steps);

private:
    struct Impl;
    explicit ProjectFile(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace mcj
