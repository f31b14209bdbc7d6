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

void PlaybackClock::start(FrameIndex frame, double rate) {
    const bool usable = std::isfinite(rate) && std::abs(rate) > 0.0;
    rate_ = usable ? rate : 1.0;
    startedAt_ = now_();
    startTimeSecs_ = timeOf_(frame);
    last_ = frame;
    running_ = true;
}

double PlaybackClock::passedSince(FrameIndex frame) const {
    const double wanted = startTimeSecs_ + (now_() - startedAt_) * rate_;
    return rate_ < 0.0 ? timeOf_(frame) - wanted : wanted - timeOf_(frame);
}

double PlaybackClock::lengthOfLast(FrameIndex last, FrameSpan span) const {
    // It is shown as long as the frame before it.
    const FrameIndex before = rate_ < 0.0 ? last + 1 : last - 1;
    return span.holds(before) ? std::abs(timeOf_(last) - timeOf_(before)) : 0.0;
}

FrameIndex PlaybackClock::due(FrameSpan span) {
    if (!running_ || span.end <= span.begin) return last_;
    const FrameIndex last = rate_ < 0.0 ? span.begin : span.end - 1;
    // Search from the last frame: only the few frames of one tick.
    FrameIndex frame = std::clamp(last_, span.begin, span.end - 1);
    if (frame != last_) start(frame, rate_);
    while (span.holds(next(frame)) && passedSince(next(frame)) >= 0.0) frame = next(frame);
    if (frame == last && passedSince(last) >= lengthOfLast(last, span)) {
        if (loop_ == LoopMode::Loop && span.end - span.begin > 1) {
            start(rate_ < 0.0 ? span.end - 1 : span.begin, rate_);
            return last_;
        }
        running_ = false;
    }
    last_ = frame;
    return frame;
}

int PlaybackClock::untilNextMs(FrameIndex frame, FrameSpan span) const {
    if (!span.holds(next(frame))) return 10;
    const double wait = -passedSince(next(frame)) / std::abs(rate_);
    return std::clamp(static_cast<int>(std::lround(std::min(wait, 1.0) * 1000.0)), 1, 1000);
}

}  // namespace mcj
