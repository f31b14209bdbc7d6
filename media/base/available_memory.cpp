#include "media/base/available_memory.h"

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// The number that a file begins with; none for other text such as "max".
std::optional<std::uint64_t> numberIn(const fs::path& file) {
    std::ifstream text(file);
    std::uint64_t value = 0;
    if (text >> value) return value;
    return std::nullopt;
}

/// The number behind the word `key` in a file of such lines.
std::optional<std::uint64_t> numberIn(const fs::path& file, const std::string& key) {
    std::ifstream lines(file);
    std::string line;
    while (std::getline(lines, line)) {
        std::istringstream words(line);
        std::string word;
        std::uint64_t value = 0;
        if (words >> word >> value && word == key) return value;
    }
    return std::nullopt;
}

std::uint64_t sumIn(const fs::path& file, std::initializer_list<const char*> keys) {
    std::uint64_t sum = 0;
    for (const char* key : keys) sum += numberIn(file, key).value_or(0);
    return sum;
}

/// `limit` less what is used of it.
std::uint64_t leftOf(std::uint64_t limit, std::uint64_t used) {
    return limit > used ? limit - used : 0;
}

/// This process's group in the hierarchy of `controller`, from lines "4:memory:/path"; version 2's
/// has an empty name. None where the process is not in such a hierarchy.
std::optional<fs::path> groupOf(const fs::path& root, const std::string& controller) {
    std::ifstream lines(root / "proc" / "self" / "cgroup");
    std::string line;
    while (std::getline(lines, line)) {
        const auto first = line.find(':');
        const auto second = first == std::string::npos ? first : line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string names = ',' + line.substr(first + 1, second - first - 1) + ',';
        if (names.find(',' + controller + ',') == std::string::npos) continue;
        return fs::path(line.substr(second + 1)).relative_path();
    }
    return std::nullopt;
}

/// Visits the group and all its parents up to `mount`, because any of them may have a limit. Groups
/// that are not visible in a container have no files; its own group is then the mount itself.
template <typename Look>
void walkGroups(const fs::path& mount, const fs::path& group, Look look) {
    fs::path folder = group.empty() ? mount : mount / group;
    while (folder != mount) {
        look(folder);
        folder = folder.parent_path();
    }
    look(mount);
}

// A group's usage includes cached files, which are released before it runs out of memory.

void lowerToGroupV2(const fs::path& folder, AvailableMemory& memory) {
    if (const auto limit = numberIn(folder / "memory.max")) {
        const std::uint64_t free = leftOf(*limit, numberIn(folder / "memory.current").value_or(0));
        const std::uint64_t kept =
            sumIn(folder / "memory.stat", {"active_file", "inactive_file", "slab_reclaimable"});
        memory.ramBytes = std::min(memory.ramBytes, free + kept);
    }
    if (const auto limit = numberIn(folder / "memory.swap.max")) {
        memory.swapBytes = std::min(
            memory.swapBytes, leftOf(*limit, numberIn(folder / "memory.swap.current").value_or(0)));
    }
}

/// Version 1 limits memory and swap together, if at all: swap is left as the system has it.
void lowerToGroupV1(const fs::path& folder, AvailableMemory& memory) {
    if (const auto limit = numberIn(folder / "memory.limit_in_bytes")) {
        const std::uint64_t free =
            leftOf(*limit, numberIn(folder / "memory.usage_in_bytes").value_or(0));
        const std::uint64_t kept =
            sumIn(folder / "memory.stat", {"total_active_file", "total_inactive_file"});
        memory.ramBytes = std::min(memory.ramBytes, free + kept);
    }
}

}  // namespace

std::optional<AvailableMemory> availableMemory(const fs::path& root) {
    const fs::path system = root / "proc" / "meminfo";
    const auto availableKib = numberIn(system, "MemAvailable:");
    if (!availableKib) return std::nullopt;
    AvailableMemory memory{*availableKib * 1024, numberIn(system, "SwapFree:").value_or(0) * 1024};
    const fs::path mount = root / "sys" / "fs" / "cgroup";
    if (const auto group = groupOf(root, "")) {
        walkGroups(mount, *group, [&](const fs::path& at) { lowerToGroupV2(at, memory); });
    }
    if (const auto group = groupOf(root, "memory")) {
        walkGroups(mount / "memory", *group,
                   [&](const fs::path& at) { lowerToGroupV1(at, memory); });
    }
    return memory;
}

}  // namespace mcj
