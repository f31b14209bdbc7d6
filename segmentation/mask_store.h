#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "segmentation/mask_track.h"
#include "segmentation/track_edit.h"

namespace mcj {

/// Which video a project belongs to.
struct VideoIdentity {
    std::string path;         ///< as it was opened
    std::uint64_t bytes = 0;  ///< of the file; 0 for image folders
    std::string sha256;       ///< empty where it was not computed
    std::optional<FrameIndex> frames;
    SizePx size;
    friend bool operator==(const VideoIdentity&, const VideoIdentity&) = default;
};

using EditId = std::int64_t;

struct EditSummary {
    EditId id = 0;
    std::string label;
    std::int64_t changes = 0;
    bool done = true;  ///< false: undone, can be redone
};

/// A project file: a video's identity, its masks, the log of edits for undo across sessions, and
/// settings by name. One SQLite file in WAL mode; every call that changes something is one
/// committed transaction, so a killed process loses nothing that had returned (a power cut may lose
/// the newest edits, never the file). One thread at a time, one program at a time: a second opener
/// is refused. Errors are `Error{Input}` that name the file.
class MaskStore {
public:
    /// Refuses a file that exists.
    [[nodiscard]] static MaskStore create(const std::filesystem::path& path,
                                          const VideoIdentity& video);
    /// Refuses files that are no project, were written by a newer version, or are open elsewhere.
    [[nodiscard]] static MaskStore open(const std::filesystem::path& path);

    ~MaskStore();
    MaskStore(MaskStore&&) noexcept;
    MaskStore& operator=(MaskStore&&) noexcept;

    [[nodiscard]] const std::filesystem::path& path() const noexcept;
    [[nodiscard]] VideoIdentity video() const;
    void setVideo(const VideoIdentity& video);

    [[nodiscard]] MaskTrack loadTrack() const;

    /// Does the edit in the file and logs it; what had been undone can no longer be redone.
    EditId commit(const TrackEdit& edit);
    /// Adds changes to the newest edit: a propagation is saved frame by frame and undone in one
    /// step.
    void extend(EditId edit, const std::vector<FrameChange>& changes);
    /// Undoes the newest done edit in the file and returns it for `revertEdit`; none where none is
    /// left.
    std::optional<TrackEdit> undo();
    /// Redoes the oldest undone edit in the file and returns it for `applyEdit`.
    std::optional<TrackEdit> redo();
    /// The log, oldest first.
    [[nodiscard]] std::vector<EditSummary> edits() const;

    [[nodiscard]] std::optional<std::string> setting(const std::string& name) const;
    void setSetting(const std::string& name, const std::string& value);

    /// A compact copy under another name, for "Save as"; refuses a file that exists.
    void copyTo(const std::filesystem::path& path) const;

private:
    struct Impl;
    explicit MaskStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace mcj
