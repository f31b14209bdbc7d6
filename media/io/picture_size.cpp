#include "media/io/picture_size.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>

namespace mcj {

namespace {

constexpr int kMostJpegSegments = 512;
constexpr std::int64_t kMostSidePx = 1 << 20;

std::optional<SizePx> sane(std::int64_t width, std::int64_t height) {
    if (width <= 0 || height <= 0 || width > kMostSidePx || height > kMostSidePx) {
        return std::nullopt;
    }
    return SizePx{static_cast<int>(width), static_cast<int>(height)};
}

std::int64_t bigEndian(const std::uint8_t* bytes, int count) {
    std::int64_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
    return value;
}

std::int64_t littleEndian32(const std::uint8_t* bytes) {
    return static_cast<std::int32_t>(
        static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8 |
        static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24);
}

template <std::size_t N>
bool readInto(std::istream& file, std::array<std::uint8_t, N>& bytes) {
    return static_cast<bool>(
        file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(N)));
}

bool isFrameHeader(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

std::optional<SizePx> sniffJpeg(std::istream& file) {
    file.seekg(2);
    for (int segment = 0; segment < kMostJpegSegments; ++segment) {
        std::array<std::uint8_t, 4> head{};
        if (!readInto(file, head) || head[0] != 0xFF) return std::nullopt;
        const int marker = head[1];
        const std::int64_t length = bigEndian(head.data() + 2, 2);
        if (length < 2) return std::nullopt;
        if (isFrameHeader(marker)) {
            std::array<std::uint8_t, 5> frame{};
            if (!readInto(file, frame)) return std::nullopt;
            return sane(bigEndian(frame.data() + 3, 2), bigEndian(frame.data() + 1, 2));
        }
        // EXIF may turn the picture: only the decoder knows the upright size.
        if (marker == 0xE1 || marker == 0xDA || marker == 0xD9) return std::nullopt;
        file.seekg(length - 2, std::ios::cur);
    }
    return std::nullopt;
}

}  // namespace

std::optional<SizePx> sniffPictureSize(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::array<std::uint8_t, 26> head{};
    if (!readInto(file, head)) return std::nullopt;
    static constexpr std::array<std::uint8_t, 8> kPng = {0x89, 'P',  'N',  'G',
                                                         '\r', '\n', 0x1A, '\n'};
    if (std::memcmp(head.data(), kPng.data(), kPng.size()) == 0) {
        return sane(bigEndian(head.data() + 16, 4), bigEndian(head.data() + 20, 4));
    }
    if (head[0] == 0xFF && head[1] == 0xD8) return sniffJpeg(file);
    if (head[0] == 'B' && head[1] == 'M') {
        const std::int64_t height = littleEndian32(head.data() + 22);
        return sane(littleEndian32(head.data() + 18), height < 0 ? -height : height);
    }
    return std::nullopt;
}

}  // namespace mcj
