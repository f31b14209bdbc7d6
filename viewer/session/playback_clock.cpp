#include "viewer/session/playback_clock.h"

#include <algorithm>
#include <cmath>

namespace mcj {

PlaybackClock::PlaybackClock(TimeOf timeOf, Now now)
    : timeOf_(std::move(timeOf)), now_(std::move(now)) {
    steady_.start();
    if (!now_) {
        now_ = [this] { return static_cast<double>(steady_.nsecsElapsed()) * 1e-9; };
    }
}

void PlaybackClock::start(FrameIndex frame, double speed) {
    speed_ = speed > 0.0 ? speed : 1.0;
    startedAt_ = now_();
    startTimeSecs_ = timeOf_(frame);
    last_ = frame;
    running_ = true;
}

FrameIndex PlaybackClock::due(FrameIndex count) {
    if (!running_ || count <= 0) return last_;
    const double wanted = startTimeSecs_ + (now_() - startedAt_) * speed_;
    // Search forward from the last frame: only the few frames of one tick.
    FrameIndex frame = std::min(last_, count - 1);
    while (frame + 1 < count && timeOf_(frame + 1) <= wanted) ++frame;
    if (frame == count - 1) {
        // The last frame is shown as long as the one before it.
        const double length = count > 1 ? timeOf_(count - 1) - timeOf_(count - 2) : 0.0;
        if (wanted >= timeOf_(count - 1) + std::max(length, 0.0)) {
            if (loop_ == LoopMode::Loop && count > 1) {
                start(0, speed_);
                return 0;
            }
            running_ = false;
        }
    }
    last_ = frame;
    return frame;
}

int PlaybackClock::untilNextMs(FrameIndex frame, FrameIndex count) const {
    if (frame + 1 >= count) return 10;
    const double wanted = startTimeSecs_ + (now_() - startedAt_) * speed_;
    const double wait = (timeOf_(frame + 1) - wanted) / speed_;
    return std::clamp(static_cast<int>(std::lround(wait * 1000.0)), 1, 1000);
}

}  // namespace mcj
