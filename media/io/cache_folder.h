#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace mcj {

/// The user's folder for data that only saves time: mcjepa/`name` under $XDG_CACHE_HOME or
/// ~/.cache. Empty where neither is known.
[[nodiscard]] std::filesystem::path userCacheFolder(const std::string& name);

/// Marks a file or folder as used now.
void touchCached(const std::filesystem::path& entry) noexcept;

/// Deletes the least recently used entries of `folder` until the rest has at most `budgetBytes`:
/// files with this extension or, where it is empty, sub-folders with the files in them. `needed` is
/// counted but stays. Throws what std::filesystem throws where the folder cannot be listed.
void dropOldestCached(const std::filesystem::path& folder, const std::string& extension,
                      std::uint64_t budgetBytes, const std::filesystem::path& needed = {});

}  // namespace mcj
