#pragma once

#include <QString>
#include <string>

#include "segmentation/project_file.h"
#include "viewer/session/marks.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/view_set.h"

namespace mcj {

// What a project stores of the screen: arrangement and layers of the views, pins, hidden objects,
// marks and the frame at the playhead.

/// Arrangement, layers, flow methods, levels and offsets of all views, and whether their frames and
/// their places are linked; of flow from files, which files each view uses, and the models of views
/// that are not computed by their usual one: see `ViewSet::ownModel`.
[[nodiscard]] std::string viewsToJson(const ViewSet& views);
/// Restores what `viewsToJson` returned; what cannot be read is left unchanged, as is what needs a
/// model file that is missing. Flow from files that are not loaded is awaited: see
/// `View::awaitFlow`.
void viewsFromJson(const std::string& text, ViewSet& views);
[[nodiscard]] ProjectSettings settingsOf(const ViewSet& views, const MaskEditor& masks,
                                         const Marks& marks, FrameIndex frame);

/// Restores the settings; missing or unknown ones are left unchanged. Returns the frame.
FrameIndex restoreSettings(const ProjectSettings& settings, ViewSet& views, MaskEditor& masks,
                           Marks& marks);

}  // namespace mcj
