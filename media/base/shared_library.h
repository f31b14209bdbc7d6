#pragma once

#include <filesystem>
#include <string>

namespace mcj {

/// Folder of the running program; the working folder where that cannot be told.
[[nodiscard]] std::filesystem::path executableFolder();

struct OpenedLibrary {
    std::filesystem::path path;
    void* handle = nullptr;  ///< for dlsym; never closed
};

/// Opens a library of this program's own that programs are not linked to: the file that the
/// environment's `variable` names, else ../lib/`name` or `name` beside the executable. mode: as
/// dlopen's. Throws `Error{Device}` that says where it was looked for, with `hint`.
[[nodiscard]] OpenedLibrary openOwnLibrary(const std::string& name, const char* variable, int mode,
                                           const std::string& hint);

}  // namespace mcj
