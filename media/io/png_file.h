#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "media/base/raster.h"
#include "media/io/atomic_file.h"
#include "media/io/byte_reader.h"
#include "media/io/image_file.h"

namespace mcj {

/// PNG as it is stored, for the readers in this folder, because OpenCV would expand palettes. Use
/// `readRgbImage` for pictures to be shown.
enum class PngKind { Grey, GreyAlpha, Palette, Rgb, RgbAlpha };

struct PngImage {
    PngKind kind = PngKind::Grey;
    int bitDepth = 8;                ///< as stored: 1, 2, 4, 8 or 16
    Raster<std::uint8_t> values8;    ///< H x W x C raw values; empty at 16 bits
    Raster<std::uint16_t> values16;  ///< H x W x C raw values; filled at 16 bits only
    std::vector<Rgb8> palette;       ///< of PngKind::Palette
    /// Opacity of the first colours of the palette, 255 for the others. Empty: all opaque.
    std::vector<std::uint8_t> paletteAlpha{};

    [[nodiscard]] SizePx size() const noexcept {
        return bitDepth == 16 ? values16.size() : values8.size();
    }
};

[[nodiscard]] constexpr int pngChannels(PngKind kind) noexcept {
    switch (kind) {
    case PngKind::Grey:
    case PngKind::Palette: return 1;
    case PngKind::GreyAlpha: return 2;
    case PngKind::Rgb: return 3;
    case PngKind::RgbAlpha: return 4;
    }
    return 0;
}

[[nodiscard]] bool isPng(ByteView bytes) noexcept;

/// The kind of another picture format, by the first bytes: "JPEG", "TIFF", "BMP", "GIF", "WebP" or
/// "OpenEXR"; empty for anything else.
[[nodiscard]] std::string otherPictureKind(ByteView bytes);

/// Nothing is expanded, scaled or stripped. Throws `Error{Input}` with `name` where the bytes are
/// another kind of picture, damaged, end early or claim more pixels than they can hold.
[[nodiscard]] PngImage decodePng(ByteView bytes, const std::string& name);

/// The meaning of grey pixels that are stored as RGB.
enum class GreyAsRgb {
    PaletteWhereItFits,  ///< DAVIS's colours, in which (128, 128, 128) is object 7; else the value
    Value,               ///< the grey value, in a picture that is entirely grey
};

/// The labels of a decoded PNG as `decodeIndexedPng` reads them. Throws `Error{Input}` for 16 bits
/// per channel and for RGB pictures with a colour that is neither in DAVIS's palette nor grey.
[[nodiscard]] IndexedImage indexedFrom(PngImage png, const std::string& name, GreyAsRgb grey);

/// The bytes of a PNG file. Values of fewer than 8 bits are packed and must fit into them; only
/// grey and palette pictures may have so few. Throws `Error{Input}` for a picture without pixels.
[[nodiscard]] std::vector<std::uint8_t> encodePng(const PngImage& image);

/// The same to a file. Atomic.
void writePng(const std::filesystem::path& path, const PngImage& image,
              Flush flush = Flush::AtCommit);

}  // namespace mcj
