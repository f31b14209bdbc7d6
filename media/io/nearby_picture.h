#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "media/io/frame_finder.h"
#include "media/io/frame_source.h"
#include "media/io/video_decoder.h"

namespace mcj {

/// The time of a picture: its own, or as its packet says in formats that time packets alone.
[[nodiscard]] std::optional<std::int64_t> ticksOf(const AVFrame& picture);

/// The picture nearest to `ticks` (of the stream's time base) that a seek by time and a little
/// decoding give: exact in its time, without knowing which frame it is. Broken pictures after the
/// seek are passed over. Decodes on towards `ticks` until `limit`, but always to a first good
/// picture. Null where the format cannot seek by time, or gives pictures no times.
[[nodiscard]] PicturePtr pictureNearTicks(VideoDecoder& decoder, std::int64_t ticks,
                                          const ReadLimit& limit);

}  // namespace mcj
