#include "tests/fuzz/mutator.h"

#include <algorithm>
#include <array>

namespace mcj::fuzz {
namespace {

constexpr std::size_t kLongestInput = std::size_t{1} << 16;

}  // namespace

std::size_t Mutator::below(std::size_t bound) {
    // std::uniform_int_distribution differs between standard libraries; a bias here is harmless.
    return bound == 0 ? 0 : static_cast<std::size_t>(random_() % bound);
}

Bytes Mutator::mutate(Bytes bytes, const Bytes& other) {
    const std::size_t changes = 1 + below(6);
    for (std::size_t i = 0; i < changes; ++i) change(bytes, other);
    if (bytes.size() > kLongestInput) bytes.resize(kLongestInput);
    return bytes;
}

void Mutator::putNumber(Bytes& bytes) {
    constexpr std::array<std::uint64_t, 14> kEdges = {0,
                                                      1,
                                                      0x7F,
                                                      0x80,
                                                      0xFF,
                                                      0x7FFF,
                                                      0x8000,
                                                      0xFFFF,
                                                      0x10000,
                                                      0x7FFFFFFF,
                                                      0x80000000,
                                                      0xFFFFFFFF,
                                                      0x7FFFFFFFFFFFFFFF,
                                                      0xFFFFFFFFFFFFFFFF};
    const std::uint64_t value = kEdges[below(kEdges.size())] + below(3) - 1;
    const std::size_t width = std::size_t{1} << below(4);
    if (bytes.size() < width) return;
    // Headers stand at the front, and that is where numbers matter.
    const std::size_t head = std::min<std::size_t>(bytes.size(), 96);
    const std::size_t range = below(2) == 0 ? head : bytes.size();
    const std::size_t at = below(range - std::min(range, width) + 1);
    const bool bigEndian = below(2) == 0;
    for (std::size_t i = 0; i < width && at + i < bytes.size(); ++i) {
        const std::size_t shift = 8 * (bigEndian ? width - 1 - i : i);
        bytes[at + i] = static_cast<std::uint8_t>(value >> shift);
    }
}

void Mutator::change(Bytes& bytes, const Bytes& other) {
    if (bytes.empty()) {
        bytes.push_back(static_cast<std::uint8_t>(below(256)));
        return;
    }
    const std::size_t at = below(bytes.size());
    const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t length = 1 + below(std::min<std::size_t>(bytes.size() - at, 64));
    const auto stop = place + static_cast<std::ptrdiff_t>(length);
    switch (below(9)) {
    case 0: bytes[at] ^= static_cast<std::uint8_t>(1U << below(8)); break;
    case 1: bytes[at] = static_cast<std::uint8_t>(below(256)); break;
    case 2:
    case 3: putNumber(bytes); break;
    case 4: {  // the next digit becomes another one: texts stay texts
        const auto digit = std::find_if(
            place, bytes.end(), [](std::uint8_t byte) { return byte >= '0' && byte <= '9'; });
        if (digit != bytes.end()) *digit = static_cast<std::uint8_t>('0' + below(10));
        break;
    }
    case 5: bytes.erase(place, stop); break;
    case 6: {
        const Bytes piece(place, stop);
        bytes.insert(place, piece.begin(), piece.end());
        break;
    }
    case 7: {
        const std::size_t from = below(other.size());
        const std::size_t count = std::min(length, other.size() - from);
        for (std::size_t i = 0; i < count && at + i < bytes.size(); ++i) {
            bytes[at + i] = other[from + i];
        }
        break;
    }
    default: bytes.resize(at); break;
    }
}

}  // namespace mcj::fuzz
