#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace mcj {

/// Random access to a regular file, for code that looks at the structure of large files. Reads past
/// the end return fewer bytes; a file that cannot be opened is empty. One thread at a time.
class FileBytes {
public:
    explicit FileBytes(const std::filesystem::path& path);
    ~FileBytes();
    FileBytes(const FileBytes&) = delete;
    FileBytes& operator=(const FileBytes&) = delete;

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    /// Up to `count` bytes from `offset` on.
    [[nodiscard]] std::vector<std::uint8_t> read(std::uint64_t offset, std::size_t count) const;
    /// The last bytes, `count` at most.
    [[nodiscard]] std::vector<std::uint8_t> tail(std::size_t count) const;

    /// Integers of 1 to 8 bytes; none where the file ends before them.
    [[nodiscard]] std::optional<std::uint64_t> bigEndian(std::uint64_t offset, int bytes) const;
    [[nodiscard]] std::optional<std::uint64_t> littleEndian(std::uint64_t offset, int bytes) const;

private:
    int descriptor_ = -1;
    std::uint64_t size_ = 0;
};

}  // namespace mcj
