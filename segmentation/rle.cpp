#include "segmentation/rle.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "media/base/error.h"
#include "segmentation/byte_codec.h"

namespace mcj {
namespace {

constexpr const char* kWhat = "a mask's run lengths";
constexpr std::uint64_t kMaxSidePx = 1 << 20;
/// Long runs are found eight labels at a time.
constexpr std::size_t kWord = sizeof(std::uint64_t);

std::size_t runEnd(std::span<const std::uint8_t> values, std::size_t begin) {
    const std::uint8_t label = values[begin];
    const std::uint64_t pattern = 0x0101010101010101ULL * label;
    std::size_t end = begin + 1;
    while (end + kWord <= values.size()) {
        std::uint64_t word = 0;
        std::memcpy(&word, values.data() + end, kWord);
        if (word != pattern) break;
        end += kWord;
    }
    while (end < values.size() && values[end] == label) ++end;
    return end;
}

SizePx readSize(ByteReader& reader, std::size_t maxPixels) {
    const auto width = reader.number(kMaxSidePx);
    const auto height = reader.number(kMaxSidePx);
    if (width * height > maxPixels) reader.fail("describes a mask that is too large");
    return {static_cast<int>(width), static_cast<int>(height)};
}

}  // namespace

std::vector<std::uint8_t> encodeRle(const Raster<std::uint8_t>& labels) {
    ByteWriter writer;
    writer.number(static_cast<std::uint64_t>(labels.width()));
    writer.number(static_cast<std::uint64_t>(labels.height()));
    const auto values = labels.values();
    for (std::size_t begin = 0; begin < values.size();) {
        const std::size_t end = runEnd(values, begin);
        writer.byte(values[begin]);
        writer.number(end - begin);
        begin = end;
    }
    return writer.take();
}

Raster<std::uint8_t> decodeRle(std::span<const std::uint8_t> bytes, std::size_t maxPixels) {
    // Two passes over the runs: a wrong size is found before memory is allocated for it.
    const SizePx size = checkRle(bytes, maxPixels).size;
    ByteReader reader(bytes, kWhat);
    (void)readSize(reader, maxPixels);
    Raster<std::uint8_t> labels(size, 1);
    const auto values = labels.values();
    for (std::size_t begin = 0; begin < values.size();) {
        const std::uint8_t label = reader.byte();
        const auto length = static_cast<std::size_t>(reader.number());
        std::memset(values.data() + begin, label, length);
        begin += length;
    }
    return labels;
}

SizePx rleSize(std::span<const std::uint8_t> bytes) {
    ByteReader reader(bytes, kWhat);
    return readSize(reader, kRleMaxPixels);
}

RleSummary checkRleHead(std::span<const std::uint8_t> bytes, std::size_t maxPixels) {
    ByteReader reader(bytes, kWhat);
    RleSummary summary;
    summary.size = readSize(reader, maxPixels);
    for (std::size_t left = summary.size.area(); left > 0;) {
        summary.labels.set(reader.byte());
        const std::uint64_t length = reader.number(left);
        if (length == 0) reader.fail("has an empty run");
        left -= static_cast<std::size_t>(length);
    }
    summary.bytes = reader.position();
    return summary;
}

RleSummary checkRle(std::span<const std::uint8_t> bytes, std::size_t maxPixels) {
    RleSummary summary = checkRleHead(bytes, maxPixels);
    if (summary.bytes < bytes.size()) {
        ByteReader(bytes, kWhat).fail("continues after the last pixel");
    }
    return summary;
}

void checkCoveredRle(std::span<const std::uint8_t> top, std::span<const std::uint8_t> part,
                     ObjectId object) {
    ByteReader above(top, kWhat);
    ByteReader below(part, kWhat);
    const SizePx size = readSize(above, kRleMaxPixels);
    if (readSize(below, kRleMaxPixels) != size) below.fail("has parts of different sizes");
    std::uint8_t topLabel = kBackground;
    std::uint8_t label = kBackground;
    std::uint64_t topLeft = 0;
    std::uint64_t partLeft = 0;
    bool covered = false;
    for (std::uint64_t left = size.area(); left > 0;) {
        if (topLeft == 0) {
            topLabel = above.byte();
            topLeft = above.number();
        }
        if (partLeft == 0) {
            label = below.byte();
            partLeft = below.number();
        }
        const std::uint64_t length = std::min({topLeft, partLeft, left});
        const bool under = topLabel != kBackground && topLabel != kVoid && topLabel != object;
        if (label != kBackground && (label != object || !under)) {
            below.fail("covers pixels that lie under no object");
        }
        covered = covered || label == object;
        topLeft -= length;
        partLeft -= length;
        left -= length;
    }
    if (!covered) below.fail("has a covered part without pixels");
}

std::vector<std::uint8_t> relabelRle(std::span<const std::uint8_t> bytes, std::uint8_t from,
                                     std::uint8_t to) {
    ByteReader reader(bytes, kWhat);
    ByteWriter writer;
    const SizePx size = readSize(reader, kRleMaxPixels);
    writer.number(static_cast<std::uint64_t>(size.width));
    writer.number(static_cast<std::uint64_t>(size.height));
    std::uint8_t label = 0;
    std::uint64_t length = 0;
    while (!reader.atEnd()) {
        const std::uint8_t read = reader.byte();
        const std::uint8_t next = read == from ? to : read;
        // Neighbouring runs with the same label are joined, so that equal masks have equal bytes.
        if (length > 0 && next != label) {
            writer.byte(label);
            writer.number(length);
            length = 0;
        }
        label = next;
        length += reader.number();
    }
    if (length > 0) {
        writer.byte(label);
        writer.number(length);
    }
    return writer.take();
}

CocoRle encodeCocoRle(const Mask& mask, ObjectId object) {
    CocoRle rle;
    rle.size = mask.size();
    bool inside = false;
    std::uint32_t run = 0;
    for (int x = 0; x < rle.size.width; ++x) {
        for (int y = 0; y < rle.size.height; ++y) {
            const bool hit = mask.labels.at(y, x) == object;
            if (hit != inside) {
                rle.counts.push_back(run);
                run = 0;
                inside = hit;
            }
            ++run;
        }
    }
    if (run > 0) rle.counts.push_back(run);
    return rle;
}

Raster<std::uint8_t> decodeCocoRle(const CocoRle& rle, std::size_t maxPixels) {
    if (rle.size.width < 0 || rle.size.height < 0 || rle.size.area() > maxPixels) {
        throw Error(ErrorCode::Input, "a COCO run-length mask describes a mask that is too large");
    }
    // Counted before memory is allocated.
    std::size_t sum = 0;
    for (const std::uint32_t count : rle.counts) {
        if (count > rle.size.area() - sum) {
            throw Error(ErrorCode::Input, "a COCO run-length mask has more pixels than its size");
        }
        sum += count;
    }
    if (sum != rle.size.area()) {
        throw Error(ErrorCode::Input, "a COCO run-length mask has fewer pixels than its size");
    }
    Raster<std::uint8_t> values(rle.size, 1);
    const auto height = static_cast<std::size_t>(rle.size.height);
    std::size_t at = 0;
    std::uint8_t label = 0;
    for (const std::uint32_t count : rle.counts) {
        for (std::size_t i = at; label != 0 && i < at + count; ++i) {
            values.at(static_cast<int>(i % height), static_cast<int>(i / height)) = 1;
        }
        at += count;
        label ^= 1U;
    }
    return values;
}

std::string cocoCountsToString(std::span<const std::uint32_t> counts) {
    std::string text;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        auto value = static_cast<std::int64_t>(counts[i]);
        if (i > 2) value -= static_cast<std::int64_t>(counts[i - 2]);
        bool more = true;
        while (more) {
            auto digit = static_cast<int>(value & 0x1F);
            value >>= 5;
            // Bit 4 is the sign of what follows: stop once nothing but the sign is left.
            more = (digit & 0x10) != 0 ? value != -1 : value != 0;
            if (more) digit |= 0x20;
            text.push_back(static_cast<char>(digit + 48));
        }
    }
    return text;
}

std::vector<std::uint32_t> cocoCountsFromString(std::string_view text, std::size_t maxCounts) {
    const auto fail = [](const std::string& why) -> Error {
        return {ErrorCode::Input, "a COCO run-length string " + why};
    };
    std::vector<std::uint32_t> counts;
    for (std::size_t at = 0; at < text.size();) {
        std::int64_t value = 0;
        bool more = true;
        for (int shift = 0; more; shift += 5) {
            if (at == text.size()) throw fail("ends inside a number");
            if (shift > 35) throw fail("has a number that is too long");
            const int digit = static_cast<unsigned char>(text[at++]) - 48;
            if (digit < 0 || digit > 0x3F) throw fail("has an invalid character");
            value |= static_cast<std::int64_t>(digit & 0x1F) << shift;
            more = (digit & 0x20) != 0;
            if (!more && (digit & 0x10) != 0) value -= std::int64_t{1} << (shift + 5);
        }
        if (counts.size() > 2) value += static_cast<std::int64_t>(counts[counts.size() - 2]);
        if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) {
            throw fail("has a run length that is out of range");
        }
        if (counts.size() == maxCounts) throw fail("has too many runs");
        counts.push_back(static_cast<std::uint32_t>(value));
    }
    return counts;
}

}  // namespace mcj
