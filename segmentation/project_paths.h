#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "segmentation/project_file.h"

namespace mcj {

// The paths that a project file contains: of its video, and in its settings.

// Names of settings with paths. `kFlowFilesSetting` has one path per line, `kFlowInUseSetting` and
// `kTruthSetting` have one path each.
inline constexpr const char* kViewsSetting = "views";          ///< JSON of the views
inline constexpr const char* kBookmarksSetting = "bookmarks";  ///< JSON of bookmarks, with views
inline constexpr const char* kFlowFilesSetting = "flow-files";
inline constexpr const char* kFlowInUseSetting = "flow-files-in-use";
inline constexpr const char* kTruthSetting = "truth";

enum class PathUse {
    Model,  ///< of a view
    Flow,   ///< ground truth or another method: a file, a folder or a glob
};

/// Returns what stands in place of a path, which is never empty.
using PathChange = std::function<std::string(PathUse, const std::string&)>;

/// The JSON of `kViewsSetting` with other paths. An id of flow from files begins with their path.
[[nodiscard]] std::string withViewPaths(const std::string& views, const PathChange& change);
/// The same for `kBookmarksSetting`.
[[nodiscard]] std::string withBookmarkPaths(const std::string& bookmarks, const PathChange& change);
/// The same for all settings.
[[nodiscard]] ProjectSettings withPaths(ProjectSettings settings, const PathChange& change);

/// All views that are computed by the usual model are computed by `model` instead, in the settings
/// and in bookmarks: for a program whose usual model is another one.
[[nodiscard]] ProjectSettings withUsualModel(ProjectSettings settings, const std::string& model);

/// The video of the project file `project`: a recorded path that is relative is one from the folder
/// of the project, or else from the working folder; a video that is missing there may be beside
/// the project. None where it is in none of these places. Globs are not looked for.
[[nodiscard]] std::optional<std::filesystem::path> recordedVideo(
    const std::string& recorded, const std::filesystem::path& project);

}  // namespace mcj
