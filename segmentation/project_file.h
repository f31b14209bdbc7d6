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

#include "segmentation/edit_log.h"

namespace mcj {

/// Which video a project belongs to.
struct VideoIdentity {
    std::string path;         ///< as it was opened
    std::uint64_t bytes = 0;  ///< of the file; 0 for image folders
    std::string sample;       ///< a hash of parts of the file; empty where it is not known
    std::optional<FrameIndex> frames;
    SizePx size;
    friend bool operator==(const VideoIdentity&, const VideoIdentity&) = default;
};

/// Settings by name: what a project remembers beside the state, without undo.
using ProjectSettings = std::map<std::string, std::string>;

/// Everything that a project file holds.
struct ProjectContent {
    VideoIdentity video;
    ProjectState state;
    EditLog log;
    ProjectSettings settings;
};

// What can be written to a project file, in the order in which it happened.
struct CommitStep {
    EditLog::EditPtr edit;  ///< the newest one: what was undone is forgotten
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
    ProjectSettings settings;  ///< these are set, others stay
};
struct VideoStep {
    VideoIdentity video;
};
using ProjectStep =
    std::variant<CommitStep, ExtendStep, UndoStep, RedoStep, ForgetStep, SettingsStep, VideoStep>;

/// A project file: a video's identity, the state (masks of every track, objects), the log of edits
/// for undo across sessions, and settings by name. One SQLite file in WAL mode. Every call that
/// changes something is one committed transaction, so a killed process loses nothing that had
/// returned (a power cut may lose the newest steps, never the file). Each mask is stored once and
/// shared by the state and the edits, so undoing an edit of thousands of frames moves numbers
/// alone. One thread at a time, one program at a time: a second opener is refused. Errors are
/// `Error{Input}` that name the file.
class ProjectFile {
public:
    /// Writes a whole project. Refuses a file that exists; leaves none where it fails.
    [[nodiscard]] static ProjectFile create(const std::filesystem::path& path,
                                            const ProjectContent& content);
    /// Refuses files that are no project, were written by a newer version, or are open elsewhere.
    /// A file of format 1 is rewritten in today's format after a copy was made beside it.
    [[nodiscard]] static ProjectFile open(const std::filesystem::path& path);
    /// The video that a project of any known format belongs to; changes nothing.
    [[nodiscard]] static VideoIdentity videoIn(const std::filesystem::path& path);

    ~ProjectFile();
    ProjectFile(ProjectFile&&) noexcept;
    ProjectFile& operator=(ProjectFile&&) noexcept;

    [[nodiscard]] const std::filesystem::path& path() const noexcept;
    /// The copy that `open` made of a file of an older format; empty where it made none.
    [[nodiscard]] const std::filesystem::path& copyOfOlder() const noexcept;
    /// Whether the file is no longer at its path: what is written would be lost.
    [[nodiscard]] bool gone() const;

    /// Every mask has the video's size and unpacks; throws `Error{Input}` that names the frame
    /// where one does not.
    [[nodiscard]] ProjectContent load() const;

    /// Does all the steps or, where one fails, none.
    void write(std::span<const ProjectStep> steps);

private:
    struct Impl;
    explicit ProjectFile(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace mcj
