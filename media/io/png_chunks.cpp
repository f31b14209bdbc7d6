#include "media/io/png_chunks.h"

#include <array>

namespace mcj {

namespace {

using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;

// CRC-32 by eight bytes at a time (Kounavis and Berry, 2005): pictures are checked at the speed of
// the disk.
constexpr CrcTables makeTables() {
    CrcTables tables{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1 ^ 0xEDB88320U : crc >> 1;
        tables[0][i] = crc;
    }
    for (std::size_t table = 1; table < 8; ++table) {
        for (std::size_t i = 0; i < 256; ++i) {
            const std::uint32_t before = tables[table - 1][i];
            tables[table][i] = before >> 8 ^ tables[0][before & 0xFFU];
        }
    }
    return tables;
}

std::uint32_t crcOf(ByteView bytes) {
    static constexpr CrcTables kTables = makeTables();
    std::uint32_t crc = 0xFFFFFFFFU;
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
        const std::uint32_t low = *littleEndianAt<std::uint32_t>(bytes, at) ^ crc;
        const std::uint32_t high = *littleEndianAt<std::uint32_t>(bytes, at + 4);
        crc = kTables[7][low & 0xFFU] ^ kTables[6][low >> 8 & 0xFFU] ^
              kTables[5][low >> 16 & 0xFFU] ^ kTables[4][low >> 24] ^ kTables[3][high & 0xFFU] ^
              kTables[2][high >> 8 & 0xFFU] ^ kTables[1][high >> 16 & 0xFFU] ^
              kTables[0][high >> 24];
    }
    for (; at < bytes.size(); ++at) crc = crc >> 8 ^ kTables[0][(crc ^ bytes[at]) & 0xFFU];
    return ~crc;
}

std::uint32_t bigEndian32(ByteView bytes, std::size_t at) {
    return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
           std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

}  // namespace

PngChunks walkPngChunks(ByteView bytes) {
    PngChunks chunks;
    bool dataSeen = false;
    for (std::size_t at = 8;;) {
        if (at + 12 > bytes.size() || bigEndian32(bytes, at) > bytes.size() - at - 12) {
            chunks.damage = "the file ends early";
            return chunks;
        }
        const std::size_t length = bigEndian32(bytes, at);
        const ByteView name = bytes.subspan(at + 4, 4);
        const ByteView content = bytes.subspan(at + 8, length);
        const bool critical = (name[0] & 0x20U) == 0;
        if (critical &&
            crcOf(bytes.subspan(at + 4, 4 + length)) != bigEndian32(bytes, at + 8 + length)) {
            chunks.damage = "its data was changed (a checksum does not match)";
            return chunks;
        }
        if (startsWith(name, "IEND")) return chunks;
        if (startsWith(name, "IHDR") && length >= 13) {
            chunks.width = bigEndian32(content, 0);
            chunks.height = bigEndian32(content, 4);
            constexpr std::uint8_t kAlphaBit = 4;
            chunks.hasTransparency = (content[9] & kAlphaBit) != 0;
        }
        if (startsWith(name, "tRNS")) chunks.hasTransparency = true;
        if (startsWith(name, "IDAT")) dataSeen = true;
        if (startsWith(name, "acTL") && !dataSeen) chunks.isAnimated = true;
        if (startsWith(name, "eXIf")) chunks.exif = content;
        at += 12 + length;
    }
}

}  // namespace mcj
