#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "media/base/frame.h"
#include "media/io/video_writer.h"

namespace mcj {

/// A video made of pictures of another one, at the same times: where the source has timestamps
/// these are kept, else the frames stand at the source's rate (25 a second where it has none). The
/// file appears with `finish`; without it nothing is left behind. One thread.
class OverlayVideo {
public:
    /// `step`: distance in frames between two pictures, for sources without timestamps.
    OverlayVideo(std::filesystem::path path, const VideoInfo& source, FrameIndex step);

    /// `picture` stands for `frame`, in the order of time. Throws `Error{Input}`.
    void add(const Frame& frame, const Raster<std::uint8_t>& picture);
    void finish();

private:
    std::filesystem::path path_;
    Rational timeBase_;
    FrameIndex step_ = 1;
    bool timed_ = false;
    std::int64_t added_ = 0;
    std::int64_t lastPts_ = 0;
    std::unique_ptr<VideoWriter> writer_;
};

}  // namespace mcj
