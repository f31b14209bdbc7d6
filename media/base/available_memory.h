#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace mcj {

/// The memory that this process can still take before the kernel kills a process.
struct AvailableMemory {
    std::uint64_t ramBytes = 0;  ///< free, or in caches that can be dropped
    std::uint64_t swapBytes = 0;
};

/// The least of the system and of every control group (version 1 or 2) that contains this process.
/// Read anew at each call, which takes well below a millisecond. None where the system does not
/// report it. `root` is the folder of proc/ and sys/.
[[nodiscard]] std::optional<AvailableMemory> availableMemory(
    const std::filesystem::path& root = "/");

}  // namespace mcj
