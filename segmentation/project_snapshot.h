#pragma once

#include <filesystem>

namespace mcj {

// Internal to project files.

/// A copy of a project file in a temporary folder, both removed with it. Its content is that of one
/// moment, also while another program writes the file. Must not be made of a project that this
/// process has open: the system drops a process's locks on a file when it closes the file once.
class ProjectSnapshot {
public:
    /// Throws `Error{Input}` where the file cannot be read or changes all the time.
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
