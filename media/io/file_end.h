#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace mcj {

/// What the structure of a video file states about its end.
struct FileEnd {
    bool cut =
        false;  ///< the file ends inside an element, or without the mark that ends the format
    /// The length that the file states, where the file is shorter.
    std::optional<std::uint64_t> promisedBytes;
};

/// Checks only lengths and end marks, with a few reads whatever the file's length (for Matroska of
/// unknown length and FLV without a valid end: one read per element). `format` is FFmpeg's name of
/// the demuxer ("matroska,webm"). Formats without lengths or end marks (raw streams), and files
/// that end between two elements of a format without an end mark, are never reported as cut.
[[nodiscard]] FileEnd fileEndOf(const std::filesystem::path& path, std::string_view format);

}  // namespace mcj
