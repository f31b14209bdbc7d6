#pragma once

#include <string>

#include "media/figure/figure_sheet.h"

namespace mcj {

/// The sheet as PDF 1.4 (ISO 32000-1), one page, 96 pixels of the sheet per inch: text as outlines
/// of DejaVu Sans, so that no font is needed, pictures without loss at up to two pixels per pixel
/// of the sheet. The same sheet always gives the same bytes; there is no date in it.
[[nodiscard]] std::string pdfOf(const FigureSheet& sheet);

}  // namespace mcj
