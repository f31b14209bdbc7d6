#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "media/base/raster.h"
#include "media/figure/figure_sheet.h"

namespace mcj {

/// DejaVu Sans as a TrueType file, built into the programs.
[[nodiscard]] std::span<const std::uint8_t> fontFile(TextWeight weight);

/// A line of text as coverage.
struct DrawnText {
    Raster<std::uint8_t> coverage;  ///< H x W x 1, 0 to 255
    int originX = 0;                ///< column of the start of the line
    int baselineY = 0;              ///< row of the baseline
};

/// A step of an outline in pixels from the start of the baseline, y up.
struct OutlineStep {
    enum class Kind {
        Move,   ///< begins a closed part at `to`
        Line,   ///< to `to`
        Curve,  ///< cubic Bezier curve with control points `first` and `second`
    };
    Kind kind = Kind::Move;
    PointF to;
    PointF first;
    PointF second;
};

/// The outlines of a line of text; areas are filled where the winding number is not zero.
[[nodiscard]] std::vector<OutlineStep> textOutline(const std::string& utf8, TextWeight weight,
                                                   double sizePx);

/// Width of a line in pixels.
[[nodiscard]] double textWidth(const std::string& utf8, TextWeight weight, double sizePx);

/// `sizePx`: of the em square. Bytes that are not UTF-8 and characters that the font lacks are
/// drawn as its replacement; control characters are left out.
[[nodiscard]] DrawnText drawText(const std::string& utf8, TextWeight weight, double sizePx);

}  // namespace mcj
