#pragma once

#include <filesystem>
#include <memory>

#include "media/io/picture_stack.h"

namespace mcj {

/// The pages of a TIFF or BigTIFF, of every sample type: integers of 1 to 32 bits, signed or not,
/// and floats, grey, palette or RGB, in strips or tiles, interleaved or planar. Other colour models
/// are read through libtiff's RGBA interface at 8 bits. Throws `Error{Input}`.
[[nodiscard]] std::unique_ptr<PictureStack> openTiffPages(const std::filesystem::path& path);

}  // namespace mcj
