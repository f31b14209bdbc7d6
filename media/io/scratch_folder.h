#pragma once

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include <unistd.h>

#include "media/base/error.h"

namespace mcj {

/// An empty folder that goes away with everything in it, unless it was renamed before.
class ScratchFolder {
public:
    /// Whatever is at `path` goes. Throws `Error{Input}` where the folder cannot be made.
    explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {
        std::error_code failure;
        std::filesystem::remove_all(path_, failure);
        if (!std::filesystem::create_directory(path_, failure)) {
            throw Error(ErrorCode::Input,
                        "the folder " + path_.string() + " cannot be made: " + failure.message(),
                        "Choose a folder whose parent exists and may be written.");
        }
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

/// A path of this process for one, below the system's folder for temporary files.
[[nodiscard]] inline std::filesystem::path temporaryScratchPath() {
    return std::filesystem::temp_directory_path() / ("mcjepa-" + std::to_string(::getpid()));
}

}  // namespace mcj
