#pragma once

#include <memory>
#include <vector>

#include "inference/engine/inference_engine.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/run.h"

namespace mcj {

enum class PropagationDirection { Forward, Backward };

/// Carries the masks of the anchors through the frames between them and beyond, one frame a step.
/// Frames appear in the editor as they come; the end of the run, however it ends, is one undo step.
class PropagationRun;

}  // namespace mcj
