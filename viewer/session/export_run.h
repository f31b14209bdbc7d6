#pragma once

#include "viewer/session/run.h"

namespace mcj {

/// Writes the maps of a range of frames to a folder, one frame a step.
class ExportRun;

}  // namespace mcj
