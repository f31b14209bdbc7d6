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
enum class ReviewStatus { Open, Done, Doubtful };

/// What the user has noted about a frame or an object.
struct Review {
    ReviewStatus status = ReviewStatus::Open;
    std::string note;  ///< UTF-8, at most `kMostNoteBytes`
    [[nodiscard]] bool blank() const noexcept {
        return status == ReviewStatus::Open && note.empty();
    }
    friend bool operator==(const Review&, const Review&) = default;
};

constexpr std::size_t kMostNoteBytes = 4000;

/// A frame, with or without a mask, or an object as a whole.
struct ReviewSubject {
    /// The numbers are in project files and must not change.
    enum class Kind { Frame = 0, Object = 1 };
    Kind kind = Kind::Frame;
    std::int64_t number = 0;  ///< of the frame, or the object's id

    [[nodiscard]] static ReviewSubject ofFrame(FrameIndex frame) { return {Kind::Frame, frame}; }
    [[nodiscard]] static ReviewSubject ofObject(ObjectId id) { return {Kind::Object, id}; }
    /// "frame 3", "object 2"
    [[nodiscard]] std::string name() const;
    friend auto operator<=>(const ReviewSubject&, const ReviewSubject&) = default;
};

/// The reviews of a project. What is open and has no note is not stored. A value.
class ReviewTable {
public:
    using Rows = std::map<ReviewSubject, Review>;

    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
    [[nodiscard]] const Rows& rows() const noexcept { return rows_; }
    /// An open one without a note where nothing is stored.
    [[nodiscard]] Review of(const ReviewSubject& subject) const;
    /// A blank review removes the row.
    void set(const ReviewSubject& subject, Review review);
    /// Frames with this status, ascending; not for Open, which most frames have.
    [[nodiscard]] std::vector<FrameIndex> framesWith(ReviewStatus status) const;

    friend bool operator==(const ReviewTable&, const ReviewTable&) = default;

private:
    Rows rows_;
};

// The encoding in project files. The decoder throws `Error{Input}` for anything else, also for a
// blank review, which is not stored.
[[nodiscard]] std::vector<std::uint8_t> encodeReview(const Review& review);
[[nodiscard]] Review decodeReview(std::span<const std::uint8_t> bytes);

}  // namespace mcj
