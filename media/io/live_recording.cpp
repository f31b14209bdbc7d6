#include "media/io/live_recording.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mcj {
namespace {

std::int64_t stepOf(const VideoInfo& source) {
    constexpr double kUsualFps = 25.0;
    const double fps = source.averageFps > 0.0 ? source.averageFps : kUsualFps;
    const double tick = source.timeBase.value();
    return tick > 0.0 ? std::max<std::int64_t>(1, std::llround(1.0 / (fps * tick))) : 1;
}

}  // namespace

LiveRecording::LiveRecording(std::filesystem::path path, const VideoInfo& source)
    : writer_(std::move(path), source.size, source.timeBase, source.sampleAspect),
      step_(stepOf(source)) {}

void LiveRecording::add(const Frame& frame) {
    if (!begin_ && frame.pts) begin_ = *frame.pts;
    std::int64_t pts = next_;
    if (begin_ && frame.pts) pts = std::max(pts, *frame.pts - *begin_);
    writer_.add(frame.rgb, pts);
    // Without times, frames are a usual step apart.
    next_ = pts + (frame.pts ? 1 : step_);
    ++frames_;
}

}  // namespace mcj
