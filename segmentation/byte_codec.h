#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "media/base/error.h"

namespace mcj {

// Numbers in byte strings of project files: little-endian, lengths as LEB128. The reader never
// reads past the end.

class ByteWriter {
public:
    void byte(std::uint8_t value) { bytes_.push_back(value); }
    void number(std::uint64_t value) {
        while (value >= 0x80) {
            bytes_.push_back(static_cast<std::uint8_t>(value | 0x80));
            value >>= 7;
        }
        bytes_.push_back(static_cast<std::uint8_t>(value));
    }
    void real(float value) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        for (int shift = 0; shift < 32; shift += 8) {
            bytes_.push_back(static_cast<std::uint8_t>(bits >> shift));
        }
    }
    void block(std::span<const std::uint8_t> block) {
        number(block.size());
        bytes_.insert(bytes_.end(), block.begin(), block.end());
    }
    [[nodiscard]] std::vector<std::uint8_t> take() { return std::move(bytes_); }

private:
    std::vector<std::uint8_t> bytes_;
};

/// Throws `Error{Input}` that names `what` where the bytes end early or a number is too long.
class ByteReader {
public:
    ByteReader(std::span<const std::uint8_t> bytes, std::string what)
        : bytes_(bytes), what_(std::move(what)) {}

    [[nodiscard]] bool atEnd() const noexcept { return position_ == bytes_.size(); }
    /// The number of bytes that were read.
    [[nodiscard]] std::size_t position() const noexcept { return position_; }
    [[nodiscard]] std::uint8_t byte() {
        if (atEnd()) fail("ends early");
        return bytes_[position_++];
    }
    [[nodiscard]] std::uint64_t number() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const std::uint8_t part = byte();
            if (shift == 63 && part > 1) break;
            value |= static_cast<std::uint64_t>(part & 0x7F) << shift;
            if ((part & 0x80) == 0) return value;
        }
        fail("has a number of more than 64 bits");
    }
    /// A number of at most `limit`.
    [[nodiscard]] std::uint64_t number(std::uint64_t limit) {
        const std::uint64_t value = number();
        if (value > limit) fail("has a number that is too large");
        return value;
    }
    [[nodiscard]] float real() {
        std::uint32_t bits = 0;
        for (int shift = 0; shift < 32; shift += 8) {
            bits |= static_cast<std::uint32_t>(byte()) << shift;
        }
        float value = 0.0F;
        std::memcpy(&value, &bits, sizeof value);
        return value;
    }
    [[nodiscard]] std::span<const std::uint8_t> block() {
        const std::uint64_t length = number();
        if (length > bytes_.size() - position_) fail("ends early");
        const auto part = bytes_.subspan(position_, static_cast<std::size_t>(length));
        position_ += part.size();
        return part;
    }
    [[noreturn]] void fail(const std::string& why) const {
        throw Error(ErrorCode::Input, what_ + " is damaged: it " + why);
    }

private:
    std::span<const std::uint8_t> bytes_;
    std::string what_;
    std::size_t position_ = 0;
};

}  // namespace mcj
