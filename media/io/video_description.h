#pragma once

#include <filesystem>
#include <string>

#include "media/base/frame.h"
#include "media/io/frame_conversion.h"
#include "media/io/video_decoder.h"

namespace mcj {

/// The facts from the container and the first decoded picture; counts and times are the
/// container's.
[[nodiscard]] VideoInfo describeVideo(const std::string& path, const VideoDecoder& decoder,
                                      const AVFrame& first, const Orientation& orientation);

/// Sets rate, variability and duration from the timestamps of all frames. `lastTicks`: the duration
/// of the last frame, 0 where the file does not state it.
void settleTiming(VideoInfo& info, std::int64_t lastTicks);

/// Describes the damage found while the frames of `info` were decoded: sets `damaged` and warnings.
/// `firstAt`: the number of frames before the first damage inside the stream. `outputDelay`: how
/// many pictures the decoder kept back to put them in order. A transport stream that was cut
/// between two pictures cannot be recognised as cut, except where pictures before its last ones are
/// missing.
void settleDamage(VideoInfo& info, const DecodeDamage& damage, FrameIndex firstAt, int outputDelay);

}  // namespace mcj
