#pragma once

#include <string>
#include <vector>

#include "media/io/video_decoder.h"

namespace mcj {

/// What of a file is not shown, or not shown as it was meant, by reading its main video stream as
/// progressive opaque RGB: further video streams, transparency, fields, HDR, a colour matrix that
/// cannot be converted. One sentence each; told from the container and the first picture.
[[nodiscard]] std::vector<std::string> streamWarnings(const VideoDecoder& decoder,
                                                      const AVFrame& first);

/// The warning about pictures that are stored as two fields each.
[[nodiscard]] std::string interlacedWarning();

}  // namespace mcj
