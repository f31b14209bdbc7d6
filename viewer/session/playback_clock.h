#pragma once

#include <QElapsedTimer>
#include <functional>

#include "media/base/frame.h"

namespace mcj {

enum class LoopMode { Once, Loop };

/// Some consecutive frames, half-open.
struct FrameSpan {
    FrameIndex begin = 0;
    FrameIndex end = 0;
    [[nodiscard]] bool holds(FrameIndex frame) const noexcept {
        return frame >= begin && frame < end;
    }
    friend bool operator==(const FrameSpan&, const FrameSpan&) = default;
};

/// Computes the frame that is due from timestamps and a steady clock: late frames are dropped and
/// playback does not slow down. GUI thread; contains no timer.
class PlaybackClock {
public:
    using TimeOf = std::function<double(FrameIndex)>;  ///< seconds since the first frame
    using Now = std::function<double()>;               ///< seconds, steady

    explicit PlaybackClock(TimeOf timeOf, Now now = {});
    PlaybackClock(const PlaybackClock&) = delete;  // the default clock points into this object
    PlaybackClock& operator=(const PlaybackClock&) = delete;

    /// Starts at `frame`; `rate` 1 is the video's frame rate, a negative one plays backwards. A
    /// rate of 0 counts as 1.
    void start(FrameIndex frame, double rate = 1.0);
    void stop() noexcept { running_ = false; }
    [[nodiscard]] bool running() const noexcept { return running_; }

    void setLoop(LoopMode mode) noexcept { loop_ = mode; }
    [[nodiscard]] LoopMode loop() const noexcept { return loop_; }

    /// The frame that is due now, of the frames of `span`; stops at the end, or the beginning,
    /// unless it loops. Where the clock is outside of `span`, it goes on inside.
    [[nodiscard]] FrameIndex due(FrameSpan span);
    /// Milliseconds until the frame after `frame`, in the direction of playback, is due; at least
    /// 1.
    [[nodiscard]] int untilNextMs(FrameIndex frame, FrameSpan span) const;

private:
    /// In the direction of playback.
    [[nodiscard]] FrameIndex next(FrameIndex frame) const noexcept {
        return rate_ < 0.0 ? frame - 1 : frame + 1;
    }
    /// Seconds of video that have passed since the time of `frame`, in the direction of playback.
    [[nodiscard]] double passedSince(FrameIndex frame) const;
    /// Seconds of video for which the last frame of `span` is shown.
    [[nodiscard]] double lengthOfLast(FrameIndex last, FrameSpan span) const;

    TimeOf timeOf_;
    Now now_;
    QElapsedTimer steady_;
    LoopMode loop_ = LoopMode::Once;
    bool running_ = false;
    double rate_ = 1.0;
    double startedAt_ = 0.0;      ///< by `now_`
    double startTimeSecs_ = 0.0;  ///< of the frame it started at
    FrameIndex last_ = 0;         ///< the newest frame that was due: time does not go back
};

}  // namespace mcj
