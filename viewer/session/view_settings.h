#pragma once

#include "segmentation/project_file.h"
#include "viewer/session/layer_stack.h"
#include "viewer/session/mask_editor.h"

namespace mcj {

// What a project remembers of how its video was looked at: the layers, the hidden objects and the
// frame on screen.

[[nodiscard]] ProjectSettings settingsOf(const LayerStack& layers, const MaskEditor& masks,
                                         FrameIndex frame);

/// Puts the settings back; what is missing or unknown stays as it is. Returns the frame.
FrameIndex restoreSettings(const ProjectSettings& settings, LayerStack& layers, MaskEditor& masks);

}  // namespace mcj
