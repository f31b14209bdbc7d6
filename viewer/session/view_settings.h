#pragma once

#include "segmentation/project_file.h"
#include "viewer/session/layer_stack.h"
#include "viewer/session/marks.h"
#include "viewer/session/mask_editor.h"

namespace mcj {

// The settings of the view that a project stores: layers, hidden objects, marks and the frame on
// screen.

[[nodiscard]] ProjectSettings settingsOf(const LayerStack& layers, const MaskEditor& masks,
                                         const Marks& marks, FrameIndex frame);

/// Restores the settings; missing or unknown ones are left unchanged. Returns the frame.
FrameIndex restoreSettings(const ProjectSettings& settings, LayerStack& layers, MaskEditor& masks,
                           Marks& marks);

}  // namespace mcj
