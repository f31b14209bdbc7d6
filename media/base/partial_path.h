#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace mcj {

/// The longest file name, in bytes, on common file systems.
inline constexpr std::size_t kLongestNameBytes = 255;

/// `path` with its name between `prefix` and `suffix`: the temporary file that is renamed to `path`
/// once it is complete. If that name would be too long, the end of the file's name is replaced by a
/// checksum of it.
[[nodiscard]] inline std::filesystem::path partialPath(const std::filesystem::path& path,
                                                       std::string_view prefix,
                                                       std::string_view suffix) {
    std::string name = path.filename().string();
    const std::size_t room = kLongestNameBytes - prefix.size() - suffix.size();
    if (name.size() > room) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        std::uint64_t sum = 0xcbf29ce484222325U;  // FNV-1a
        for (const char c : name) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
        std::string checksum = "-";
        for (int shift = 60; shift >= 0; shift -= 4) checksum += kDigits[sum >> shift & 15U];
        std::size_t kept = room - checksum.size();
        // Does not cut a multi-byte character in two.
        while (kept > 0 && (static_cast<unsigned char>(name[kept]) & 0xC0U) == 0x80U) --kept;
        name.resize(kept);
        name += checksum;
    }
    std::filesystem::path partial = path;
    partial.replace_filename(std::string(prefix) + name + std::string(suffix));
    return partial;
}

}  // namespace mcj
