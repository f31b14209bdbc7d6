#include "media/io/exif_orientation.h"

#include <cstring>
#include <utility>

namespace mcj {

namespace {

constexpr std::uint16_t kOrientationTag = 274;
constexpr std::size_t kEntryBytes = 12;

bool swapsSides(ExifOrientation orientation) { return orientation >= 5 && orientation <= 8; }

}  // namespace

ExifOrientation orientationInExif(ByteView block) noexcept {
    constexpr std::string_view kPrefix("Exif\0\0", 6);
    if (startsWith(block, kPrefix)) block = block.subspan(kPrefix.size());
    const bool little = startsWith(block, "II");
    if (!little && !startsWith(block, "MM")) return kUpright;
    const auto number = [&](std::size_t at, std::size_t bytes) -> std::size_t {
        std::size_t value = 0;
        for (std::size_t i = 0; i < bytes; ++i) {
            value = value << 8 | block[at + (little ? bytes - 1 - i : i)];
        }
        return value;
    };
    if (block.size() < 8 || number(2, 2) != 42) return kUpright;
    const std::size_t directory = number(4, 4);
    if (directory > block.size() || block.size() - directory < 2) return kUpright;
    const std::size_t entries = number(directory, 2);
    for (std::size_t i = 0; i < entries; ++i) {
        const std::size_t at = directory + 2 + i * kEntryBytes;
        if (at + kEntryBytes > block.size()) break;
        if (number(at, 2) != kOrientationTag) continue;
        const auto value = static_cast<ExifOrientation>(number(at + 8, 2));
        return value >= 1 && value <= 8 ? value : kUpright;
    }
    return kUpright;
}

SizePx uprightSize(SizePx stored, ExifOrientation orientation) noexcept {
    return swapsSides(orientation) ? SizePx{stored.height, stored.width} : stored;
}

Raster<std::uint8_t> turnUpright(Raster<std::uint8_t> stored, ExifOrientation orientation) {
    if (orientation <= kUpright || orientation > 8) return stored;
    const int channels = stored.channels();
    Raster<std::uint8_t> upright(uprightSize(stored.size(), orientation), channels);
    const int right = stored.width() - 1;
    const int bottom = stored.height() - 1;
    for (int y = 0; y < upright.height(); ++y) {
        for (int x = 0; x < upright.width(); ++x) {
            // Row 0 and column 0 of the stored picture lie where the TIFF specification says.
            int fromX = swapsSides(orientation) ? y : x;
            int fromY = swapsSides(orientation) ? x : y;
            if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) {
                fromX = right - fromX;
            }
            if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) {
                fromY = bottom - fromY;
            }
            for (int c = 0; c < channels; ++c) upright.at(y, x, c) = stored.at(fromY, fromX, c);
        }
    }
    return upright;
}

}  // namespace mcj
