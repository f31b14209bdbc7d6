#pragma once

#include <cstdint>
#include <string>

#include "media/io/byte_reader.h"

namespace mcj {

/// Facts from the chunks of a PNG.
struct PngChunks {
    std::int64_t width = 0;
    std::int64_t height = 0;
    bool hasTransparency = false;  ///< an alpha channel, or a transparent colour
    bool isAnimated = false;       ///< acTL before the first IDAT
    ByteView exif;                 ///< the content of eXIf
    std::string damage;  ///< the file ends before IEND, or a critical chunk fails its checksum
};

/// `bytes`: the whole file, with its signature.
[[nodiscard]] PngChunks walkPngChunks(ByteView bytes);

}  // namespace mcj
