#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media/figure/figure_sheet.h"

namespace mcj {

/// The legend of a row's colours: a picture, and its number below.
struct FigureLegend {
    Raster<std::uint8_t> rgb;
    std::string text;
};

struct FigureCell {
    Raster<std::uint8_t> rgb;  ///< H x W x 3; empty: no picture, and the caption says why
    std::string caption;       ///< below the picture; may be empty
};

struct FigureRow {
    std::string label;  ///< above the row; may be empty
    std::vector<FigureCell> cells;
    std::optional<FigureLegend> legend;  ///< to the right of the row
};

/// Pictures in rows and columns, as in the paper's panels.
struct FigureGrid {
    std::vector<std::string> columns;  ///< heads
    std::vector<FigureRow> rows;       ///< each with one cell per column
    std::string note;                  ///< below everything; may be empty
    int cellWidthPx = 320;
};

/// Lays out a grid. All columns have the same width and all cells of a row the same size; a picture
/// of another aspect is centred. Nothing overlaps or exceeds the sheet.
[[nodiscard]] FigureSheet layOut(const FigureGrid& grid);

}  // namespace mcj
