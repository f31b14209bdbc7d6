#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "media/base/error.h"
#include "media/io/atomic_file.h"
#include "media/io/image_file.h"
#include "media/io/png_file.h"

// Masks: pictures whose pixels are labels. Nothing here goes through OpenCV, which expands
// palettes.

namespace mcj {
namespace {

std::uint32_t packed(Rgb8 color) {
    return static_cast<std::uint32_t>(color[0]) << 16 | static_cast<std::uint32_t>(color[1]) << 8 |
           color[2];
}

std::string hexColor(Rgb8 color) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text = "#";
    for (const std::uint8_t value : color) {
        text += kDigits[value >> 4];
        text += kDigits[value & 15];
    }
    return text;
}

bool isGreyAllOver(const Raster<std::uint8_t>& pixels) {
    for (int y = 0; y < pixels.height(); ++y) {
        for (int x = 0; x < pixels.width(); ++x) {
            const std::uint8_t red = pixels.at(y, x, 0);
            if (pixels.at(y, x, 1) != red || pixels.at(y, x, 2) != red) return false;
        }
    }
    return true;
}

IndexedImage greyValues(const Raster<std::uint8_t>& pixels) {
    IndexedImage image{Raster<std::uint8_t>(pixels.size(), 1), {}};
    for (int y = 0; y < pixels.height(); ++y) {
        for (int x = 0; x < pixels.width(); ++x) image.indices.at(y, x) = pixels.at(y, x, 0);
    }
    return image;
}

/// Indices of colours that were expanded from DAVIS's palette; `channels` is 3 or 4, alpha unused.
IndexedImage mapBackToDavis(const Raster<std::uint8_t>& pixels, const std::string& name) {
    std::unordered_map<std::uint32_t, std::uint8_t> indexOf;
    for (std::size_t i = 0; i < davisPalette().size(); ++i) {
        indexOf.emplace(packed(davisPalette()[i]), static_cast<std::uint8_t>(i));
    }
    IndexedImage image{Raster<std::uint8_t>(pixels.size(), 1), davisPalette()};
    std::optional<PointPx> unknown;
    auto isGrey = true;
    for (int y = 0; y < pixels.height(); ++y) {
        for (int x = 0; x < pixels.width(); ++x) {
            const Rgb8 color{pixels.at(y, x, 0), pixels.at(y, x, 1), pixels.at(y, x, 2)};
            isGrey = isGrey && color[0] == color[1] && color[1] == color[2];
            const auto found = indexOf.find(packed(color));
            if (found != indexOf.end()) {
                image.indices.at(y, x) = found->second;
            } else if (!unknown) {
                unknown = PointPx{x, y};
            }
            if (unknown && !isGrey) {
                const Rgb8 other{pixels.at(unknown->y, unknown->x, 0),
                                 pixels.at(unknown->y, unknown->x, 1),
                                 pixels.at(unknown->y, unknown->x, 2)};
                throw Error(ErrorCode::Input,
                            "'" + name + "' is an RGB image, not a mask: its colour " +
                                hexColor(other) + " at (" + std::to_string(unknown->x) + ", " +
                                std::to_string(unknown->y) + ") is not in the DAVIS palette",
                            "Save the mask as an indexed or grey PNG, one value per object.");
            }
        }
    }
    // White on black and the like, saved as RGB: the grey values are the labels.
    return unknown ? greyValues(pixels) : image;
}

}  // namespace

const std::vector<Rgb8>& davisPalette() {
    // PASCAL VOC's rule: the bits of the index are dealt to red, green and blue in turn, high
    // first.
    static const std::vector<Rgb8> kPalette = [] {
        std::vector<Rgb8> palette(256);
        for (unsigned index = 0; index < 256; ++index) {
            for (unsigned bit = 0; bit < 8; ++bit) {
                palette[index][bit % 3] |=
                    static_cast<std::uint8_t>((index >> bit & 1U) << (7U - bit / 3U));
            }
        }
        return palette;
    }();
    return kPalette;
}

IndexedImage readIndexedPng(const std::filesystem::path& path) {
    return decodeIndexedPng(readFileBytes(path), path.string());
}

IndexedImage decodeIndexedPng(std::span<const std::uint8_t> bytes, const std::string& name) {
    return indexedFrom(decodePng(bytes, name), name, GreyAsRgb::PaletteWhereItFits);
}

IndexedImage indexedFrom(PngImage png, const std::string& name, GreyAsRgb grey) {
    if (png.bitDepth == 16) {
        throw Error(ErrorCode::Input,
                    "'" + name + "' has 16 bits per channel; a mask has at most 8",
                    "Save the mask as an indexed or grey PNG with up to 8 bits.");
    }
    switch (png.kind) {
    case PngKind::Palette:
    case PngKind::Grey: return {std::move(png.values8), std::move(png.palette)};
    case PngKind::GreyAlpha: {
        IndexedImage image{Raster<std::uint8_t>(png.size(), 1), {}};
        const auto from = png.values8.values();
        const auto to = image.indices.values();
        for (std::size_t i = 0; i < to.size(); ++i) to[i] = from[2 * i];
        return image;
    }
    case PngKind::Rgb:
    case PngKind::RgbAlpha: break;
    }
    const bool byValue = grey == GreyAsRgb::Value && isGreyAllOver(png.values8);
    return byValue ? greyValues(png.values8) : mapBackToDavis(png.values8, name);
}

void writeIndexedPng(const std::filesystem::path& path, const IndexedImage& image, Flush flush) {
    PngImage png{.kind = PngKind::Grey, .bitDepth = 8, .values8 = image.indices};
    if (!image.palette.empty()) {
        png.kind = PngKind::Palette;
        png.palette = image.palette;
        // A palette shorter than the highest index means a damaged file: use DAVIS's colours.
        const auto values = image.indices.values();
        const std::size_t needed =
            values.empty() ? 0 : std::size_t{*std::max_element(values.begin(), values.end())} + 1;
        for (std::size_t i = png.palette.size(); i < needed; ++i) {
            png.palette.push_back(davisPalette()[i]);
        }
        if (png.palette.size() > 256) png.palette.resize(256);
    }
    writePng(path, png, flush);
}

}  // namespace mcj
