#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "media/base/raster.h"

namespace mcj {

// A figure before it is written: pictures and lines of text at positions on a sheet of one colour,
// in pixels of the sheet. Later items are drawn over earlier ones.

using SheetColor = std::array<std::uint8_t, 3>;  ///< RGB

enum class TextAnchor { Start, Middle, End };
enum class TextWeight { Regular, Bold };

struct SheetPicture {
    BoxPx box;                 ///< the picture is scaled to it
    Raster<std::uint8_t> rgb;  ///< H x W x 3
};

struct SheetText {
    std::string text;  ///< one line, UTF-8
    double x = 0.0;    ///< of the anchor
    double baselineY = 0.0;
    double sizePx = 14.0;     ///< of the em square
    double maxWidthPx = 0.0;  ///< longer text is made smaller to fit; 0: no limit
    TextAnchor anchor = TextAnchor::Start;
    TextWeight weight = TextWeight::Regular;
    SheetColor ink{25, 25, 25};
};

struct FigureSheet {
    SizePx size;
    SheetColor paper{255, 255, 255};
    std::vector<SheetPicture> pictures;
    std::vector<SheetText> texts;
};

}  // namespace mcj
