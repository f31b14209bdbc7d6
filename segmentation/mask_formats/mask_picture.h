#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "media/io/png_file.h"
#include "segmentation/mask.h"

namespace mcj {

// A PNG that is given as a mask, before it is known whether its pixels are labels or the shades of
// a picture.

/// How pictures that are not label maps are interpreted.
struct MaskReading {
    /// 1 to 255. Pixels that are at least that bright (or, in a picture whose shape is in its alpha
    /// channel, that opaque) become object 1. Without a threshold such pictures are refused.
    std::optional<int> threshold;
};

/// Which channel holds the shades of a picture.
enum class ShadeSource { Colors, Alpha };

/// The facts about one picture.
struct MaskPictureFacts {
    std::string notLabels;  ///< why it is not a label map, as a sentence; empty where it may be one
    bool softEdges = false;    ///< has at least one shade that occurs only between two others
    bool alphaShape = false;   ///< a single colour, but a varying alpha channel
    bool davisColors = false;  ///< RGB in colours of DAVIS's palette, not all of them grey
    ObjectSet labels;          ///< as `GreyAsRgb::PaletteWhereItFits` reads it
    ObjectSet labelsByValue;   ///< as `GreyAsRgb::Value` reads it
};

/// Decodes the PNG. Throws `Error{Input}` for other kinds of pictures, and as `decodePng`.
[[nodiscard]] PngImage readMaskPng(const std::filesystem::path& path);

/// Judges one picture. It is a label map unless
/// - it has 16 bits per channel, or colours that are neither grey nor in DAVIS's palette;
/// - its shape is only in the alpha channel;
/// - its edges are soft: at least three shades, and at least half of those between the darkest and
///   the lightest, cover no 2 x 2 pixels anywhere and mostly lie strictly between two opposite
///   neighbours, as the pixels of a smoothed edge do and objects do not;
/// - it has 16 shades or more, and of all triples of neighbours along rows and columns that are
///   not of one shade, a tenth or more rise or fall strictly, as in a photograph. (Maps of 100 to
///   254 cells have at most a thirtieth, smoothed edges and photographs a seventh and more.)
/// Pictures with DAVIS's palette are always label maps.
[[nodiscard]] MaskPictureFacts judgeMaskPicture(const PngImage& png, const std::string& name);

/// 8-bit shades, H x W x 1: the luma of the stored colours, or the alpha channel (255 where there
/// is none).
[[nodiscard]] Raster<std::uint8_t> shadesOf(const PngImage& png, ShadeSource source);

/// Object 1 where the shade is at least `threshold`.
[[nodiscard]] Mask thresholded(const Raster<std::uint8_t>& shades, int threshold);

/// Why the PNG at `path` is not a label map; none if it is one. Throws `Error{Input}` where it
/// cannot be read.
[[nodiscard]] std::optional<std::string> reasonAgainstLabels(const std::filesystem::path& path);

}  // namespace mcj
