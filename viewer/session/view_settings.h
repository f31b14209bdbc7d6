#pragma once

#include "segmentation/project_file.h"
#include "viewer/session/layer_stack.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/pins.h"

namespace mcj {

// The settings of the view that a project stores: layers, pins, hidden objects and the frame on
// screen.

[[nodiscard]] ProjectSettings settingsOf(const LayerStack& layers, const Pins& pins,
                                         const MaskEditor& masks, FrameIndex frame);

/// The pins of the settings; none if they are missing or cannot be read.
[[nodiscard]] Pins pinsOf(const ProjectSettings& settings);

/// Restores the other settings; missing or unknown ones are left unchanged. Returns the frame.
FrameIndex restoreSettings(const ProjectSettings& settings, LayerStack& layers, MaskEditor& masks);

}  // namespace mcj
