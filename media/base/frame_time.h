#pragma once

#include "media/base/frame.h"

namespace mcj {

/// Seconds from the first frame of `video` to frame `index`: by timestamp if known, otherwise by
/// the average rate. Also for frames that are not scanned yet.
[[nodiscard]] double frameTimeSecs(const VideoInfo& video, FrameIndex index);

}  // namespace mcj
