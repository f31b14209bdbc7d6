#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace mcj {

/// What this process can still take before the kernel ends a program for it.
struct AvailableMemory {
    std::uint64_t ramBytes = 0;  ///< free, or given back by caches when it is asked for
    std::uint64_t swapBytes = 0;
};

/// Of the system and of every control group (version 1 or 2) that holds this process, the least.
/// Read anew at each call, which takes well below a millisecond. Nothing where the system does not
/// say. `root` is where proc/ and sys/ are found.
[[nodiscard]] std::optional<AvailableMemory> availableMemory(
    const std::filesystem::path& root = "/");

}  // namespace mcj
