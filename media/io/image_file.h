#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "media/base/raster.h"
#include "media/io/atomic_file.h"

namespace mcj {

using Rgb8 = std::array<std::uint8_t, 3>;

/// A picture whose pixels are indices into a palette, as DAVIS masks are.
struct IndexedImage {
    Raster<std::uint8_t> indices;  ///< H x W x 1
    std::vector<Rgb8> palette;  ///< up to 256; empty for a grey PNG (indices are its grey values)
};

/// Any picture that OpenCV, libtiff or libpng reads, as upright 8-bit RGB, H x W x 3: integers are
/// scaled by the range of their type, floats of 0 to 1 as well, other floats by the picture's own
/// range; alpha is dropped; of several pictures in a file the first is read. The format is detected
/// from the content. Throws `Error{Input}`. `notes`: if not null, notes for the user on how values
/// were converted to bytes are appended.
[[nodiscard]] Raster<std::uint8_t> readRgbImage(const std::filesystem::path& path,
                                                std::vector<std::string>* notes = nullptr);

/// A palette or grey PNG with its raw values: never expanded to RGB, never smoothed. RGB PNGs whose
/// colours are all in the DAVIS palette are mapped back. Throws `Error{Input}`.
[[nodiscard]] IndexedImage readIndexedPng(const std::filesystem::path& path);
/// The same from bytes in memory; `name` is used in messages.
[[nodiscard]] IndexedImage decodeIndexedPng(std::span<const std::uint8_t> bytes,
                                            const std::string& name);

/// The writers are atomic: they write a temporary file beside the target and rename it.
/// `rgb`: H x W x 3.
void writeRgbPng(const std::filesystem::path& path, const Raster<std::uint8_t>& rgb);
void writeIndexedPng(const std::filesystem::path& path, const IndexedImage& image,
                     Flush flush = Flush::AtCommit);
/// H x W x C (1 or 3), 16 bits per channel.
void writePng16(const std::filesystem::path& path, const Raster<std::uint16_t>& values);
[[nodiscard]] Raster<std::uint16_t> readPng16(const std::filesystem::path& path);

/// The 256 colours of DAVIS and PASCAL VOC.
[[nodiscard]] const std::vector<Rgb8>& davisPalette();

}  // namespace mcj
