#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "media/io/frame_source.h"
#include "media/io/picture_stack.h"

namespace mcj {

/// The pictures of one file as frames, with times where the file has them. All must have the size
/// of the first; others, and damaged ones, throw `Error{Input}` in `read`. `path`: as it was given;
/// `file`: the one that `stack` was opened from.
[[nodiscard]] std::unique_ptr<FrameSource> openPictureStackSource(
    const std::string& path, const std::filesystem::path& file, std::unique_ptr<PictureStack> stack,
    const SourceOptions& options);

}  // namespace mcj
