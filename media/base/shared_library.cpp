#include "media/base/shared_library.h"

#include <cstdlib>
#include <system_error>
#include <vector>

#include <dlfcn.h>

#include "media/base/error.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> placesOf(const std::string& name, const char* variable) {
    if (const char* named = std::getenv(variable); named != nullptr && *named != '\0') {
        return {fs::absolute(named)};
    }
    const fs::path here = executableFolder();
    return {(here / ".." / "lib" / name).lexically_normal(), here / name};
}

}  // namespace

fs::path executableFolder() {
    std::error_code failed;
    const fs::path program = fs::read_symlink("/proc/self/exe", failed);
    return failed ? fs::current_path() : program.parent_path();
}

OpenedLibrary openOwnLibrary(const std::string& name, const char* variable, int mode,
                             const std::string& hint) {
    std::string looked;
    for (const fs::path& place : placesOf(name, variable)) {
        std::error_code ignored;
        if (!fs::exists(place, ignored)) {
            looked += (looked.empty() ? "" : " and ") + place.string();
            continue;
        }
        void* library = ::dlopen(place.c_str(), mode);
        if (library == nullptr) {
            throw Error(ErrorCode::Device, place.string() + " could not be loaded: " + ::dlerror(),
                        hint);
        }
        return {place, library};
    }
    throw Error(ErrorCode::Device, name + " was not found: looked for " + looked, hint);
}

}  // namespace mcj
