#pragma once

#include <filesystem>

namespace mcj {

// Internal to project files.

/// A copy of a project file in a temporary folder; both are removed when this object is destroyed.
/// The content is that of one moment, even if another program is writing the file. Must not be made
/// of a project that this process has open: the system drops all of a process's locks on a file as
/// soon as the process closes the file once.
class ProjectSnapshot {
public:
    /// Throws `Error{Input}` where the file cannot be read or keeps changing.
    explicit ProjectSnapshot(const std::filesystem::path& project);
    ~ProjectSnapshot();
    ProjectSnapshot(const ProjectSnapshot&) = delete;
    ProjectSnapshot& operator=(const ProjectSnapshot&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return copy_; }

private:
    std::filesystem::path folder_;
    std::filesystem::path copy_;
};

}  // namespace mcj
