#pragma once

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include <stdlib.h>
#include <unistd.h>

#include "media/base/error.h"

namespace mcj {

/// An empty folder that is deleted with its contents on destruction, unless it was renamed.
class ScratchFolder {
public:
    /// Deletes whatever is at `path`. Throws `Error{Input}` where the folder cannot be created.
    explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {
        std::error_code failure;
        std::filesystem::remove_all(path_, failure);
        if (!std::filesystem::create_directory(path_, failure)) {
            throw Error(ErrorCode::Input,
                        "the folder " + path_.string() + " cannot be created: " + failure.message(),
                        "Choose a folder whose parent exists and is writable.");
        }
    }
    /// A new folder below the system's folder for temporary files, which only this user can read
    /// and whose name begins with `prefix`. Throws `Error{Input}` where it cannot be created.
    [[nodiscard]] static ScratchFolder unique(const std::string& prefix) {
        std::string path = (std::filesystem::temp_directory_path() / (prefix + "XXXXXX")).string();
        if (::mkdtemp(path.data()) == nullptr) {
            throw Error(ErrorCode::Input,
                        "the folder " + path + " cannot be created: " + std::strerror(errno),
                        "Set TMPDIR to a writable folder.");
        }
        return ScratchFolder(std::move(path), Existing{});
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    struct Existing {};
    ScratchFolder(std::filesystem::path path, Existing) : path_(std::move(path)) {}

    std::filesystem::path path_;
};

/// A path for a scratch folder that is unique to this process, below the system's folder for
/// temporary files.
[[nodiscard]] inline std::filesystem::path temporaryScratchPath() {
    return std::filesystem::temp_directory_path() / ("mcjepa-" + std::to_string(::getpid()));
}

}  // namespace mcj
