#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>

#include "media/base/shard_format.h"

namespace mcj {

/// Writes a shard (media/base/shard_format.h) to a temporary file beside `path` and renames it in
/// `finish`, so that it is complete or absent. One thread. Throws `Error{Input}` where writing
/// fails.
class ShardWriter {
public:
    explicit ShardWriter(std::filesystem::path path);
    ~ShardWriter();
    ShardWriter(const ShardWriter&) = delete;
    ShardWriter& operator=(const ShardWriter&) = delete;

    /// The number of `text` in the string table, adding it where it is new.
    [[nodiscard]] std::uint32_t intern(const std::string& text);

    /// Appends one JPEG; sets offset, length and checksum of `entry`.
    void append(ShardEntry entry, std::span<const std::uint8_t> jpeg);

    /// Appends the label map of the picture that was appended last: a class for each of its pixels,
    /// row by row (media/base/label_runs.h).
    void appendLabels(std::span<const std::uint8_t> labels);

    /// Writes index and trailer and puts the file in place. Nothing may be appended after it.
    void finish();

    [[nodiscard]] std::size_t entries() const noexcept { return index_.entries.size(); }
    [[nodiscard]] std::uint64_t bytesWritten() const noexcept { return offset_; }

private:
    void write(std::span<const std::uint8_t> bytes);

    std::filesystem::path path_;
    std::filesystem::path partPath_;
    std::ofstream file_;
    ShardIndex index_;
    std::map<std::string, std::uint32_t> internedStrings_;
    std::uint64_t offset_ = 0;
    bool finished_ = false;
};

}  // namespace mcj
