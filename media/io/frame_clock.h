#pragma once

#include <cstdint>
#include <vector>

#include "media/base/frame.h"

namespace mcj {

/// When each frame of a video is shown, relative to its first frame. Handles timestamps that begin
/// late or below zero, repeat, are missing, or jump where recordings were joined or a counter
/// wrapped.
struct FrameClock {
    /// One value per frame in ticks of `VideoInfo::timeBase`: 0 for the first, then increasing.
    /// Empty where there are no usable timestamps (image folders, raw streams).
    std::vector<std::int64_t> ticks;
    /// Frames whose timestamp does not continue that of the frame before. Such a step counts as one
    /// frame of average length.
    std::vector<FrameIndex> jumps;
    /// The longest step between two neighbours, in ticks.
    std::int64_t longestStep = 0;
};

/// The clock of `info.pts`. Steps up to 10 seconds are kept in formats whose clock may restart
/// (`VideoInfo::clockMayJump`), up to 60 seconds in others, and in any case up to ten times the
/// median step (time lapse); a longer step is a jump.
[[nodiscard]] FrameClock frameClockOf(const VideoInfo& info);

}  // namespace mcj
