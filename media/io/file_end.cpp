#include "media/io/file_end.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "media/io/file_bytes.h"
#include "media/io/matroska_end.h"

namespace mcj {

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr FileEnd kWhole{};

FileEnd cutAt(std::uint64_t promisedBytes) { return {true, promisedBytes}; }

FileEnd endIf(bool cut) { return {cut, std::nullopt}; }

bool hasAt(const Bytes& bytes, std::size_t at, std::string_view text) {
    return at + text.size() <= bytes.size() &&
           std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

bool contains(const Bytes& bytes, std::string_view text) {
    return std::search(bytes.begin(), bytes.end(), text.begin(), text.end(),
                       [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); }) !=
           bytes.end();
}

bool onlyZeros(const Bytes& bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

// ---- formats of nested boxes with lengths -----------------------------------------------------

// ISO base media (ISO/IEC 14496-12, 4.2): boxes of a 32-bit length and a type; length 1: a 64-bit
// length follows; length 0: to the end of the file.
FileEnd endOfMp4(const FileBytes& file) {
    bool fragmentOpen = false;
    for (std::uint64_t at = 0; at < file.size();) {
        const auto length = file.bigEndian(at, 4);
        const Bytes type = file.read(at + 4, 4);
        if (!length || type.size() < 4) return endIf(!onlyZeros(file.read(at, 8)));
        const bool named = std::all_of(type.begin(), type.end(),
                                       [](std::uint8_t c) { return c >= 0x20 && c != 0x7F; });
        if (!named) return kWhole;  // not a box: something was appended
        std::uint64_t bytes = *length;
        if (bytes == 0) return kWhole;
        if (bytes == 1) {
            const auto large = file.bigEndian(at + 8, 8);
            if (!large) return endIf(true);
            bytes = *large;
        }
        if (bytes < 8) return kWhole;
        if (bytes > file.size() - at) return cutAt(at + bytes);
        fragmentOpen = hasAt(type, 0, "moof") || (fragmentOpen && !hasAt(type, 0, "mdat"));
        at += bytes;
    }
    return endIf(fragmentOpen);
}

// AVI: RIFF chunks of a 32-bit length, padded to even bytes; OpenDML adds more of them. A recorder
// that was stopped hard leaves the length 0.
FileEnd endOfAvi(const FileBytes& file) {
    for (std::uint64_t at = 0; hasAt(file.read(at, 4), 0, "RIFF");) {
        const auto length = file.littleEndian(at + 4, 4);
        if (!length || *length == 0) return endIf(!length);
        if (*length > file.size() - at - 8) return cutAt(at + 8 + *length);
        at += 8 + *length + (*length & 1U);
        if (at >= file.size()) break;
    }
    return kWhole;
}

// Advanced Systems Format: the header's file properties state the length of the file, unless the
// broadcast flag is set.
FileEnd endOfAsf(const FileBytes& file) {
    constexpr std::string_view kFileProperties =
        "\xA1\xDC\xAB\x8C\x47\xA9\xCF\x11\x8E\xE4\x00\xC0\x0C\x20\x53\x65";
    constexpr std::uint64_t kFirstObject = 30;
    const std::string_view wanted(kFileProperties.data(), 16);
    std::uint64_t at = kFirstObject;
    for (int object = 0; object < 64; ++object) {
        const Bytes id = file.read(at, 16);
        const auto length = file.littleEndian(at + 16, 8);
        if (!length || *length < 24 || *length > file.size()) return kWhole;
        if (hasAt(id, 0, wanted)) {
            const auto bytes = file.littleEndian(at + 40, 8);
            const auto flags = file.littleEndian(at + 88, 4);
            if (!bytes || !flags || (*flags & 1U) != 0 || *bytes <= file.size()) return kWhole;
            return cutAt(*bytes);
        }
        at += *length;
    }
    return kWhole;
}

// MXF (SMPTE 377M): the header partition names the place of the footer partition once it is there.
FileEnd endOfMxf(const FileBytes& file) {
    constexpr std::uint64_t kKeyBytes = 16;
    const auto lengthByte = file.bigEndian(kKeyBytes, 1);
    if (!lengthByte) return endIf(true);
    const std::uint64_t value =
        kKeyBytes + 1 + ((*lengthByte & 0x80U) != 0 ? (*lengthByte & 0x7FU) : 0U);
    constexpr std::uint64_t kFooterField = 24;
    const auto footer = file.bigEndian(value + kFooterField, 8);
    return footer && *footer >= file.size() ? cutAt(*footer) : kWhole;
}

// ---- formats of packets -----------------------------------------------------------------------

// Transport stream packets begin with 0x47 every 188 bytes; M2TS puts 4 bytes before each, some
// receivers 16 bytes after.
FileEnd endOfTransportStream(const FileBytes& file) {
    struct Layout {
        std::size_t step;
        std::size_t syncFromEnd;  ///< where the last packet's first byte lies in a whole file
    };
    constexpr std::array<Layout, 3> kLayouts = {{{188, 188}, {192, 188}, {204, 204}}};
    constexpr std::size_t kPackets = 9;
    constexpr std::uint8_t kSync = 0x47;
    for (const Layout& layout : kLayouts) {
        const Bytes tail = file.tail(layout.step * kPackets);
        if (tail.size() < 3 * layout.step) continue;
        for (std::size_t fromEnd = layout.step; fromEnd >= 1; --fromEnd) {
            bool aligned = true;
            for (std::size_t at = tail.size() - fromEnd; aligned; at -= layout.step) {
                aligned = tail[at] == kSync;
                if (at < layout.step) break;
            }
            if (aligned) return endIf(fromEnd != layout.syncFromEnd);
        }
    }
    return kWhole;
}

/// Bytes of the element of a program stream at `at`: a pack header, or a packet with its length.
/// 0: not an element, or its head is not whole.
std::size_t programElementBytes(const Bytes& bytes, std::size_t at) {
    if (!hasAt(bytes, at, std::string_view("\0\0\1", 3)) || at + 6 > bytes.size()) return 0;
    const int id = bytes[at + 3];
    if (id == 0xB9) return 4;
    if (id == 0xBA) {
        if ((bytes[at + 4] >> 4) == 2) return 12;  // MPEG-1
        return at + 14 <= bytes.size() ? 14U + (bytes[at + 13] & 7U) : 0;
    }
    if (id < 0xBB) return 0;
    return 6U + (std::size_t{bytes[at + 4]} << 8 | bytes[at + 5]);
}

FileEnd endOfProgramStream(const FileBytes& file) {
    constexpr std::size_t kTail = std::size_t{1} << 20;
    constexpr int kElementsToTrust = 4;
    const Bytes tail = file.tail(kTail);
    const std::string_view pack("\0\0\1\xBA", 4);
    for (std::size_t start = 0; start + 4 <= tail.size(); ++start) {
        if (!hasAt(tail, start, pack)) continue;
        int elements = 0;
        std::size_t at = start;
        while (at < tail.size()) {
            const std::size_t bytes = programElementBytes(tail, at);
            if (bytes == 0) break;
            at += bytes;
            ++elements;
        }
        if (at == tail.size()) return kWhole;
        if (at > tail.size() && elements >= kElementsToTrust) return endIf(true);
        const bool headCut = tail.size() - std::min(at, tail.size()) < 14 &&
                             hasAt(tail, at, std::string_view("\0\0\1", 3));
        if (headCut && elements >= kElementsToTrust) return endIf(true);
    }
    return kWhole;
}

// FLV: each tag is followed by its length, so the last four bytes lead to the last tag.
FileEnd endOfFlv(const FileBytes& file) {
    constexpr std::uint64_t kTagHead = 11;
    const auto isTag = [&file](std::uint64_t at) {
        const auto type = file.bigEndian(at, 1);
        return type && ((*type & 0x1FU) == 8 || (*type & 0x1FU) == 9 || (*type & 0x1FU) == 18);
    };
    if (file.size() < 13) return endIf(true);
    const std::uint64_t last = file.bigEndian(file.size() - 4, 4).value_or(0);
    if (last >= kTagHead && last + 4 <= file.size()) {
        const std::uint64_t tag = file.size() - 4 - last;
        if (isTag(tag) && file.bigEndian(tag + 1, 3) == last - kTagHead) return kWhole;
    }
    std::uint64_t at = file.bigEndian(5, 4).value_or(9) + 4;
    while (at < file.size()) {
        const auto bytes = file.bigEndian(at + 1, 3);
        if (!bytes) return endIf(true);
        if (!isTag(at)) return kWhole;  // not a tag: something was appended
        at += kTagHead + *bytes;
        if (at == file.size()) return kWhole;
        at += 4;
    }
    return endIf(at != file.size());
}

// Ogg: the last page of a stream carries the flag 4.
FileEnd endOfOgg(const FileBytes& file) {
    constexpr std::size_t kTwoPages = std::size_t{130} << 10;
    constexpr std::size_t kHead = 27;
    const Bytes tail = file.tail(kTwoPages);
    bool lastFlag = false;
    for (std::size_t start = 0; start < tail.size(); ++start) {
        if (!hasAt(tail, start, "OggS")) continue;
        std::size_t at = start;
        while (hasAt(tail, at, "OggS")) {
            if (at + kHead > tail.size()) return endIf(true);
            const std::size_t segments = tail[at + 26];
            std::size_t bytes = kHead + segments;
            if (at + bytes > tail.size()) return endIf(true);
            for (std::size_t i = 0; i < segments; ++i) bytes += tail[at + kHead + i];
            lastFlag = (tail[at + 5] & 4U) != 0;
            at += bytes;
        }
        if (at == tail.size()) return endIf(!lastFlag);
        if (at > tail.size()) return endIf(true);
    }
    return kWhole;
}

FileEnd endOfIvf(const FileBytes& file) {
    std::uint64_t at = file.littleEndian(6, 2).value_or(32);
    while (at < file.size()) {
        const auto bytes = file.littleEndian(at, 4);
        if (!bytes) return endIf(true);
        at += 12 + *bytes;
    }
    return endIf(at != file.size());
}

// YUV4MPEG2: a line of parameters, then frames of one length, each behind a line.
FileEnd endOfYuv4Mpeg(const FileBytes& file) {
    constexpr std::size_t kLongestLine = 512;
    constexpr std::string_view kFrame = "FRAME";
    const auto lineEnd = [&file](std::uint64_t at) -> std::uint64_t {
        const Bytes line = file.read(at, kLongestLine);
        const auto end = std::find(line.begin(), line.end(), std::uint8_t{'\n'});
        return end == line.end() ? 0 : at + static_cast<std::uint64_t>(end - line.begin()) + 1;
    };
    const std::uint64_t first = lineEnd(0);
    const std::uint64_t samples = first == 0 ? 0 : lineEnd(first);
    if (samples == 0) return endIf(true);
    // The second frame's line tells how long a frame is, whatever the parameters say.
    constexpr std::size_t kPart = std::size_t{1} << 20;
    for (std::uint64_t at = samples; at < file.size(); at += kPart) {
        const Bytes part = file.read(at, kPart + kFrame.size());
        const auto found = std::search(part.begin(), part.end(), kFrame.begin(), kFrame.end());
        if (found == part.end()) continue;
        const std::uint64_t step = at + static_cast<std::uint64_t>(found - part.begin()) - first;
        return endIf((file.size() - first) % step != 0);
    }
    return kWhole;
}

// DV: frames of 120000 bytes (525 lines) or 144000 (625 lines), or a multiple of that.
FileEnd endOfDv(const FileBytes& file) {
    constexpr std::uint64_t kLines625 = 0x80;
    const std::uint64_t flags = file.bigEndian(3, 1).value_or(0);
    return endIf(file.size() % ((flags & kLines625) != 0 ? 144000U : 120000U) != 0);
}

// ---- formats that end with a mark -------------------------------------------------------------

Bytes tailWithoutPadding(const FileBytes& file) {
    constexpr std::size_t kTail = std::size_t{64} << 10;
    Bytes tail = file.tail(kTail);
    while (!tail.empty() && (tail.back() == 0 || tail.back() == '\n')) tail.pop_back();
    return tail;
}

FileEnd endOfGif(const FileBytes& file) {
    const Bytes tail = tailWithoutPadding(file);
    return endIf(tail.empty() || tail.back() != 0x3B);
}

FileEnd endOfMotionJpeg(const FileBytes& file) {
    const Bytes tail = tailWithoutPadding(file);
    return endIf(tail.size() < 2 || !hasAt(tail, tail.size() - 2, "\xFF\xD9"));
}

FileEnd endOfPng(const FileBytes& file) {
    constexpr std::size_t kTail = std::size_t{64} << 10;
    return endIf(!contains(file.tail(kTail), "IEND\xAE\x42\x60\x82"));
}

struct FormatEnd {
    std::string_view format;  ///< the first of FFmpeg's names
    FileEnd (*look)(const FileBytes&);
};

constexpr std::array<FormatEnd, 17> kFormats = {{{"mov", endOfMp4},
                                                 {"matroska", endOfMatroska},
                                                 {"avi", endOfAvi},
                                                 {"asf", endOfAsf},
                                                 {"mxf", endOfMxf},
                                                 {"mpegts", endOfTransportStream},
                                                 {"mpeg", endOfProgramStream},
                                                 {"flv", endOfFlv},
                                                 {"ogg", endOfOgg},
                                                 {"ivf", endOfIvf},
                                                 {"gif", endOfGif},
                                                 {"mjpeg", endOfMotionJpeg},
                                                 {"jpeg_pipe", endOfMotionJpeg},
                                                 {"yuv4mpegpipe", endOfYuv4Mpeg},
                                                 {"dv", endOfDv},
                                                 {"apng", endOfPng},
                                                 {"png_pipe", endOfPng}}};

}  // namespace

FileEnd fileEndOf(const std::filesystem::path& path, std::string_view format) {
    const std::string_view name = format.substr(0, format.find(','));
    const auto known = std::find_if(kFormats.begin(), kFormats.end(),
                                    [name](const FormatEnd& one) { return one.format == name; });
    if (known == kFormats.end()) return kWhole;
    return known->look(FileBytes(path));
}

}  // namespace mcj
