#pragma once

#include <filesystem>
#include <string>

#include "media/figure/figure_grid.h"

namespace mcj {

class CommandContext;

/// Throws `Error{Usage}` where `path` does not end in .svg, .pdf or .png, or exists and must be
/// kept.
void requireFigurePath(const CommandContext& context, const std::filesystem::path& path);

/// Lays out `grid`, writes and reports it: the last step of every figure command.
void finishFigure(CommandContext& context, const FigureGrid& grid, const std::string& path);

}  // namespace mcj
