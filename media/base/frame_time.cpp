#include "media/base/frame_time.h"

#include <algorithm>
#include <cstddef>

namespace mcj {

double frameTimeSecs(const VideoInfo& video, FrameIndex index) {
    const auto& pts = video.pts;
    const auto place = static_cast<std::size_t>(std::max<FrameIndex>(index, 0));
    if (place < pts.size() && pts[place] && pts.front()) {
        return static_cast<double>(*pts[place] - *pts.front()) * video.timeBase.value();
    }
    const double fps = video.averageFps > 0.0 ? video.averageFps : 25.0;
    const double regular = static_cast<double>(index) / fps;
    // Beyond the scanned frames, continue from the last known timestamp so that time does not go
    // back.
    if (!pts.empty() && pts.back() && pts.front() && place >= pts.size()) {
        const double known =
            static_cast<double>(*pts.back() - *pts.front()) * video.timeBase.value();
        return known + static_cast<double>(place - (pts.size() - 1)) / fps;
    }
    return regular;
}

}  // namespace mcj
