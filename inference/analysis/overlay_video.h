#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "media/base/frame.h"
#include "media/io/frame_clock.h"
#include "media/io/video_writer.h"

namespace mcj {

/// A video of pictures drawn from a source video. It begins at 0 and keeps the spacing of the
/// source's frames (`FrameClock`: a jump of the source's clock counts as one frame) and their
/// sample aspect. A source without timestamps is written at its frame rate, or at 25 frames/s if it
/// has none. The file appears with `finish`; without it no file is left behind. One thread.
class OverlayVideo {
public:
    /// `source`: scanned to its end. `step`: distance in frames between two pictures.
    OverlayVideo(std::filesystem::path path, const VideoInfo& source, FrameIndex step,
                 VideoFormat format = VideoFormat::H264);

    /// Adds `picture`, H x W x `channelsOf(format)`, for `frame`, in the order of time. Throws
    /// `Error{Input}`.
    void add(const Frame& frame, const Raster<std::uint8_t>& picture);
    void finish();

private:
    std::filesystem::path path_;
    FrameClock clock_;
    Rational timeBase_;
    Rational sampleAspect_;
    FrameIndex step_ = 1;
    VideoFormat format_;
    std::int64_t ticksInOne_ = 1;  ///< ticks of the source in one of `timeBase_`
    std::int64_t firstTicks_ = 0;
    std::int64_t added_ = 0;
    std::int64_t lastPts_ = 0;
    std::unique_ptr<VideoWriter> writer_;
};

}  // namespace mcj
