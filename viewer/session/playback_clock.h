#pragma once

#include <QElapsedTimer>
#include <functional>

#include "media/base/frame.h"

namespace mcj {

enum class LoopMode { Once, Loop };

/// Computes the frame that is due from timestamps and a steady clock: late frames are dropped and
/// playback does not slow down. GUI thread; contains no timer.
class PlaybackClock {
public:
    using TimeOf = std::function<double(FrameIndex)>;  ///< seconds since the first frame
    using Now = std::function<double()>;               ///< seconds, steady

    explicit PlaybackClock(TimeOf timeOf, Now now = {});
    PlaybackClock(const PlaybackClock&) = delete;  // the default clock points into this object
    PlaybackClock& operator=(const PlaybackClock&) = delete;

    /// Starts at `frame`; `speed` 1 is the video's frame rate.
    void start(FrameIndex frame, double speed = 1.0);
    void stop() noexcept { running_ = false; }
    [[nodiscard]] bool running() const noexcept { return running_; }

    void setLoop(LoopMode mode) noexcept { loop_ = mode; }
    [[nodiscard]] LoopMode loop() const noexcept { return loop_; }

    /// The frame that is due now, of `count`; stops at the end unless it loops.
    [[nodiscard]] FrameIndex due(FrameIndex count);
    /// Milliseconds until the frame after `frame` is due, at least 1.
    [[nodiscard]] int untilNextMs(FrameIndex frame, FrameIndex count) const;

private:
    TimeOf timeOf_;
    Now now_;
    QElapsedTimer steady_;
    LoopMode loop_ = LoopMode::Once;
    bool running_ = false;
    double speed_ = 1.0;
    double startedAt_ = 0.0;      ///< by `now_`
    double startTimeSecs_ = 0.0;  ///< of the frame it started at
    FrameIndex last_ = 0;         ///< the newest frame that was due: time does not go back
};

}  // namespace mcj
