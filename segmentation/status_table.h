#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "media/base/frame.h"
#include "segmentation/mask.h"

namespace mcj {

/// How far the work on a frame or an object is.
enum class WorkStatus { Open, Done, Doubtful };

/// What the user has noted about a frame or an object.
struct StatusNote {
    WorkStatus status = WorkStatus::Open;
    std::string note;  ///< UTF-8, at most `kMostNoteBytes`
    [[nodiscard]] bool blank() const noexcept { return status == WorkStatus::Open && note.empty(); }
    friend bool operator==(const StatusNote&, const StatusNote&) = default;
};

constexpr std::size_t kMostNoteBytes = 4000;

/// A frame, with or without a mask, or an object as a whole.
struct StatusSubject {
    /// The numbers are in project files and must not change.
    enum class Kind { Frame = 0, Object = 1 };
    Kind kind = Kind::Frame;
    std::int64_t number = 0;  ///< of the frame, or the object's id

    [[nodiscard]] static StatusSubject ofFrame(FrameIndex frame) { return {Kind::Frame, frame}; }
    [[nodiscard]] static StatusSubject ofObject(ObjectId id) { return {Kind::Object, id}; }
    /// "frame 3", "object 2"
    [[nodiscard]] std::string name() const;
    friend auto operator<=>(const StatusSubject&, const StatusSubject&) = default;
};

/// The statuses and notes of a project. What is open and has no note is not stored. A value.
class StatusTable {
public:
    using Rows = std::map<StatusSubject, StatusNote>;

    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
    [[nodiscard]] const Rows& rows() const noexcept { return rows_; }
    /// An open status without a note where nothing is stored.
    [[nodiscard]] StatusNote of(const StatusSubject& subject) const;
    /// A blank note removes the row.
    void set(const StatusSubject& subject, StatusNote noted);
    /// Frames with this status, ascending; not for Open, which most frames have.
    [[nodiscard]] std::vector<FrameIndex> framesWith(WorkStatus status) const;

    friend bool operator==(const StatusTable&, const StatusTable&) = default;

private:
    Rows rows_;
};

// The encoding in project files. The decoder throws `Error{Input}` for anything else, also for a
// blank one, which is not stored.
[[nodiscard]] std::vector<std::uint8_t> encodeStatus(const StatusNote& noted);
[[nodiscard]] StatusNote decodeStatus(std::span<const std::uint8_t> bytes);

}  // namespace mcj
