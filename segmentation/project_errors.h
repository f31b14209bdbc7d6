#pragma once

#include <filesystem>

namespace mcj {

/// Inside a catch block: rethrows SQLite's exception as an `Error{Input}` that names the project
/// and says what to do; any other exception as it is.
[[noreturn]] void rethrowNamed(const std::filesystem::path& project);

/// Runs `job`, which uses the project file `project`.
template <typename Job>
auto onProject(const std::filesystem::path& project, Job&& job) -> decltype(job()) {
    try {
        return job();
    } catch (...) {
        rethrowNamed(project);
    }
}

}  // namespace mcj
