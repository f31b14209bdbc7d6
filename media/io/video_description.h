#pragma once

#include <filesystem>
#include <string>

#include "media/base/frame.h"
#include "media/io/frame_conversion.h"
#include "media/io/video_decoder.h"

namespace mcj {

/// What the container and the first decoded picture say; counts and times are the container's word.
[[nodiscard]] VideoInfo describeVideo(const std::string& path, const VideoDecoder& decoder,
                                      const AVFrame& first, const Orientation& orientation);

/// Sets rate, variability and duration from the timestamps of all frames. `lastTicks`: how long the
/// last frame lasts, 0 where the file does not say.
void settleTiming(VideoInfo& info, std::int64_t lastTicks);

/// Puts into words what was met while the frames of `info` were decoded: `damaged` and warnings.
/// `firstAt`: how many frames had come before the first damage inside the stream.
void settleDamage(VideoInfo& info, const DecodeDamage& damage, FrameIndex firstAt);

}  // namespace mcj
