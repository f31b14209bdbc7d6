#include "training/distributed_plugin.h"

#include <cstdlib>
#include <vector>

#include <dlfcn.h>

#include "media/base/error.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// A file that the user names is the only place that is tried.
std::vector<fs::path> placesOf(const Plugin& plugin) {
    if (const char* named = std::getenv(plugin.variable); named != nullptr && *named != '\0') {
        return {named};
    }
    std::error_code failed;
    const fs::path folder = fs::read_symlink("/proc/self/exe", failed).parent_path();
    if (failed) return {};
    return {folder / plugin.file, folder.parent_path() / "lib" / plugin.file};
}

}  // namespace

fs::path findPlugin(const Plugin& plugin) {
    for (const fs::path& place : placesOf(plugin)) {
        std::error_code ignored;
        if (fs::exists(place, ignored)) return place;
    }
    return {};
}

void* openPlugin(const Plugin& plugin) {
    const fs::path file = findPlugin(plugin);
    if (file.empty()) {
        std::string looked;
        for (const fs::path& place : placesOf(plugin)) {
            looked += (looked.empty() ? "" : ", ") + place.string();
        }
        throw Error(ErrorCode::Device,
                    std::string(plugin.file) + " was not found: looked in " + looked, plugin.hint);
    }
    // Global: MPI libraries load plugins at run time, which expect their symbols to be global.
    void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (handle == nullptr) {
        // dlerror's text begins with the file that is missing or wrong.
        throw Error(ErrorCode::Device, file.string() + " could not be loaded: " + ::dlerror(),
                    plugin.hint);
    }
    void* door = ::dlsym(handle, plugin.door);
    if (door == nullptr) refusePlugin(plugin);
    return door;
}

void refusePlugin(const Plugin& plugin) {
    throw Error(ErrorCode::Device,
                findPlugin(plugin).string() + " was built from another version of this program",
                "Rebuild both with ./start build.");
}

}  // namespace mcj
