#pragma once

#include <chrono>
#include <deque>
#include <optional>

#include "media/base/frame.h"

namespace mcj {

/// How well a live view keeps up with its source. Times are passed in. GUI thread.
class LiveCounts {
public:
    using Clock = std::chrono::steady_clock;

    /// All frames up to `newest` have come; the newest one at `when`.
    void arrived(FrameIndex newest, Clock::time_point when);
    /// A frame that came at `arrived` is put on screen.
    void showed(Clock::time_point arrived);

    /// Frames that were read from the source.
    [[nodiscard]] FrameIndex received() const noexcept { return received_; }
    /// Frames that were on screen.
    [[nodiscard]] FrameIndex shown() const noexcept { return shown_; }
    /// Frames that were not, because a newer one had come or the picture was frozen.
    [[nodiscard]] FrameIndex passedOver() const noexcept { return received_ - shown_; }
    /// Received frames per second, over the last two seconds before `now`; 0 where there is less
    /// than two frames in them.
    [[nodiscard]] double framesPerSec(Clock::time_point now) const;
    /// Since the frame on screen was read; none where there is none.
    [[nodiscard]] std::optional<double> shownAgeSecs(Clock::time_point now) const;
    /// Since the newest frame was read; none where there is none.
    [[nodiscard]] std::optional<double> silenceSecs(Clock::time_point now) const;

private:
    struct Arrival {
        Clock::time_point when;
        FrameIndex received;  ///< up to then
    };

    std::deque<Arrival> arrivals_;  ///< of the last seconds; the last one is of the newest frame
    FrameIndex received_ = 0;
    FrameIndex shown_ = 0;
    std::optional<Clock::time_point> shownArrived_;
};

}  // namespace mcj
