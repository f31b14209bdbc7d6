#pragma once

#include <filesystem>
#include <memory>

#include "media/io/picture_stack.h"

namespace mcj {

/// The frames of an animated WebP, composed as they are shown, with their times; a still picture
/// has one frame. Reading backwards decodes from the start. Throws `Error{Input}`.
[[nodiscard]] std::unique_ptr<PictureStack> openWebPFrames(const std::filesystem::path& path);

}  // namespace mcj
