#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media/base/error.h"

namespace mcj {

/// A shard is one file of JPEG-coded pictures and video frames, and of label maps for pictures,
/// that training reads through a memory map. This header is shared by the writer (media/io) and the
/// reader (training), hence standard library only.
///
///     header   16 bytes: "MCJSHARD", u32 version, u32 zero
///     blobs    JPEG data and label runs (media/base/label_runs.h), one after another
///     index    u32 strings, then each as u32 length + UTF-8; u32 entries, then each as 56 bytes
///     trailer  32 bytes: u64 index offset, u64 index length, u32 CRC-32 of the index, u32 zero,
///              "MCJSHEND"
///
/// All numbers are little-endian. A file without a valid trailer was not finished. Version 1 has no
/// label maps and is otherwise the same as version 2; both are read.
inline constexpr std::string_view kShardMagic = "MCJSHARD";
inline constexpr std::string_view kShardEndMagic = "MCJSHEND";
inline constexpr std::uint32_t kShardVersion = 2;
inline constexpr std::size_t kShardHeaderBytes = 16;
inline constexpr std::size_t kShardEntryBytes = 56;
inline constexpr std::size_t kShardTrailerBytes = 32;

enum class ShardEntryKind : std::uint32_t {
    Picture = 0,
    VideoFrame = 1,
    LabelMap = 2,  ///< of the picture right before it, with its clip, name and size
};

/// One JPEG or label map. `name` and `group` index the string table.
struct ShardEntry {
    ShardEntryKind kind = ShardEntryKind::Picture;
    std::uint32_t clip = 0;    ///< shared by the frames of a shot; unique for a picture
    std::int64_t frame = 0;    ///< ordinal in the source video; 0 for pictures
    std::uint32_t width = 0;   ///< px
    std::uint32_t height = 0;  ///< px
    std::uint64_t offset = 0;  ///< of the data from the start of the file
    std::uint64_t length = 0;  ///< of the data in bytes
    std::uint32_t crc = 0;     ///< CRC-32 of the data
    std::uint32_t name = 0;    ///< source file, relative to the packed folder
    std::uint32_t group = 0;   ///< family of sources, for even sampling

    friend bool operator==(const ShardEntry&, const ShardEntry&) = default;
};

struct ShardIndex {
    std::vector<std::string> strings;
    std::vector<ShardEntry> entries;
};

/// Where the index lies, and its checksum.
struct ShardTrailer {
    std::uint64_t indexOffset = 0;
    std::uint64_t indexLength = 0;
    std::uint32_t indexCrc = 0;
};

namespace shard_detail {

inline void putU32(std::vector<std::uint8_t>& out, std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) {
        out.push_back(static_cast<std::uint8_t>(value >> shift));
    }
}

inline void putU64(std::vector<std::uint8_t>& out, std::uint64_t value) {
    putU32(out, static_cast<std::uint32_t>(value));
    putU32(out, static_cast<std::uint32_t>(value >> 32));
}

inline void putText(std::vector<std::uint8_t>& out, std::string_view text) {
    out.insert(out.end(), text.begin(), text.end());
}

/// Reads numbers from a block of bytes; throws `Error{Input}` where the block ends too early.
class Cursor {
public:
    explicit Cursor(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    [[nodiscard]] std::span<const std::uint8_t> take(std::size_t count) {
        if (count > bytes_.size() - at_) {
            throw Error(ErrorCode::Input, "the shard's index ends too early", "Pack it again.");
        }
        at_ += count;
        return bytes_.subspan(at_ - count, count);
    }
    [[nodiscard]] std::uint32_t u32() {
        const auto b = take(4);
        return static_cast<std::uint32_t>(b[0]) | static_cast<std::uint32_t>(b[1]) << 8 |
               static_cast<std::uint32_t>(b[2]) << 16 | static_cast<std::uint32_t>(b[3]) << 24;
    }
    [[nodiscard]] std::uint64_t u64() {
        const std::uint64_t low = u32();
        return low | static_cast<std::uint64_t>(u32()) << 32;
    }
    [[nodiscard]] bool matches(std::string_view text) {
        const auto bytes = take(text.size());
        return std::equal(bytes.begin(), bytes.end(), text.begin(),
                          [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
    }
    [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - at_; }

private:
    std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 0;
};

[[nodiscard]] inline bool belongTogether(const ShardEntry& picture, const ShardEntry& labels) {
    return picture.kind == ShardEntryKind::Picture && picture.clip == labels.clip &&
           picture.name == labels.name && picture.width == labels.width &&
           picture.height == labels.height;
}

inline constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1U) != 0 ? 0xEDB88320U ^ (value >> 1) : value >> 1;
        }
        table[i] = value;
    }
    return table;
}();

}  // namespace shard_detail

/// CRC-32 as in PNG and zip.
[[nodiscard]] inline std::uint32_t crc32Of(std::span<const std::uint8_t> bytes) noexcept {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const std::uint8_t byte : bytes) {
        crc = shard_detail::kCrcTable[(crc ^ byte) & 0xFFU] ^ (crc >> 8);
    }
    return crc ^ 0xFFFFFFFFU;
}

[[nodiscard]] inline std::vector<std::uint8_t> encodeShardHeader() {
    std::vector<std::uint8_t> out;
    shard_detail::putText(out, kShardMagic);
    shard_detail::putU32(out, kShardVersion);
    shard_detail::putU32(out, 0);
    return out;
}

/// Returns the version. Throws `Error{Input}` where `bytes` is not the beginning of a shard of a
/// supported version.
[[nodiscard]] inline std::uint32_t decodeShardHeader(std::span<const std::uint8_t> bytes) {
    shard_detail::Cursor cursor(bytes);
    if (!cursor.matches(kShardMagic)) {
        throw Error(ErrorCode::Input, "not a shard", "Make one with `mcjepa pack`.");
    }
    const std::uint32_t version = cursor.u32();
    if (version < 1 || version > kShardVersion) {
        throw Error(ErrorCode::Input,
                    "shard version " + std::to_string(version) + " is not supported",
                    "Pack the data again with this version.");
    }
    return version;
}

[[nodiscard]] inline std::vector<std::uint8_t> encodeShardIndex(const ShardIndex& index) {
    using namespace shard_detail;
    std::vector<std::uint8_t> out;
    putU32(out, static_cast<std::uint32_t>(index.strings.size()));
    for (const std::string& text : index.strings) {
        putU32(out, static_cast<std::uint32_t>(text.size()));
        putText(out, text);
    }
    putU32(out, static_cast<std::uint32_t>(index.entries.size()));
    for (const ShardEntry& entry : index.entries) {
        putU32(out, static_cast<std::uint32_t>(entry.kind));
        putU32(out, entry.clip);
        putU64(out, static_cast<std::uint64_t>(entry.frame));
        putU32(out, entry.width);
        putU32(out, entry.height);
        putU64(out, entry.offset);
        putU64(out, entry.length);
        putU32(out, entry.crc);
        putU32(out, entry.name);
        putU32(out, entry.group);
        putU32(out, 0);
    }
    return out;
}

/// `fileBytes` bounds every entry's data. Throws `Error{Input}` where the index is inconsistent.
[[nodiscard]] inline ShardIndex decodeShardIndex(std::span<const std::uint8_t> bytes,
                                                 std::uint64_t fileBytes, std::uint32_t version) {
    using shard_detail::Cursor;
    const auto damaged = [](const std::string& what) {
        return Error(ErrorCode::Input, "the shard's index is damaged: " + what, "Pack it again.");
    };
    Cursor cursor(bytes);
    ShardIndex index;
    const std::uint32_t strings = cursor.u32();
    if (strings > cursor.left() / 4) throw damaged("too many strings");
    index.strings.reserve(strings);
    for (std::uint32_t i = 0; i < strings; ++i) {
        const auto text = cursor.take(cursor.u32());
        index.strings.emplace_back(text.begin(), text.end());
    }
    const std::uint32_t entries = cursor.u32();
    if (entries != cursor.left() / kShardEntryBytes || cursor.left() % kShardEntryBytes != 0) {
        throw damaged("its size does not match the number of entries");
    }
    index.entries.reserve(entries);
    for (std::uint32_t i = 0; i < entries; ++i) {
        ShardEntry entry;
        const std::uint32_t kind = cursor.u32();
        entry.kind = static_cast<ShardEntryKind>(kind);
        entry.clip = cursor.u32();
        entry.frame = static_cast<std::int64_t>(cursor.u64());
        entry.width = cursor.u32();
        entry.height = cursor.u32();
        entry.offset = cursor.u64();
        entry.length = cursor.u64();
        entry.crc = cursor.u32();
        entry.name = cursor.u32();
        entry.group = cursor.u32();
        static_cast<void>(cursor.u32());
        constexpr std::uint32_t kMaxSide = 65500;
        const std::uint32_t lastKind = version < 2 ? 1 : 2;
        if (kind > lastKind || entry.name >= strings || entry.group >= strings ||
            entry.width == 0 || entry.height == 0 || entry.width > kMaxSide ||
            entry.height > kMaxSide || entry.offset < kShardHeaderBytes ||
            entry.offset > fileBytes || entry.length > fileBytes - entry.offset) {
            throw damaged("entry " + std::to_string(i) + " is out of range");
        }
        if (entry.kind == ShardEntryKind::LabelMap &&
            (i == 0 || !shard_detail::belongTogether(index.entries.back(), entry))) {
            throw damaged("the label map " + std::to_string(i) + " does not follow its picture");
        }
        index.entries.push_back(entry);
    }
    return index;
}

[[nodiscard]] inline std::vector<std::uint8_t> encodeShardTrailer(const ShardTrailer& trailer) {
    std::vector<std::uint8_t> out;
    shard_detail::putU64(out, trailer.indexOffset);
    shard_detail::putU64(out, trailer.indexLength);
    shard_detail::putU32(out, trailer.indexCrc);
    shard_detail::putU32(out, 0);
    shard_detail::putText(out, kShardEndMagic);
    return out;
}

/// `bytes`: the last 32 of the file. Throws `Error{Input}` where the file was not finished.
[[nodiscard]] inline ShardTrailer decodeShardTrailer(std::span<const std::uint8_t> bytes,
                                                     std::uint64_t fileBytes) {
    shard_detail::Cursor cursor(bytes);
    ShardTrailer trailer;
    trailer.indexOffset = cursor.u64();
    trailer.indexLength = cursor.u64();
    trailer.indexCrc = cursor.u32();
    static_cast<void>(cursor.u32());
    if (!cursor.matches(kShardEndMagic) || trailer.indexOffset > fileBytes ||
        trailer.indexLength > fileBytes - trailer.indexOffset) {
        throw Error(ErrorCode::Input, "the shard is cut off or was never finished",
                    "Pack it again.");
    }
    return trailer;
}

}  // namespace mcj
