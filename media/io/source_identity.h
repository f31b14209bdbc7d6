#pragma once

#include <filesystem>
#include <string>

namespace mcj {

/// An identity for the content of a regular file that takes milliseconds at any length: a digest of
/// its size, the time of its last change and samples from its whole length, as 64 hex digits. It
/// survives moving and renaming. It is not a proof: files with the same identity can differ between
/// the samples. Throws `Error{Input}` where the file cannot be read.
[[nodiscard]] std::string quickIdentityOf(const std::filesystem::path& path);

}  // namespace mcj
