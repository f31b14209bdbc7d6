#include "media/io/array_file.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "media/base/error.h"
#include "media/io/atomic_file.h"
#include "media/io/byte_reader.h"
#include "media/io/exr_file.h"
#include "media/io/pfm_file.h"

namespace mcj {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

[[noreturn]] void fail(const std::string& name, const std::string& why) {
    throw Error(ErrorCode::Input, "cannot read '" + name + "' as a NumPy array: " + why,
                "Save it with numpy.save as float32 in little-endian order.");
}

enum class ElementKind { Half, Single, Double, Byte };

std::size_t bytesOf(ElementKind kind) {
    switch (kind) {
    case ElementKind::Half: return 2;
    case ElementKind::Single: return 4;
    case ElementKind::Double: return 8;
    case ElementKind::Byte: return 1;
    }
    return 1;
}

enum class Order { RowMajor, ColumnMajor };

struct NpyHeader {
    ElementKind kind = ElementKind::Single;
    Order order = Order::RowMajor;
    std::vector<std::int64_t> shape;
};

/// The header is a Python dictionary of three known keys; this reads that and nothing else.
class HeaderParser {
public:
    HeaderParser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

    NpyHeader parse() {
        std::optional<ElementKind> kind;
        std::optional<Order> order;
        std::optional<std::vector<std::int64_t>> shape;
        expect('{');
        while (!take('}')) {
            const std::string_view key = quoted();
            expect(':');
            if (key == "descr") {
                kind = elementKind(quoted());
            } else if (key == "fortran_order") {
                order = word() == "True" ? Order::ColumnMajor : Order::RowMajor;
            } else if (key == "shape") {
                shape = tuple();
            } else {
                damaged();
            }
            if (!take(',')) {
                expect('}');
                break;
            }
        }
        if (!kind || !order || !shape) damaged();
        return {*kind, *order, std::move(*shape)};
    }

private:
    [[noreturn]] void damaged() const { fail(name_, "its header is damaged"); }

    void skipSpace() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    }
    bool take(char wanted) {
        skipSpace();
        if (at_ >= text_.size() || text_[at_] != wanted) return false;
        ++at_;
        return true;
    }
    void expect(char wanted) {
        if (!take(wanted)) damaged();
    }
    std::string_view quoted() {
        skipSpace();
        if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) damaged();
        const std::size_t begin = at_ + 1;
        const std::size_t end = text_.find(text_[at_], begin);
        if (end == std::string_view::npos) damaged();
        at_ = end + 1;
        return text_.substr(begin, end - begin);
    }
    std::string_view word() {
        skipSpace();
        const std::size_t begin = at_;
        while (at_ < text_.size() && ((text_[at_] >= 'a' && text_[at_] <= 'z') ||
                                      (text_[at_] >= 'A' && text_[at_] <= 'Z'))) {
            ++at_;
        }
        const std::string_view found = text_.substr(begin, at_ - begin);
        if (found != "True" && found != "False") damaged();
        return found;
    }
    std::vector<std::int64_t> tuple() {
        constexpr std::size_t kMostDimensions = 32;  // NumPy's own limit
        std::vector<std::int64_t> sides;
        expect('(');
        while (!take(')')) {
            skipSpace();
            std::int64_t side = 0;
            const char* const end = text_.data() + text_.size();
            const auto [next, error] = std::from_chars(text_.data() + at_, end, side);
            if (error != std::errc{} || side < 0 || sides.size() == kMostDimensions) damaged();
            sides.push_back(side);
            at_ = static_cast<std::size_t>(next - text_.data());
            if (!take(',')) {
                expect(')');
                break;
            }
        }
        return sides;
    }
    ElementKind elementKind(std::string_view code) const {
        if (code == "<f2") return ElementKind::Half;
        if (code == "<f4") return ElementKind::Single;
        if (code == "<f8") return ElementKind::Double;
        if (code == "|u1" || code == "<u1") return ElementKind::Byte;
        fail(name_, "its elements are '" + std::string(code.substr(0, 16)) +
                        "'; only little-endian f2, f4, f8 and u1 can be read");
    }

    std::string_view text_;
    const std::string& name_;
    std::size_t at_ = 0;
};

float fromHalf(std::uint16_t half) {
    const int exponent = half >> 10 & 31;
    const int fraction = half & 1023;
    const float sign = (half & 0x8000U) != 0 ? -1.0F : 1.0F;
    if (exponent == 31) {
        return fraction != 0 ? std::numeric_limits<float>::quiet_NaN()
                             : sign * std::numeric_limits<float>::infinity();
    }
    if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
    return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

float elementAt(ByteView data, std::size_t index, ElementKind kind) {
    const std::size_t at = index * bytesOf(kind);
    switch (kind) {
    case ElementKind::Half: return fromHalf(*littleEndianAt<std::uint16_t>(data, at));
    case ElementKind::Single: return *littleEndianAt<float>(data, at);
    case ElementKind::Double: {
        const double value = *littleEndianAt<double>(data, at);
        // Past float's range the cast is undefined, and infinity is the nearest.
        if (std::abs(value) > std::numeric_limits<float>::max()) {
            return std::copysign(std::numeric_limits<float>::infinity(),
                                 static_cast<float>(value > 0.0 ? 1.0 : -1.0));
        }
        return static_cast<float>(value);
    }
    case ElementKind::Byte: return static_cast<float>(data[at]);
    }
    return 0.0F;
}

/// Row-major values of a column-major array: walks the target in order with the source's strides.
std::vector<float> transposed(ByteView data, const NpyHeader& header, std::size_t count) {
    const std::size_t dimensions = header.shape.size();
    std::vector<std::size_t> stride(dimensions, 1);
    for (std::size_t d = 1; d < dimensions; ++d) {
        stride[d] = stride[d - 1] * static_cast<std::size_t>(header.shape[d - 1]);
    }
    std::vector<float> values(count);
    std::vector<std::int64_t> place(dimensions, 0);
    std::size_t source = 0;
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = elementAt(data, source, header.kind);
        for (std::size_t d = dimensions; d-- > 0;) {
            source += stride[d];
            if (++place[d] < header.shape[d]) break;
            source -= stride[d] * static_cast<std::size_t>(header.shape[d]);
            place[d] = 0;
        }
    }
    return values;
}

/// How many elements the shape has; none where that is more than `most`.
std::optional<std::size_t> elementCount(const std::vector<std::int64_t>& shape, std::size_t most) {
    // A side of zero empties the array whatever the others are.
    for (const std::int64_t side : shape) {
        if (side == 0) return 0;
    }
    std::size_t count = 1;
    for (const std::int64_t side : shape) {
        if (static_cast<std::uint64_t>(side) > most / count) return std::nullopt;
        count *= static_cast<std::size_t>(side);
    }
    return count;
}

/// OpenEXR channel names take any text, but a dot would make a layer and blanks trouble readers.
std::string channelName(const std::string& quantity) {
    std::string name;
    for (const char c : quantity) {
        const bool isLetter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        name += isLetter || (c >= '0' && c <= '9') ? c : '_';
    }
    return name.empty() ? "value" : name;
}

}  // namespace

bool isNpy(std::span<const std::uint8_t> bytes) noexcept { return startsWith(bytes, kMagic); }

FloatArray readNpy(const std::filesystem::path& path) {
    return decodeNpy(readFileBytes(path), path.string());
}

FloatArray decodeNpy(std::span<const std::uint8_t> bytes, const std::string& name) {
    if (!isNpy(bytes)) fail(name, "it is not a .npy file");
    if (bytes.size() < 10) fail(name, "its header ends early");
    const int version = bytes[6];
    if (version < 1 || version > 3) {
        fail(name, "its format version is " + std::to_string(version));
    }
    const std::size_t start = version == 1 ? 10 : 12;
    const auto shortLength = littleEndianAt<std::uint16_t>(bytes, 8);
    const auto longLength = littleEndianAt<std::uint32_t>(bytes, 8);
    if (!shortLength || (version > 1 && !longLength)) fail(name, "its header ends early");
    const std::size_t length = version == 1 ? *shortLength : *longLength;
    if (bytes.size() < start || bytes.size() - start < length) fail(name, "its header ends early");

    const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + start, length);
    const NpyHeader header = HeaderParser(text, name).parse();
    const ByteView data = bytes.subspan(start + length);
    const auto count = elementCount(header.shape, data.size() / bytesOf(header.kind));
    if (!count) fail(name, "it has fewer values than its shape says");

    FloatArray array{header.shape, {}};
    if (header.order == Order::ColumnMajor && header.shape.size() > 1) {
        array.values = transposed(data, header, *count);
        return array;
    }
    array.values.resize(*count);
    for (std::size_t i = 0; i < *count; ++i) array.values[i] = elementAt(data, i, header.kind);
    return array;
}

void writeNpy(const std::filesystem::path& path, const FloatArray& array) {
    const auto count = elementCount(array.shape, array.values.size());
    if (!count || *count != array.values.size()) {
        throw Error(ErrorCode::Internal,
                    "cannot write '" + path.string() + "': its shape does not match its values");
    }
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
    for (const std::int64_t side : array.shape) header += std::to_string(side) + ",";
    header += "), }";
    // The values begin at a multiple of 64 bytes, so that they can be mapped into memory.
    constexpr std::size_t kPrefixBytes = 10;
    const std::size_t used = kPrefixBytes + header.size() + 1;
    header.append((64 - used % 64) % 64, ' ');
    header += '\n';
    const std::uint8_t version[2] = {1, 0};
    const auto length = static_cast<std::uint16_t>(header.size());

    AtomicFile file(path);
    file.write(kMagic.data(), kMagic.size());
    file.write(version, sizeof(version));
    file.write(&length, sizeof(length));
    file.write(header.data(), header.size());
    file.write(array.values.data(), array.values.size() * sizeof(float));
    file.commit();
}

void writeScalarNpy(const std::filesystem::path& path, const ScalarMap& map) {
    const auto values = map.values.values();
    writeNpy(path, {{map.size().height, map.size().width}, {values.begin(), values.end()}});
}

void writeScalarExr(const std::filesystem::path& path, const ScalarMap& map) {
    writeExr(path, {.values = map.values,
                    .channels = {channelName(map.quantity)},
                    .text = {{"quantity", map.quantity}, {"unit", map.unit}}});
}

void writeScalarPfm(const std::filesystem::path& path, const ScalarMap& map) {
    writePfm(path, map.values);
}

}  // namespace mcj
