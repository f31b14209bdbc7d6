#pragma once

#include <filesystem>
#include <vector>

namespace mcj {

/// `root` and every folder below it, links to folders followed, each folder once: by the path
/// without links where there is one. Links to a folder that holds `root` are not followed. Folders
/// that cannot be read, and links that lead nowhere or to themselves, are left out.
/// Throws `Error{Input}` where `root` is not a folder that can be read.
[[nodiscard]] std::vector<std::filesystem::path> foldersUnder(const std::filesystem::path& root);

/// The regular files of one folder, in no order; links to files are followed, those that lead
/// nowhere or to themselves are left out.
[[nodiscard]] std::vector<std::filesystem::path> filesIn(const std::filesystem::path& folder);

}  // namespace mcj
