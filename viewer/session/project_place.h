#pragma once

#include <QString>
#include <string>

#include "media/base/frame.h"
#include "segmentation/project_file.h"

namespace mcj {

// Paths of project files and of their videos.

[[nodiscard]] bool isProject(const QString& path);

/// "clip.mp4" -> "clip.mp4.mcjepa" beside it.
[[nodiscard]] QString projectBeside(const QString& videoPath);

/// The project file of a video, which need not exist: the one in `fallbackFolder` if that is set,
/// no project is beside the video, and the one in the folder exists or the video's own folder is
/// not writable. Otherwise the one beside the video.
[[nodiscard]] QString projectFor(const QString& videoPath, const QString& fallbackFolder);

/// The video of a project file. Of the places where it may be (the recorded one relative to the
/// project, the recorded absolute one, beside the project), the first with the recorded content;
/// then any file with that content beside the project; then the first place where there is any
/// file. Throws `Error{Input}` where there is none.
[[nodiscard]] QString videoOfProject(const QString& projectPath);

/// Whether the file `path` has the size and, where it is known, the sample of `recorded`. False for
/// anything but a file.
[[nodiscard]] bool hasContentOf(const VideoIdentity& recorded, const QString& path);

/// The path of `video` from the folder of `project`, with ".." where needed.
[[nodiscard]] QString relativeTo(const QString& video, const QString& project);

/// How a project stores the path of a file that belongs to it: relative to the folder of
/// `project`, the project file, where it is below that, so that the folder can be moved. Empty for
/// an empty path.
[[nodiscard]] QString pathInProject(const QString& path, const QString& project);
/// The reverse: an absolute path. Empty for an empty path.
[[nodiscard]] QString pathOfProject(const QString& stored, const QString& project);

/// What the user names to be opened.
struct Opening {
    QString video;
    QString project;  ///< empty: the one of `projectFor`
};
/// `path`: a project file, or a video. Throws as `videoOfProject`.
[[nodiscard]] Opening openingOf(const QString& path);

/// What a project records of the open video, except `sample`.
[[nodiscard]] VideoIdentity identityOf(const VideoInfo& video);

/// A hash of the file's length and of blocks spread over it. It detects another file of the same
/// name and reads only a megabyte. Empty if `video` is not a file or cannot be read.
[[nodiscard]] std::string sampleOfVideo(const std::string& path);

/// A sentence on how the video differs from the recorded one; empty if all values known of both are
/// equal.
[[nodiscard]] QString differenceOf(const VideoIdentity& recorded, const VideoIdentity& now);

}  // namespace mcj
