#pragma once

#include <filesystem>
#include <string>

#include "media/base/raster.h"
#include "media/io/byte_reader.h"

namespace mcj {

/// Portable float map: "PF" (3 channels) or "Pf" (1), sides, scale whose sign tells the byte order
/// (negative: little-endian; its size is ignored, as is usual), then the rows from the bottom up.
/// The raster has its top row first. Throws `Error{Input}` with `name`.
[[nodiscard]] bool isPfm(ByteView bytes) noexcept;
[[nodiscard]] Raster<float> decodePfm(ByteView bytes, const std::string& name);

/// `values` has 1 or 3 channels. Little-endian; atomic.
void writePfm(const std::filesystem::path& path, const Raster<float>& values);

}  // namespace mcj
