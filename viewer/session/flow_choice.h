#pragma once

#include <QString>
#include <string>
#include <vector>

#include "inference/analysis/flow_files.h"
#include "media/base/frame.h"
#include "segmentation/project_file.h"
#include "viewer/session/notice.h"
#include "viewer/session/view.h"

namespace mcj {

/// Opens flow of `video` and reads the first file, so that files of another size are refused at
/// once. Throws `Error{Input}` that names the file.
[[nodiscard]] FlowFilesPtr openFlowFor(const VideoInfo& video, const QString& path);

/// Ground truth, other flow from files, which of these files is the flow provider, and the gap
/// between frames, as a project stores them. Paths below the folder of `project`, the project file,
/// are relative to it.
[[nodiscard]] ProjectSettings flowChoiceOf(const View& view, const QString& project);

/// Restores what `flowChoiceOf` returned. Files that cannot be opened are left out, each with a
/// notice.
std::vector<Notice> restoreFlowChoice(const ProjectSettings& settings, const QString& project,
                                      const VideoInfo& video, View& view);

}  // namespace mcj
