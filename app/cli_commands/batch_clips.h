#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/cli_commands/analyze_line.h"

namespace mcj {

/// The paths in a list: one per line, without empty lines and lines that begin with '#'. Relative
/// paths are relative to the current folder, as on the command line. Throws `Error{Input}` where
/// the file cannot be read or names nothing.
[[nodiscard]] std::vector<std::string> readClipList(const std::filesystem::path& file);

/// A folder name for each clip: the file's name without its extension, or the folder's name. Equal
/// names are numbered in the order of the clips: "walk", "walk-2". `reserved` is not used.
[[nodiscard]] std::vector<std::string> clipNames(const std::vector<std::string>& videos,
                                                 const std::string& reserved);

/// A clip of a batch.
struct BatchClip {
    std::string name;
    ClipFiles files;
};

/// The clips of the line, those of the list last. Each has its own folder and, with --overlay,
/// --truth and --flow-from, its own entry in these folders. Throws `Error{Usage}` where a clip is
/// named twice, `Error{Input}` for a list that cannot be read.
[[nodiscard]] std::vector<BatchClip> batchClips(const AnalyzeLine& line,
                                                const std::string& reserved);

}  // namespace mcj
