#include "media/io/cache_folder.h"

#include <algorithm>
#include <cstdlib>
#include <system_error>
#include <vector>

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// Of a file, or of the files in a folder; 0 where another process has just deleted it.
std::uint64_t bytesOf(const fs::directory_entry& entry) {
    std::error_code gone;
    if (!entry.is_directory(gone)) {
        const std::uint64_t bytes = entry.file_size(gone);
        return gone ? 0 : bytes;
    }
    std::uint64_t total = 0;
    for (fs::directory_iterator file(entry.path(), gone), end; !gone && file != end;
         file.increment(gone)) {
        std::error_code failed;
        const std::uint64_t bytes = file->file_size(failed);
        if (!failed) total += bytes;
    }
    return total;
}

}  // namespace

fs::path userCacheFolder(const std::string& name) {
    const char* cache = std::getenv("XDG_CACHE_HOME");
    // The specification says that a relative path there is to be ignored.
    if (cache != nullptr && fs::path(cache).is_absolute()) return fs::path(cache) / "mcjepa" / name;
    const char* home = std::getenv("HOME");
    if (home != nullptr && fs::path(home).is_absolute()) {
        return fs::path(home) / ".cache" / "mcjepa" / name;
    }
    return {};
}

void touchCached(const fs::path& entry) noexcept {
    std::error_code ignored;
    fs::last_write_time(entry, fs::file_time_type::clock::now(), ignored);
}

void dropOldestCached(const fs::path& folder, const std::string& extension,
                      std::uint64_t budgetBytes, const fs::path& needed) {
    struct Kept {
        fs::path path;
        fs::file_time_type used;
        std::uint64_t bytes;
    };
    std::vector<Kept> entries;
    std::uint64_t total = 0;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        std::error_code gone;  // another process may be deleting it, too
        const bool counts = extension.empty() ? entry.is_directory(gone)
                                              : entry.path().extension() == extension &&
                                                    entry.is_regular_file(gone);
        if (!counts) continue;
        entries.push_back({entry.path(), entry.last_write_time(gone), bytesOf(entry)});
        total += entries.back().bytes;
    }
    std::sort(entries.begin(), entries.end(),
              [](const Kept& a, const Kept& b) { return a.used < b.used; });
    for (const Kept& entry : entries) {
        if (total <= budgetBytes) return;
        if (entry.path == needed) continue;
        std::error_code ignored;
        fs::remove_all(entry.path, ignored);
        total -= std::min(total, entry.bytes);
    }
}

}  // namespace mcj
