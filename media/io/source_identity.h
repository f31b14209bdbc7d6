#pragma once

#include <filesystem>
#include <string>

namespace mcj {

/// A name for the content of a regular file that is found within milliseconds at any length: a
/// digest of its size, the time of its last change and bytes from its whole length, as 64 hex
/// digits. Moving or renaming the file keeps it. Not a proof: two files of one identity can differ
/// where nothing was looked at. Throws `Error{Input}` where the file cannot be read.
[[nodiscard]] std::string quickIdentityOf(const std::filesystem::path& path);

}  // namespace mcj
