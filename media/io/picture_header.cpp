#include "media/io/picture_header.h"

#include <algorithm>
#include <array>

#include "media/io/file_bytes.h"
#include "media/io/jpeg_end.h"
#include "media/io/png_chunks.h"

namespace mcj {

namespace {

constexpr const char* kEndsEarly = "the file ends early";

std::optional<SizePx> sane(std::int64_t width, std::int64_t height) {
    if (width <= 0 || height <= 0 || width > kMaxFileSidePx || height > kMaxFileSidePx) {
        return std::nullopt;
    }
    return SizePx{static_cast<int>(width), static_cast<int>(height)};
}

std::int64_t bigEndian16(ByteView bytes, std::size_t at) {
    return std::int64_t{bytes[at]} << 8 | bytes[at + 1];
}

void lookAtPng(ByteView bytes, PictureHeader& header) {
    const PngChunks chunks = walkPngChunks(bytes);
    header.storedSize = sane(chunks.width, chunks.height);
    header.hasTransparency = chunks.hasTransparency;
    header.isAnimated = chunks.isAnimated;
    header.damage = chunks.damage;
    header.orientation = orientationInExif(chunks.exif);
}

bool isJpegFrameHeader(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

void lookAtJpeg(ByteView bytes, PictureHeader& header) {
    if (isTruncatedJpeg(bytes)) header.damage = kEndsEarly;
    constexpr int kExif = 0xE1;
    constexpr int kScan = 0xDA;
    bool exifSeen = false;
    for (std::size_t at = 2; at + 4 <= bytes.size() && bytes[at] == 0xFF;) {
        const int marker = bytes[at + 1];
        if (marker == 0xFF) {  // padding
            ++at;
            continue;
        }
        const auto length = static_cast<std::size_t>(bigEndian16(bytes, at + 2));
        if (marker == kScan || length < 2 || at + 2 + length > bytes.size()) return;
        const ByteView segment = bytes.subspan(at + 4, length - 2);
        if (marker == kExif && !exifSeen && startsWith(segment, std::string_view("Exif\0\0", 6))) {
            header.orientation = orientationInExif(segment);
            exifSeen = true;
        }
        if (isJpegFrameHeader(marker) && segment.size() >= 5) {
            header.storedSize = sane(bigEndian16(segment, 3), bigEndian16(segment, 1));
        }
        at += 2 + length;
    }
}

// WebP container (RFC 9649): RIFF chunks; VP8X says what else there is.
void lookAtWebP(ByteView bytes, PictureHeader& header) {
    const auto length = littleEndianAt<std::uint32_t>(bytes, 4);
    if (length && std::uint64_t{*length} + 8 > bytes.size()) header.damage = kEndsEarly;
    const auto number24 = [&](std::size_t at) {
        return std::int64_t{bytes[at]} | std::int64_t{bytes[at + 1]} << 8 |
               std::int64_t{bytes[at + 2]} << 16;
    };
    for (std::size_t at = 12; at + 8 <= bytes.size();) {
        const std::size_t chunk = *littleEndianAt<std::uint32_t>(bytes, at + 4);
        const std::size_t content = at + 8;
        const ByteView rest = bytes.subspan(content, std::min(chunk, bytes.size() - content));
        const ByteView name = bytes.subspan(at, 4);
        if (startsWith(name, "VP8X") && rest.size() >= 10) {
            header.hasTransparency = (rest[0] & 0x10U) != 0;
            header.isAnimated = (rest[0] & 0x02U) != 0;
            header.storedSize = sane(1 + number24(content + 4), 1 + number24(content + 7));
        } else if (startsWith(name, "VP8 ") && rest.size() >= 10 && !header.storedSize) {
            header.storedSize = sane((std::int64_t{rest[6]} | std::int64_t{rest[7]} << 8) & 0x3FFF,
                                     (std::int64_t{rest[8]} | std::int64_t{rest[9]} << 8) & 0x3FFF);
        } else if (startsWith(name, "VP8L") && rest.size() >= 5 && !header.storedSize) {
            const std::uint32_t bits = *littleEndianAt<std::uint32_t>(rest, 1);
            header.storedSize = sane(1 + (bits & 0x3FFFU), 1 + (bits >> 14 & 0x3FFFU));
            header.hasTransparency = (bits >> 28 & 1U) != 0;
        } else if (startsWith(name, "EXIF")) {
            header.orientation = orientationInExif(rest);
        }
        if (chunk > bytes.size() - content) {
            header.damage = kEndsEarly;
            break;
        }
        at = content + chunk + (chunk & 1U);
    }
}

void lookAtBmp(ByteView bytes, PictureHeader& header) {
    const auto pixels = littleEndianAt<std::uint32_t>(bytes, 10);
    const auto headerBytes = littleEndianAt<std::uint32_t>(bytes, 14);
    const auto width = littleEndianAt<std::int32_t>(bytes, 18);
    const auto height = littleEndianAt<std::int32_t>(bytes, 22);
    const auto bits = littleEndianAt<std::uint16_t>(bytes, 28);
    const auto compression = littleEndianAt<std::uint32_t>(bytes, 30);
    constexpr std::uint32_t kInfoHeader = 40;  // older ones store the size in 16 bits
    if (!headerBytes || *headerBytes < kInfoHeader || !compression) return;
    const std::int64_t rows = *height < 0 ? -std::int64_t{*height} : *height;
    header.storedSize = sane(*width, rows);
    constexpr std::uint32_t kRunLength8 = 1;
    constexpr std::uint32_t kRunLength4 = 2;
    if (!header.storedSize || *compression == kRunLength8 || *compression == kRunLength4) return;
    const std::uint64_t rowBytes = (static_cast<std::uint64_t>(*width) * *bits + 31) / 32 * 4;
    if (*pixels + rowBytes * static_cast<std::uint64_t>(rows) > bytes.size()) {
        header.damage = kEndsEarly;
    }
}

// Netpbm: "P5", then numbers between blanks and comments, then binary samples (P4 to P6).
void lookAtPnm(ByteView bytes, PictureHeader& header) {
    const int kind = bytes[1] - '0';
    std::array<std::int64_t, 3> numbers{0, 0, 1};
    std::size_t at = 2;
    const std::size_t count = kind == 1 || kind == 4 ? 2 : 3;
    for (std::size_t i = 0; i < count; ++i) {
        while (at < bytes.size() && (bytes[at] <= ' ' || bytes[at] == '#')) {
            if (bytes[at] == '#') {
                while (at < bytes.size() && bytes[at] != '\n') ++at;
            } else {
                ++at;
            }
        }
        std::int64_t value = 0;
        for (; at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '9'; ++at) {
            value = std::min<std::int64_t>(value * 10 + (bytes[at] - '0'), 1 << 30);
        }
        numbers[i] = value;
    }
    header.storedSize = sane(numbers[0], numbers[1]);
    if (!header.storedSize || kind < 4) return;
    const std::int64_t sample = numbers[2] > 255 ? 2 : 1;
    const std::int64_t row = kind == 4   ? (numbers[0] + 7) / 8
                             : kind == 5 ? numbers[0] * sample
                                         : numbers[0] * 3 * sample;
    if (static_cast<std::int64_t>(bytes.size()) <
        static_cast<std::int64_t>(at) + 1 + row * numbers[1]) {
        header.damage = kEndsEarly;
    }
}

}  // namespace

PictureKind pictureKindOf(ByteView head) noexcept {
    if (startsWith(head, "\x89PNG\r\n\x1A\n")) return PictureKind::Png;
    if (startsWith(head, "\xFF\xD8\xFF")) return PictureKind::Jpeg;
    for (const std::string_view tiff :
         {std::string_view("II*\0", 4), std::string_view("MM\0*", 4), std::string_view("II+\0", 4),
          std::string_view("MM\0+", 4)}) {
        if (startsWith(head, tiff)) return PictureKind::Tiff;
    }
    if (startsWith(head, "RIFF") && head.size() >= 12 && startsWith(head.subspan(8), "WEBP")) {
        return PictureKind::WebP;
    }
    if (startsWith(head, "GIF87a") || startsWith(head, "GIF89a")) return PictureKind::Gif;
    if (startsWith(head, "BM")) return PictureKind::Bmp;
    if (startsWith(head, std::string_view("\0\0\0\x0CjP  ", 8)) ||
        startsWith(head, "\xFF\x4F\xFF\x51")) {
        return PictureKind::Jpeg2000;
    }
    if (startsWith(head, "\x76\x2F\x31\x01")) return PictureKind::Exr;
    if (head.size() >= 3 && head[0] == 'P' && head[1] >= '1' && head[1] <= '6' && head[2] <= ' ') {
        return PictureKind::Pnm;
    }
    return PictureKind::Unknown;
}

PictureKind pictureKindOf(const std::filesystem::path& path) {
    constexpr std::size_t kHead = 16;
    return pictureKindOf(FileBytes(path).read(0, kHead));
}

std::string pictureKindName(PictureKind kind) {
    switch (kind) {
    case PictureKind::Png: return "png";
    case PictureKind::Jpeg: return "jpeg";
    case PictureKind::Tiff: return "tiff";
    case PictureKind::WebP: return "webp";
    case PictureKind::Bmp: return "bmp";
    case PictureKind::Pnm: return "pnm";
    case PictureKind::Jpeg2000: return "jpeg2000";
    case PictureKind::Exr: return "exr";
    case PictureKind::Gif: return "gif";
    case PictureKind::Unknown: break;
    }
    return {};
}

PictureHeader lookAtPicture(ByteView bytes) {
    PictureHeader header;
    header.kind = pictureKindOf(bytes);
    switch (header.kind) {
    case PictureKind::Png: lookAtPng(bytes, header); break;
    case PictureKind::Jpeg: lookAtJpeg(bytes, header); break;
    case PictureKind::WebP: lookAtWebP(bytes, header); break;
    case PictureKind::Bmp: lookAtBmp(bytes, header); break;
    case PictureKind::Pnm: lookAtPnm(bytes, header); break;
    default: break;
    }
    return header;
}

}  // namespace mcj
