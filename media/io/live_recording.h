#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "media/base/frame.h"
#include "media/io/video_writer.h"

namespace mcj {

/// Writes the frames of a live source as a video. Times may be missing, repeat or go back: a frame
/// without a time, or with one that is not later than that of the frame before, is placed after
/// that frame. One thread at a time.
class LiveRecording {
public:
    /// `source`: the facts about the live source. Throws what `VideoWriter` throws.
    LiveRecording(std::filesystem::path path, const VideoInfo& source);

    void add(const Frame& frame);
    /// The file is there only once this has returned. At least one frame must have been added.
    void finish() { writer_.finish(); }
    [[nodiscard]] FrameIndex frames() const noexcept { return frames_; }

private:
    VideoWriter writer_;
    std::int64_t step_;  ///< ticks between frames without times
    std::optional<std::int64_t> begin_;
    std::int64_t next_ = 0;
    FrameIndex frames_ = 0;
};

}  // namespace mcj
