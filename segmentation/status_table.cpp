#include "segmentation/status_table.h"

#include <utility>

#include "segmentation/byte_codec.h"

namespace mcj {
namespace {

/// The last value of `WorkStatus`.
constexpr auto kLastStatus = static_cast<std::uint8_t>(WorkStatus::Doubtful);

}  // namespace

std::string StatusSubject::name() const {
    return (kind == Kind::Frame ? "frame " : "object ") + std::to_string(number);
}

StatusNote StatusTable::of(const StatusSubject& subject) const {
    const auto found = rows_.find(subject);
    return found == rows_.end() ? StatusNote{} : found->second;
}

void StatusTable::set(const StatusSubject& subject, StatusNote noted) {
    if (noted.blank()) {
        rows_.erase(subject);
    } else {
        rows_.insert_or_assign(subject, std::move(noted));
    }
}

std::vector<FrameIndex> StatusTable::framesWith(WorkStatus status) const {
    std::vector<FrameIndex> frames;
    for (const auto& [subject, noted] : rows_) {
        if (subject.kind == StatusSubject::Kind::Frame && noted.status == status) {
            frames.push_back(subject.number);
        }
    }
    return frames;
}

std::vector<std::uint8_t> encodeStatus(const StatusNote& noted) {
    ByteWriter writer;
    writer.byte(static_cast<std::uint8_t>(noted.status));
    writer.block({reinterpret_cast<const std::uint8_t*>(noted.note.data()), noted.note.size()});
    return writer.take();
}

StatusNote decodeStatus(std::span<const std::uint8_t> bytes) {
    ByteReader reader(bytes, "a stored status");
    StatusNote noted;
    const std::uint8_t status = reader.byte();
    if (status > kLastStatus) reader.fail("has an unknown status");
    noted.status = static_cast<WorkStatus>(status);
    const auto note = reader.block();
    if (note.size() > kMostNoteBytes) reader.fail("has a note that is too long");
    noted.note.assign(note.begin(), note.end());
    if (noted.blank()) reader.fail("is empty");
    if (!reader.atEnd()) reader.fail("has extra bytes at its end");
    return noted;
}

}  // namespace mcj
