#include "inference/analysis/overlay_video.h"

#include <algorithm>
#include <cmath>

#include "media/base/error.h"

namespace mcj {
namespace {

// Image folders have no times; 25 frames/s is the rate of PAL.
constexpr double kDefaultFps = 25.0;
// An MP4 stores the length of a frame in 32 bits.
constexpr std::int64_t kLongestStepTicks = std::int64_t{1} << 30;

Rational frameTime(double fps) {
    // Milliseconds are too coarse for 29.97; a frame is 1000 ticks of 1 / (1000 fps).
    return {1000, std::max<std::int64_t>(1, std::llround(fps * 1000.0))};
}

}  // namespace

OverlayVideo::OverlayVideo(std::filesystem::path path, const VideoInfo& source, FrameIndex step,
                           VideoFormat format)
    : path_(std::move(path)), clock_(frameClockOf(source)), sampleAspect_(source.sampleAspect),
      step_(std::max<FrameIndex>(1, step)), format_(format) {
    if (clock_.ticks.empty()) {
        timeBase_ = frameTime(source.averageFps > 0.0 ? source.averageFps : kDefaultFps);
    } else {
        ticksInOne_ = 1 + clock_.longestStep / (kLongestStepTicks / step_ + 1);
        timeBase_ = {source.timeBase.num * ticksInOne_, source.timeBase.den};
    }
    const std::filesystem::path folder = path_.parent_path();
    if (!folder.empty()) {
        std::error_code failed;
        std::filesystem::create_directories(folder, failed);
        if (failed) {
            throw Error(ErrorCode::Input,
                        "cannot create the folder " + folder.string() + ": " + failed.message(),
                        "Give a file in a writable folder.");
        }
    }
}

void OverlayVideo::add(const Frame& frame, const Raster<std::uint8_t>& picture) {
    if (!writer_) {
        writer_ =
            std::make_unique<VideoWriter>(path_, picture.size(), timeBase_, sampleAspect_, format_);
    }
    const auto at = static_cast<std::size_t>(frame.index);
    std::int64_t pts = added_ * step_;
    if (at < clock_.ticks.size()) {
        if (added_ == 0) firstTicks_ = clock_.ticks[at];
        pts = (clock_.ticks[at] - firstTicks_) / ticksInOne_;
    }
    if (added_ > 0) pts = std::max(pts, lastPts_ + 1);
    writer_->add(picture, pts);
    lastPts_ = pts;
    ++added_;
}

void OverlayVideo::finish() {
    if (writer_) writer_->finish();
}

}  // namespace mcj
