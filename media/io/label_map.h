#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "media/base/raster.h"

namespace mcj {

/// A PNG of class labels, H x W x 1, as in PASCAL VOC (palette) and CamVid (grey): the stored index
/// of a pixel is its class, whatever its colour. Indices in `voids` become `kVoidLabel`. Throws
/// `Error{Input}` that names the file where it is not an indexed or grey PNG of up to 8 bits, or
/// has an index above 254 that is not void.
[[nodiscard]] Raster<std::uint8_t> readLabelMap(const std::filesystem::path& path,
                                                std::span<const int> voids);

/// Each pixel takes the label under its centre, because labels cannot be averaged.
[[nodiscard]] Raster<std::uint8_t> resizeLabels(const Raster<std::uint8_t>& labels, SizePx size);

}  // namespace mcj
