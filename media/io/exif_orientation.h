#pragma once

#include <cstdint>

#include "media/base/raster.h"
#include "media/io/byte_reader.h"

namespace mcj {

/// The orientation of a stored picture in EXIF and TIFF (tag 274): 1 is upright, 3 turned by a
/// half, 6 and 8 by a quarter; 2, 4, 5 and 7 are mirrored as well.
using ExifOrientation = int;
constexpr ExifOrientation kUpright = 1;

/// The orientation in an EXIF block ("II" or "MM", then IFD 0; a leading "Exif\0\0" is skipped);
/// upright if it is missing or invalid.
[[nodiscard]] ExifOrientation orientationInExif(ByteView block) noexcept;

/// The size of the upright picture.
[[nodiscard]] SizePx uprightSize(SizePx stored, ExifOrientation orientation) noexcept;

/// The upright picture; `stored` is H x W x C.
[[nodiscard]] Raster<std::uint8_t> turnUpright(Raster<std::uint8_t> stored,
                                               ExifOrientation orientation);

}  // namespace mcj
