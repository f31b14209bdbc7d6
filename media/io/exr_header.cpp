#include "media/io/exr_header.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "media/base/error.h"

namespace mcj {
namespace {

/// Types of one length only. OpenEXR reads these many bytes whatever length the file states, and
/// would take the rest of the header out of step.
constexpr std::array<std::pair<std::string_view, std::size_t>, 24> kFixedLengths = {{
    {"box2f", 16},         {"box2i", 16},    {"chromaticities", 32},
    {"compression", 1},    {"double", 8},    {"envmap", 1},
    {"deepImageState", 1}, {"float", 4},     {"int", 4},
    {"keycode", 28},       {"lineOrder", 1}, {"m33d", 72},
    {"m33f", 36},          {"m44d", 128},    {"m44f", 64},
    {"rational", 8},       {"tiledesc", 9},  {"timecode", 8},
    {"v2d", 16},           {"v2f", 8},       {"v2i", 8},
    {"v3d", 24},           {"v3f", 12},      {"v3i", 12},
}};

/// A text that ends with a zero, or none where the bytes end first.
std::optional<std::string_view> zeroEnded(ByteView bytes, std::size_t& at) {
    constexpr std::size_t kLongestName = 255;  // with its zero
    const std::size_t stop = std::min(bytes.size(), at + kLongestName);
    for (std::size_t end = at; end < stop; ++end) {
        if (bytes[end] != 0) continue;
        const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + at, end - at);
        at = end + 1;
        return text;
    }
    return std::nullopt;
}

/// Names with 16 bytes each, then a zero that is the last byte.
bool isChannelList(ByteView value) {
    constexpr std::size_t kChannelBytes = 16;
    std::size_t at = 0;
    while (true) {
        const auto channel = zeroEnded(value, at);
        if (!channel) return false;
        if (channel->empty()) return at == value.size();
        at += kChannelBytes;
    }
}

/// Texts with their lengths before them.
bool isStringVector(ByteView value) {
    std::size_t at = 0;
    while (at < value.size()) {
        const auto length = littleEndianAt<std::int32_t>(value, at);
        if (!length || *length < 0) return false;
        at += 4 + static_cast<std::size_t>(*length);
    }
    return at == value.size();
}

bool isPreview(ByteView value) {
    const auto width = littleEndianAt<std::uint32_t>(value, 0);
    const auto height = littleEndianAt<std::uint32_t>(value, 4);
    if (!width || !height) return false;
    const std::uint64_t pixels = std::uint64_t{*width} * *height;
    return (value.size() - 8) % 4 == 0 && pixels == (value.size() - 8) / 4;
}

bool fitsItsType(std::string_view type, ByteView value) {
    for (const auto& [known, length] : kFixedLengths) {
        if (type == known) return value.size() == length;
    }
    if (type == "chlist") return isChannelList(value);
    if (type == "stringvector") return isStringVector(value);
    if (type == "floatvector") return value.size() % 4 == 0;
    if (type == "preview") return isPreview(value);
    // A table of ids for deep pictures. Its packed form contains further sizes.
    if (type == "idmanifest") return false;
    return true;  // texts, and what OpenEXR does not know: it takes as many bytes as stated
}

void checkWindow(ByteView window, std::size_t fileBytes, const std::string& name) {
    const auto corner = [&](std::size_t i) -> std::int64_t {
        return *littleEndianAt<std::int32_t>(window, 4 * i);
    };
    const std::int64_t width = corner(2) - corner(0) + 1;
    const std::int64_t height = corner(3) - corner(1) + 1;
    if (width < 1 || height < 1 || width > kMaxFileSidePx || height > kMaxFileSidePx) {
        failToReadExr(name, "a side is not between 1 and " + std::to_string(kMaxFileSidePx));
    }
    // No compression exceeds this ratio at sizes that occur, even for one flat colour.
    constexpr std::int64_t kMostPixelsPerByte = 16384;
    if (width * height / kMostPixelsPerByte > static_cast<std::int64_t>(fileBytes)) {
        failToReadExr(name, "it is too short for the " + std::to_string(width) + "x" +
                                std::to_string(height) + " pixels in its header");
    }
}

}  // namespace

void failToReadExr(const std::string& name, const std::string& why, std::string hint) {
    if (hint.empty()) hint = "The file may be damaged or not completely copied.";
    throw Error(ErrorCode::Input, "cannot read '" + name + "' as OpenEXR: " + why, std::move(hint));
}

void checkExrHeader(ByteView bytes, const std::string& name) {
    const auto version = littleEndianAt<std::uint32_t>(bytes, 4);
    if (!version) failToReadExr(name, "its header ends early");
    constexpr std::uint32_t kTiled = 0x200, kDeep = 0x800, kManyParts = 0x1000;
    if ((*version & (kTiled | kDeep | kManyParts)) != 0) {
        failToReadExr(name, "it is tiled, deep or has several parts",
                      "Save it as a single-part scan-line image.");
    }
    std::size_t at = 8;
    std::optional<ByteView> window;
    while (true) {
        const auto attribute = zeroEnded(bytes, at);
        if (!attribute) failToReadExr(name, "its header ends early");
        if (attribute->empty()) break;
        const auto type = zeroEnded(bytes, at);
        const auto length = littleEndianAt<std::int32_t>(bytes, at);
        at += 4;
        if (!type || !length || *length < 0 ||
            at + static_cast<std::size_t>(*length) > bytes.size()) {
            failToReadExr(name, "its header ends early");
        }
        const ByteView value = bytes.subspan(at, static_cast<std::size_t>(*length));
        if (!fitsItsType(*type, value)) {
            failToReadExr(name, "the attribute '" + std::string(*attribute) + "' is damaged");
        }
        if (*attribute == "dataWindow" && *type == "box2i") window = value;
        at += value.size();
    }
    if (!window) failToReadExr(name, "its header has no data window");
    checkWindow(*window, bytes.size(), name);
}

}  // namespace mcj
