#pragma once

#include <filesystem>
#include <string>

#include "app/cli_commands/figure_grid.h"
#include "app/cli_commands/figure_sheet.h"

namespace mcj {

class CommandContext;

/// The sheet as pixels. Text is drawn in OpenCV's stroked letters, which only support ASCII: other
/// characters become "?".
[[nodiscard]] Raster<std::uint8_t> drawSheet(const FigureSheet& sheet);

/// The sheet as SVG 1.1: text stays text, pictures are embedded as PNG with up to two pixels per
/// pixel of the sheet.
[[nodiscard]] std::string svgOf(const FigureSheet& sheet);

/// `rgb` with each side scaled to that of `size`.
[[nodiscard]] Raster<std::uint8_t> resizedPicture(const Raster<std::uint8_t>& rgb, SizePx size);

/// Throws `Error{Usage}` where `path` ends in neither .png nor .svg, or exists and must be kept.
void requireFigurePath(const CommandContext& context, const std::filesystem::path& path);

/// Writes the sheet in the format of `path`'s extension, atomically.
void writeFigure(const std::filesystem::path& path, const FigureSheet& sheet);

/// Lays out `grid`, writes and reports it: the last step of every figure command.
void finishFigure(CommandContext& context, const FigureGrid& grid, const std::string& path);

}  // namespace mcj
