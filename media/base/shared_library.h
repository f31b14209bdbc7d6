#pragma once

#include <filesystem>
#include <string>

namespace mcj {

/// Folder of the running program; the working folder where that is not known.
[[nodiscard]] std::filesystem::path executableFolder();

struct OpenedLibrary {
    std::filesystem::path path;
    void* handle = nullptr;  ///< for dlsym; never closed
};

/// Opens a library of this program that executables are not linked to: the file that the
/// environment variable `variable` names, else ../lib/`name` or `name` beside the executable. mode:
/// as dlopen's. Throws `Error{Device}` with the paths that were tried and `hint`.
[[nodiscard]] OpenedLibrary openOwnLibrary(const std::string& name, const char* variable, int mode,
                                           const std::string& hint);

}  // namespace mcj
