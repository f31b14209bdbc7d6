#include "segmentation/review_table.h"

#include <utility>

#include "segmentation/byte_codec.h"

namespace mcj {
namespace {

/// The last value of `ReviewStatus`.
constexpr auto kLastStatus = static_cast<std::uint8_t>(ReviewStatus::Doubtful);

}  // namespace

std::string ReviewSubject::name() const {
    return (kind == Kind::Frame ? "frame " : "object ") + std::to_string(number);
}

Review ReviewTable::of(const ReviewSubject& subject) const {
    const auto found = rows_.find(subject);
    return found == rows_.end() ? Review{} : found->second;
}

void ReviewTable::set(const ReviewSubject& subject, Review review) {
    if (review.blank()) {
        rows_.erase(subject);
    } else {
        rows_.insert_or_assign(subject, std::move(review));
    }
}

std::vector<FrameIndex> ReviewTable::framesWith(ReviewStatus status) const {
    std::vector<FrameIndex> frames;
    for (const auto& [subject, review] : rows_) {
        if (subject.kind == ReviewSubject::Kind::Frame && review.status == status) {
            frames.push_back(subject.number);
        }
    }
    return frames;
}

std::vector<std::uint8_t> encodeReview(const Review& review) {
    ByteWriter writer;
    writer.byte(static_cast<std::uint8_t>(review.status));
    writer.block({reinterpret_cast<const std::uint8_t*>(review.note.data()), review.note.size()});
    return writer.take();
}

Review decodeReview(std::span<const std::uint8_t> bytes) {
    ByteReader reader(bytes, "a stored review");
    Review review;
    const std::uint8_t status = reader.byte();
    if (status > kLastStatus) reader.fail("has an unknown status");
    review.status = static_cast<ReviewStatus>(status);
    const auto note = reader.block();
    if (note.size() > kMostNoteBytes) reader.fail("has a note that is too long");
    review.note.assign(note.begin(), note.end());
    if (review.blank()) reader.fail("says nothing");
    if (!reader.atEnd()) reader.fail("has extra bytes at its end");
    return review;
}

}  // namespace mcj
