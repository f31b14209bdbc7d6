#pragma once

#include <memory>
#include <string>

#include "media/io/frame_source.h"

namespace mcj {

/// A video file read through FFmpeg's libraries, frame-exact (see video_reader.cpp).
/// `path` must be a regular local file. Throws `Error{Input}` where no video can be decoded.
[[nodiscard]] std::unique_ptr<FrameSource> openVideoFile(const std::string& path,
                                                         const SourceOptions& options);

}  // namespace mcj
