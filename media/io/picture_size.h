#pragma once

#include <filesystem>
#include <optional>

#include "media/base/raster.h"

namespace mcj {

/// Width and height from the header of a PNG, JPEG or BMP without decoding it. None for other
/// kinds, for headers that make no sense, and for JPEGs that carry a rotation flag (EXIF).
[[nodiscard]] std::optional<SizePx> sniffPictureSize(const std::filesystem::path& path);

}  // namespace mcj
