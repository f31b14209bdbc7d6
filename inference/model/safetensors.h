#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace mcj {

/// One tensor of a safetensors file.
struct SafetensorsEntry {
    std::string name;
    std::string type;  ///< "F16", "BF16", "F32", "F64", "I64", "U8"
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0;  ///< bytes from the start of the data
    std::uint64_t end = 0;
};

/// A safetensors file as it is on disk: an 8-byte little-endian length, a JSON header, the data
/// (format of github.com/huggingface/safetensors). Independent of torch, so that it can be fuzzed.
struct SafetensorsFile {
    std::vector<SafetensorsEntry> entries;
    std::map<std::string, std::string> metadata;
    std::vector<std::uint8_t> data;
};

/// Checks every length, type and offset before using it. Throws `Error{Input}` that names the file.
[[nodiscard]] SafetensorsFile readSafetensorsFile(const std::filesystem::path& path);

/// The same from memory; `name` is the file's name in messages.
[[nodiscard]] SafetensorsFile parseSafetensors(const std::vector<std::uint8_t>& bytes,
                                               const std::string& name);

/// Writes a temporary file beside `path`, syncs and renames it, so that the file is either complete
/// or unchanged. Throws `Error{Input}`.
void writeSafetensorsFile(const std::filesystem::path& path, const SafetensorsFile& file);

/// Bytes of one value of `type`; 0 for an unsupported type.
[[nodiscard]] std::uint64_t safetensorsTypeBytes(const std::string& type);

}  // namespace mcj
