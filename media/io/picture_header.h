#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "media/base/raster.h"
#include "media/io/byte_reader.h"
#include "media/io/exif_orientation.h"

namespace mcj {

/// What a file's first bytes say it is, whatever its name.
enum class PictureKind { Unknown, Png, Jpeg, Tiff, WebP, Bmp, Pnm, Jpeg2000, Exr, Gif };

[[nodiscard]] PictureKind pictureKindOf(ByteView head) noexcept;
/// From the file's first bytes; Unknown where it cannot be read.
[[nodiscard]] PictureKind pictureKindOf(const std::filesystem::path& path);
/// "png", "jpeg", ...; empty for Unknown.
[[nodiscard]] std::string pictureKindName(PictureKind kind);

/// What a picture's structure tells without decoding it. TIFF is not looked at here
/// (`PictureStack`).
struct PictureHeader {
    PictureKind kind = PictureKind::Unknown;
    std::optional<SizePx> storedSize;  ///< before it is turned upright; none where not known
    ExifOrientation orientation = kUpright;
    bool hasTransparency = false;
    bool isAnimated = false;  ///< an animated PNG or WebP
    std::string damage;       ///< "the file ends early"; empty where none is seen

    [[nodiscard]] std::optional<SizePx> size() const {
        if (!storedSize) return std::nullopt;
        return uprightSize(*storedSize, orientation);
    }
};

/// `bytes`: the whole file. Finds files that were cut off, and PNGs of which a byte was changed.
[[nodiscard]] PictureHeader lookAtPicture(ByteView bytes);

}  // namespace mcj
