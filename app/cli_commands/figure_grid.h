#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/cli_commands/figure_sheet.h"

namespace mcj {

/// What a row's colours mean: a picture, and its number below.
struct FigureLegend {
    Raster<std::uint8_t> rgb;
    std::string text;
};

struct FigureCell {
    Raster<std::uint8_t> rgb;  ///< H x W x 3; empty: there is none, and the caption says why
    std::string caption;       ///< below the picture; may be empty
};

struct FigureRow {
    std::string label;  ///< above the row; may be empty
    std::vector<FigureCell> cells;
    std::optional<FigureLegend> legend;  ///< to the right of the row
};

/// Pictures in rows and columns, as the paper's panels are.
struct FigureGrid {
    std::vector<std::string> columns;  ///< heads
    std::vector<FigureRow> rows;       ///< each with one cell a column
    std::string note;                  ///< below everything; may be empty
    int cellWidthPx = 320;
};

/// Places everything: all columns are of one width, all cells of a row of one size, in which a
/// picture of another shape stands centred. Nothing overlaps, nothing leaves the sheet.
[[nodiscard]] FigureSheet layOut(const FigureGrid& grid);

}  // namespace mcj
