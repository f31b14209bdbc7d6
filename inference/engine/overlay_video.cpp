#include "inference/engine/overlay_video.h"

#include <algorithm>
#include <cmath>

#include "media/base/error.h"

namespace mcj {
namespace {

// Image folders say nothing of time; 25 frames a second is what film and PAL share.
constexpr double kDefaultFps = 25.0;

Rational frameTime(double fps) {
    // Milliseconds are too coarse for 29.97; a frame is 1000 ticks of 1 / (1000 fps).
    return {1000, std::max<std::int64_t>(1, std::llround(fps * 1000.0))};
}

}  // namespace

OverlayVideo::OverlayVideo(std::filesystem::path path, const VideoInfo& source, FrameIndex step)
    : path_(std::move(path)), step_(step) {
    timed_ = !source.pts.empty() && source.timeBase.num > 0 &&
             std::all_of(source.pts.begin(), source.pts.end(),
                         [](const auto& pts) { return pts.has_value(); });
    timeBase_ = timed_ ? source.timeBase
                       : frameTime(source.averageFps > 0.0 ? source.averageFps : kDefaultFps);
    const std::filesystem::path folder = path_.parent_path();
    if (!folder.empty()) {
        std::error_code failed;
        std::filesystem::create_directories(folder, failed);
        if (failed) {
            throw Error(ErrorCode::Input,
                        "cannot create the folder " + folder.string() + ": " + failed.message(),
                        "Name a file that can be written with --overlay.");
        }
    }
}

void OverlayVideo::add(const Frame& frame, const Raster<std::uint8_t>& picture) {
    if (!writer_) writer_ = std::make_unique<VideoWriter>(path_, picture.size(), timeBase_);
    std::int64_t pts = timed_ && frame.pts ? *frame.pts : added_ * step_;
    // Damaged streams repeat timestamps; an encoder wants them to grow.
    if (added_ > 0) pts = std::max(pts, lastPts_ + 1);
    writer_->add(picture, pts);
    lastPts_ = pts;
    ++added_;
}

void OverlayVideo::finish() {
    if (writer_) writer_->finish();
}

}  // namespace mcj
