#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "media/base/raster.h"

namespace mcj {

/// A PNG of class labels, H x W x 1, as PASCAL VOC (palette) and CamVid (grey) keep them: the
/// stored index of a pixel is its class, whatever colour stands for it. Indices in `voids` become
/// `kVoidLabel`. Throws `Error{Input}` that names the file where it is no indexed or grey PNG of up
/// to 8 bits, or has an index above 254 that is not void.
[[nodiscard]] Raster<std::uint8_t> readLabelMap(const std::filesystem::path& path,
                                                std::span<const int> voids);

/// Each pixel takes the label under its centre: labels are names and have no means.
[[nodiscard]] Raster<std::uint8_t> resizeLabels(const Raster<std::uint8_t>& labels, SizePx size);

}  // namespace mcj
