#include "media/io/folder_walk.h"

#include <algorithm>
#include <deque>
#include <set>
#include <system_error>

#include "media/base/error.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// The entries of `folder` in the order of their names; empty if it cannot be read.
std::vector<fs::directory_entry> entriesOf(const fs::path& folder) {
    std::error_code failure;
    std::vector<fs::directory_entry> entries;
    for (fs::directory_iterator at(folder, failure), end; !failure && at != end;
         at.increment(failure)) {
        entries.push_back(*at);
    }
    std::sort(entries.begin(), entries.end());
    return entries;
}

/// True where `folder` is `root` or lies above it; both without links.
bool holds(const fs::path& folder, const fs::path& root) {
    return std::mismatch(folder.begin(), folder.end(), root.begin(), root.end()).first ==
           folder.end();
}

}  // namespace

std::vector<fs::path> foldersUnder(const fs::path& root) {
    std::error_code failure;
    const fs::path realRoot = fs::canonical(root, failure);
    if (failure || !fs::is_directory(realRoot, failure) ||
        (fs::directory_iterator(realRoot, failure), failure)) {
        throw Error(ErrorCode::Input, "cannot read the folder " + root.string(),
                    "Check the path; it must be a folder.");
    }
    std::vector<fs::path> folders;
    std::set<fs::path> seen;
    std::deque<fs::path> plain{root};
    std::deque<fs::path> links;
    while (!plain.empty() || !links.empty()) {
        // Links are deferred, so that a folder below the root is found by its own path first.
        std::deque<fs::path>& from = plain.empty() ? links : plain;
        const fs::path folder = from.front();
        from.pop_front();
        std::error_code unreadable;
        const fs::path real = fs::canonical(folder, unreadable);
        if (unreadable || !seen.insert(real).second) continue;
        if (real != realRoot && holds(real, realRoot)) continue;
        folders.push_back(folder);
        for (const fs::directory_entry& entry : entriesOf(folder)) {
            std::error_code ignored;
            if (!entry.is_directory(ignored)) continue;
            (entry.is_symlink(ignored) ? links : plain).push_back(entry.path());
        }
    }
    return folders;
}

std::vector<fs::path> filesIn(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : entriesOf(folder)) {
        std::error_code ignored;
        if (entry.is_regular_file(ignored)) files.push_back(entry.path());
    }
    return files;
}

}  // namespace mcj
