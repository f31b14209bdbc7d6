#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "media/base/raster.h"
#include "media/io/byte_reader.h"
#include "media/io/exif_orientation.h"

namespace mcj {

/// The kind of a file by its first bytes, whatever its name.
enum class PictureKind { Unknown, Png, Jpeg, Tiff, WebP, Bmp, Pnm, Jpeg2000, Exr, Gif };

[[nodiscard]] PictureKind pictureKindOf(ByteView head) noexcept;
/// From the file's first bytes; Unknown where it cannot be read.
[[nodiscard]] PictureKind pictureKindOf(const std::filesystem::path& path);
/// "png", "jpeg", ...; empty for Unknown.
[[nodiscard]] std::string pictureKindName(PictureKind kind);

/// What a picture's structure tells without decoding it. Does not cover TIFF (see `PictureStack`).
struct PictureHeader {
    PictureKind kind = PictureKind::Unknown;
    std::optional<SizePx> storedSize;  ///< before it is turned upright; none where unknown
    ExifOrientation orientation = kUpright;
    bool hasTransparency = false;
    bool isAnimated = false;  ///< an animated PNG or WebP
    std::string damage;       ///< "the file ends early"; empty where none is found

    [[nodiscard]] std::optional<SizePx> size() const {
        if (!storedSize) return std::nullopt;
        return uprightSize(*storedSize, orientation);
    }
};

/// `bytes`: the whole file. Finds files that were cut off, and PNGs with a changed byte.
[[nodiscard]] PictureHeader lookAtPicture(ByteView bytes);

}  // namespace mcj
