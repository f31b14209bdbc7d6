#include "media/io/jpeg_end.h"

namespace mcj {

bool isTruncatedJpeg(ByteView bytes) noexcept {
    constexpr std::uint8_t kMark = 0xFF, kStart = 0xD8, kEnd = 0xD9, kScan = 0xDA;
    if (bytes.size() < 4 || bytes[0] != kMark || bytes[1] != kStart || bytes[2] != kMark) {
        return false;
    }
    // Segments carry their length up to the scan; the scan's own bytes escape 0xFF with a zero.
    std::size_t at = 2;
    while (at + 4 <= bytes.size() && bytes[at] == kMark && bytes[at + 1] != kScan) {
        if (bytes[at + 1] == kMark) {  // padding
            ++at;
            continue;
        }
        const std::size_t length = std::size_t{bytes[at + 2]} << 8 | bytes[at + 3];
        if (length < 2) return false;  // unknown structure: let the decoder decide
        at += 2 + length;
    }
    for (; at + 1 < bytes.size(); ++at) {
        if (bytes[at] == kMark && bytes[at + 1] == kEnd) return false;
    }
    return true;
}

}  // namespace mcj
