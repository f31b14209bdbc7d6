#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "media/io/frame_finder.h"
#include "media/io/frame_source.h"
#include "media/io/video_decoder.h"

namespace mcj {

/// The time of a picture: its own, or its packet's in formats that only time packets.
[[nodiscard]] std::optional<std::int64_t> ticksOf(const AVFrame& picture);

/// The picture nearest to `ticks` (of the stream's time base) that a seek by time and a little
/// decoding give. Its time is exact, its frame number unknown. Broken pictures after the seek are
/// skipped. Decodes towards `ticks` until `limit`, but always to a first good picture. Null where
/// the format cannot seek by time or its pictures have no times.
[[nodiscard]] PicturePtr pictureNearTicks(VideoDecoder& decoder, std::int64_t ticks,
                                          const ReadLimit& limit);

}  // namespace mcj
