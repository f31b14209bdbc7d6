#pragma once

#include <filesystem>

namespace mcj {

/// Inside a catch block: rethrows SQLite's exception as an `Error{Input}` that names the project
/// and has a hint; rethrows any other exception unchanged.
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
