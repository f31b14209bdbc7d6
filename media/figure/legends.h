#pragma once

#include <cstdint>
#include <string>

#include "media/base/colormap.h"
#include "media/base/flow_color.h"
#include "media/figure/figure_sheet.h"

namespace mcj {

// What legends of maps are made of, wherever they are drawn: on the canvas, in the picture of a
// frame, and in figures.

/// Square RGBA image of the flow wheel: the pixel at (dx, dy) from the centre has the colour of
/// motion (dx, dy), with full saturation at the rim. Transparent outside, with an antialiased rim.
[[nodiscard]] Raster<std::uint8_t> flowDisc(FlowWheel wheel, int diameterPx);

/// An RGBA picture over a paper of one colour, RGB.
[[nodiscard]] Raster<std::uint8_t> onPaper(const Raster<std::uint8_t>& rgba, SheetColor paper);

/// 256 x 1 RGB, low end left.
[[nodiscard]] Raster<std::uint8_t> colorStrip(Colormap colors);

/// With 4 significant digits: "10", "0.5", "-1", "1.25e+06".
[[nodiscard]] std::string legendNumber(float value);

}  // namespace mcj
