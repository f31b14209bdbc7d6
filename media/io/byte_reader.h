#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace mcj {

/// Bytes of a file in memory, the input of the readers in this folder.
using ByteView = std::span<const std::uint8_t>;

/// The longest side of a picture, flow or map that is read: 8K with room, and small enough that no
/// product of two sides overflows.
constexpr int kMaxFileSidePx = 65536;

[[nodiscard]] inline bool startsWith(ByteView bytes, std::string_view magic) noexcept {
    return bytes.size() >= magic.size() &&
           std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

/// The little-endian value at `offset`, or none where the bytes end before it.
template <typename T>
[[nodiscard]] std::optional<T> littleEndianAt(ByteView bytes, std::size_t offset) noexcept {
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
    static_assert(std::endian::native == std::endian::little, "readers copy little-endian values");
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
    return value;
}

}  // namespace mcj
