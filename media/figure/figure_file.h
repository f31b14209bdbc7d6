#pragma once

#include <filesystem>
#include <string>

#include "media/figure/figure_sheet.h"

namespace mcj {

/// The sheet as pixels, H x W x 3. Text is set in DejaVu Sans.
[[nodiscard]] Raster<std::uint8_t> drawSheet(const FigureSheet& sheet);

/// The sheet as SVG 1.1: text stays text, pictures are embedded as PNG with up to two pixels per
/// pixel of the sheet.
[[nodiscard]] std::string svgOf(const FigureSheet& sheet);

/// `rgb` with each side scaled to that of `size`.
[[nodiscard]] Raster<std::uint8_t> resizedPicture(const Raster<std::uint8_t>& rgb, SizePx size);

/// Whether the extension of `path` is that of a format that `writeFigure` writes: .png, .svg or
/// .pdf.
[[nodiscard]] bool isFigurePath(const std::filesystem::path& path);

/// Writes the sheet in the format of `path`'s extension, atomically. Throws `Error{Input}` where
/// the file cannot be written.
void writeFigure(const std::filesystem::path& path, const FigureSheet& sheet);

}  // namespace mcj
