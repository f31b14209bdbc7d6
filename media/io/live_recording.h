#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "media/base/error.h"
#include "media/base/frame.h"
#include "media/io/video_writer.h"

namespace mcj {

/// Free bytes of the file system that `file` will be on; the most there can be where that cannot be
/// told.
[[nodiscard]] std::uintmax_t freeBytesFor(const std::filesystem::path& file);

/// A recording ends while its disk still has room, because completing the file takes some.
struct RecordingRoom {
    std::uintmax_t leastBytes = std::uintmax_t{64} << 20;  ///< that stay free
    std::function<std::uintmax_t(const std::filesystem::path&)> freeBytes = freeBytesFor;
};

/// How far a recording is.
struct RecordingProgress {
    FrameIndex frames = 0;
    double secs = 0.0;        ///< from its first frame to its last one
    std::uint64_t bytes = 0;  ///< in the file; the encoder holds back about a second
};

/// Writes the frames of a live source as a video. Times may be missing, repeat or go back: a frame
/// without a time, or with one that is not later than that of the frame before, is placed after
/// that frame. One thread at a time.
class LiveRecording {
public:
    /// `source`: the facts about the live source. Throws what `VideoWriter` throws, and
    /// `Error{Input}` where the disk has less than the room that stays free.
    LiveRecording(std::filesystem::path path, const VideoInfo& source, RecordingRoom room = {});

    /// False once no more than the room that stays free is left: nothing should be added any more.
    [[nodiscard]] bool hasRoom() const { return room_.freeBytes(path_) >= room_.leastBytes; }
    /// Why a recording ended for want of room.
    [[nodiscard]] Error roomError() const;

    void add(const Frame& frame);
    /// The file is there only once this has returned. At least one frame must have been added.
    void finish() { writer_.finish(); }
    [[nodiscard]] FrameIndex frames() const noexcept { return frames_; }
    [[nodiscard]] RecordingProgress progress() const noexcept;

private:
    std::filesystem::path path_;
    RecordingRoom room_;
    VideoWriter writer_;
    double tickSecs_;
    std::int64_t step_;  ///< ticks between frames without times
    std::optional<std::int64_t> begin_;
    std::int64_t last_ = 0;
    std::int64_t next_ = 0;
    FrameIndex frames_ = 0;
};

}  // namespace mcj
