#include "media/io/pfm_file.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include "media/base/error.h"
#include "media/io/atomic_file.h"

namespace mcj {
namespace {

[[noreturn]] void fail(const std::string& name, const std::string& why) {
    throw Error(ErrorCode::Input, "cannot read '" + name + "' as PFM: " + why,
                "The file may be damaged or not completely copied.");
}

bool isSpace(std::uint8_t byte) {
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

/// Reads the header word by word.
class Words {
public:
    Words(ByteView bytes, const std::string& name) : bytes_(bytes), name_(name) {}

    std::string_view next() {
        while (at_ < bytes_.size() && isSpace(bytes_[at_])) ++at_;
        const std::size_t begin = at_;
        // No word of a header is longer; a binary file must not be searched to its end.
        constexpr std::size_t kLongestWord = 64;
        while (at_ < bytes_.size() && !isSpace(bytes_[at_]) && at_ - begin < kLongestWord) ++at_;
        if (at_ >= bytes_.size() || !isSpace(bytes_[at_])) fail(name_, "its header ends early");
        return {reinterpret_cast<const char*>(bytes_.data()) + begin, at_ - begin};
    }

    int nextSide() {
        const std::string_view word = next();
        int side = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), side);
        if (error != std::errc{} || end != word.data() + word.size() || side < 1 ||
            side > kMaxFileSidePx) {
            fail(name_, "its header has no size between 1 and " + std::to_string(kMaxFileSidePx));
        }
        return side;
    }

    double nextScale() {
        const std::string_view word = next();
        double scale = 0.0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), scale);
        if (error != std::errc{} || end != word.data() + word.size() || !std::isfinite(scale) ||
            scale == 0.0) {
            fail(name_, "its header has no scale");
        }
        return scale;
    }

    /// The data after the single blank that follows the last word.
    [[nodiscard]] ByteView rest() const { return bytes_.subspan(at_ + 1); }

private:
    ByteView bytes_;
    const std::string& name_;
    std::size_t at_ = 0;
};

float floatAt(const std::uint8_t* bytes, std::endian order) {
    std::uint32_t bits = 0;
    for (unsigned i = 0; i < 4; ++i) {
        const unsigned shift = order == std::endian::little ? 8 * i : 8 * (3 - i);
        bits |= static_cast<std::uint32_t>(bytes[i]) << shift;
    }
    return std::bit_cast<float>(bits);
}

}  // namespace

bool isPfm(ByteView bytes) noexcept {
    return bytes.size() > 2 && bytes[0] == 'P' && (bytes[1] == 'F' || bytes[1] == 'f') &&
           isSpace(bytes[2]);
}

Raster<float> decodePfm(ByteView bytes, const std::string& name) {
    if (!isPfm(bytes)) fail(name, "it is not a PFM file");
    Words words(bytes, name);
    const int channels = words.next() == "PF" ? 3 : 1;
    SizePx size;
    size.width = words.nextSide();
    size.height = words.nextSide();
    const std::endian order = words.nextScale() < 0.0 ? std::endian::little : std::endian::big;
    const ByteView data = words.rest();
    const std::size_t expected = size.area() * static_cast<std::size_t>(channels) * sizeof(float);
    if (data.size() != expected) {
        fail(name, "its header requires " + std::to_string(expected) + " bytes of values, but " +
                       std::to_string(data.size()) + " follow");
    }
    Raster<float> values(size, channels);
    const std::size_t rowValues =
        static_cast<std::size_t>(size.width) * static_cast<std::size_t>(channels);
    for (int y = 0; y < size.height; ++y) {
        const std::uint8_t* in =
            data.data() + static_cast<std::size_t>(size.height - 1 - y) * rowValues * sizeof(float);
        float* out = values.row(y);
        for (std::size_t i = 0; i < rowValues; ++i) out[i] = floatAt(in + 4 * i, order);
    }
    return values;
}

void writePfm(const std::filesystem::path& path, const Raster<float>& values) {
    static_assert(std::endian::native == std::endian::little, "rows are written as they lie");
    if ((values.channels() != 1 && values.channels() != 3) || values.size().empty()) {
        throw Error(ErrorCode::Input,
                    "cannot write '" + path.string() + "': a PFM has 1 or 3 channels");
    }
    AtomicFile file(path);
    const std::string header = std::string(values.channels() == 3 ? "PF" : "Pf") + "\n" +
                               std::to_string(values.width()) + " " +
                               std::to_string(values.height()) + "\n-1.0\n";
    file.write(header.data(), header.size());
    const std::size_t rowBytes = static_cast<std::size_t>(values.width()) *
                                 static_cast<std::size_t>(values.channels()) * sizeof(float);
    for (int y = values.height() - 1; y >= 0; --y) file.write(values.row(y), rowBytes);
    file.commit();
}

}  // namespace mcj
