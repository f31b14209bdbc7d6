#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "media/base/frame.h"
#include "media/io/video_decoder.h"

namespace mcj {

/// 64-bit digest of bytes: a changed byte changes it with a probability of 1 - 2^-64.
[[nodiscard]] std::uint64_t bytesDigest(std::span<const std::uint8_t> bytes);

/// Which rows of each plane a digest reads.
enum class DigestRows { All, EveryEighth };

/// 64-bit digest of the visible parts of a decoded picture: format, size, samples, palette. With
/// `EveryEighth` a change that lies wholly in the rows between is not seen.
[[nodiscard]] std::uint64_t pictureDigest(const AVFrame& picture, DigestRows rows);

/// Identifies a decoded frame independently of how the decoder reached it.
struct FrameMark {
    std::optional<std::int64_t> pts;
    std::int64_t bytePos = -1;  ///< of its packet; several frames may share one
    std::uint64_t digest = 0;
};
/// The mark of a picture that `VideoDecoder::next` returned. Reading all samples of every picture
/// takes about a quarter of the time of decoding them. Where decoding begins afresh
/// (`isOfClosedGroup`) a seek gives this picture or another one, never one that is only nearly the
/// same. Every eighth row tells them apart, because it meets every macroblock; where two pictures
/// differ in smaller blocks alone, their times do (`FrameTable::find`). What such a digest can miss
/// is a change of single samples on the disk after the scan (raw blocks), with the file's length,
/// time and sampled bytes unchanged. All other pictures are digested whole.
[[nodiscard]] FrameMark markOf(const AVFrame& picture);

/// A frame from which decoding can start, and the observed result of a seek to it.
struct SeekPoint {
    static constexpr FrameIndex kNever = std::numeric_limits<FrameIndex>::max();

    FrameIndex frame = 0;
    PacketPlace place;
    FrameIndex goodFromByTime = 0;  ///< after a seek by time, frames before this one come wrong
    FrameIndex goodFromByByte = 0;

    [[nodiscard]] FrameIndex& goodFrom(SeekMethod method) noexcept {
        return method == SeekMethod::Timestamp ? goodFromByTime : goodFromByByte;
    }
};

/// The result of one pass from the start: a mark per frame and the places to seek to. About 40
/// bytes per frame.
class FrameTable {
public:
    FrameTable() = default;
    /// From the result of an earlier pass; seek points in the order of their frames.
    FrameTable(std::vector<FrameMark> marks, std::vector<SeekPoint> seekPoints)
        : marks_(std::move(marks)), seekPoints_(std::move(seekPoints)) {}

    void append(const FrameMark& mark, const std::optional<PacketPlace>& keyPacket);

    [[nodiscard]] FrameIndex size() const noexcept {
        return static_cast<FrameIndex>(marks_.size());
    }
    [[nodiscard]] const FrameMark& mark(FrameIndex frame) const {
        return marks_[static_cast<std::size_t>(frame)];
    }
    [[nodiscard]] const std::vector<FrameMark>& marks() const noexcept { return marks_; }
    [[nodiscard]] const std::vector<SeekPoint>& seekPoints() const noexcept { return seekPoints_; }
    /// Whether `mark` can be frame `frame`, by its content. (Times and positions may be reported
    /// differently after a seek.)
    [[nodiscard]] bool agrees(FrameIndex frame, const FrameMark& mark) const;

    /// The frame that `mark` identifies; none where no frame has this content, or where time and
    /// position do not distinguish equal pictures.
    [[nodiscard]] std::optional<FrameIndex> find(const FrameMark& mark) const;

    /// The last seek point at or before `frame`, after skipping the `skip` latest; null where none
    /// is left.
    [[nodiscard]] SeekPoint* seekPoint(FrameIndex frame, int skip);

private:
    std::vector<FrameMark> marks_;
    std::vector<SeekPoint> seekPoints_;
};

}  // namespace mcj
