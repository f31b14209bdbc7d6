#pragma once

#include <filesystem>
#include <vector>

namespace mcj {

/// `root` and every folder below it. Links to folders are followed, except to a folder that
/// contains `root`. Each folder is listed once, by a path without links where one exists. Folders
/// that cannot be read, and broken or circular links, are left out. Throws `Error{Input}` where
/// `root` is not a readable folder.
[[nodiscard]] std::vector<std::filesystem::path> foldersUnder(const std::filesystem::path& root);

/// The regular files of one folder, in no particular order. Links to files are followed; broken or
/// circular ones are left out.
[[nodiscard]] std::vector<std::filesystem::path> filesIn(const std::filesystem::path& folder);

}  // namespace mcj
