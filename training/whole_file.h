#pragma once

#include <filesystem>
#include <string>

namespace mcj {

/// Writes text atomically, by a temporary file that is renamed. Creates the folder. Throws
/// `Error{Input}` that names the file.
void writeWholeFile(const std::filesystem::path& path, const std::string& text);

/// Throws `Error{Input}` that names the file; `hint` says what to do about it.
[[nodiscard]] std::string readWholeFile(const std::filesystem::path& path, const std::string& hint);

}  // namespace mcj
