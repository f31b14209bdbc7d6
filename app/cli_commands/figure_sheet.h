#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "media/base/raster.h"

namespace mcj {

// A figure before it is written: pictures and lines of text at positions on a white sheet, in
// pixels of the sheet. Later items are drawn over earlier ones.

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
    double maxWidthPx = 0.0;  ///< longer text is set narrower or smaller to fit; 0: no limit
    TextAnchor anchor = TextAnchor::Start;
    TextWeight weight = TextWeight::Regular;
};

struct FigureSheet {
    SizePx size;
    std::vector<SheetPicture> pictures;
    std::vector<SheetText> texts;
};

}  // namespace mcj
