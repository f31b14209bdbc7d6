#pragma once

#include <cstdint>
#include <vector>

#include "media/base/frame.h"

namespace mcj {

/// When each frame of a video is shown, counted from its first frame, whatever the timestamps of
/// the file do: they may begin late or below zero, repeat, be missing, or jump where recordings
/// were joined or a counter wrapped.
struct FrameClock {
    /// One value per frame in ticks of `VideoInfo::timeBase`: 0 for the first, then increasing.
    /// Empty where the timestamps say nothing (image folders, raw streams).
    std::vector<std::int64_t> ticks;
    /// Frames whose timestamp does not continue that of the frame before. Such a step counts as one
    /// frame of average length.
    std::vector<FrameIndex> jumps;
    /// The longest step between two neighbours, in ticks.
    std::int64_t longestStep = 0;
};

/// The clock of `info.pts`. Steps are kept up to 10 seconds in formats whose clock may start anew
/// (`VideoInfo::clockMayJump`), up to 60 seconds in others, and in any case up to ten times the
/// median step (time lapse); a longer one is a jump.
[[nodiscard]] FrameClock frameClockOf(const VideoInfo& info);

}  // namespace mcj
