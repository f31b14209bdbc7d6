#pragma once

#include <string>
#include <vector>

#include "media/io/video_decoder.h"

namespace mcj {

/// What is lost or shown differently when a file's main video stream is read as progressive opaque
/// RGB: further video streams, transparency, fields, HDR, a colour matrix that cannot be converted.
/// One sentence each, from the container and the first picture.
[[nodiscard]] std::vector<std::string> streamWarnings(const VideoDecoder& decoder,
                                                      const AVFrame& first);

/// The warning about pictures that are stored as two fields each.
[[nodiscard]] std::string interlacedWarning();

}  // namespace mcj
