#pragma once

#include <QString>
#include <string>

#include "media/base/frame.h"
#include "segmentation/project_file.h"

namespace mcj {

// Where project files lie and which video is theirs.

[[nodiscard]] bool isProject(const QString& path);

/// "clip.mp4" -> "clip.mp4.mcjepa" beside it.
[[nodiscard]] QString projectBeside(const QString& videoPath);

/// The project of a video: the one beside it or, where that cannot be written or is there already,
/// the one in `fallbackFolder` (empty: none). It need not exist.
[[nodiscard]] QString projectFor(const QString& videoPath, const QString& fallbackFolder);

/// The video that a project file belongs to: as recorded or, where that is gone, beside the
/// project. Throws `Error{Input}`.
[[nodiscard]] QString videoOfProject(const QString& projectPath);

/// What a project records of the video that is open; `sample` is left out.
[[nodiscard]] VideoIdentity identityOf(const VideoInfo& video);

/// A hash of the file's length and of blocks spread over it: another file of the same name has
/// another one, at the cost of reading a megabyte. Empty where it is no file or cannot be read.
[[nodiscard]] std::string sampleOfVideo(const std::string& path);

/// How the video differs from the one that was recorded, as a sentence; empty where it does not as
/// far as both are known.
[[nodiscard]] QString differenceOf(const VideoIdentity& recorded, const VideoIdentity& now);

}  // namespace mcj
