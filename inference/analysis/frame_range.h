#pragma once

#include <limits>
#include <optional>
#include <string>

#include "media/base/frame.h"

namespace mcj {

/// Which frames of a clip: begin, begin + step, ... below `end` (half-open; none: the clip's end).
struct FrameRange {
    FrameIndex begin = 0;
    std::optional<FrameIndex> end;
    FrameIndex step = 1;

    /// The number of frames it selects; only for a range whose end is known.
    [[nodiscard]] FrameIndex count() const noexcept {
        return end && *end > begin ? (*end - begin - 1) / step + 1 : 0;
    }
    /// Limited to the largest `FrameIndex` if the sum would overflow.
    [[nodiscard]] FrameIndex at(FrameIndex ordinal) const noexcept {
        constexpr FrameIndex kLast = std::numeric_limits<FrameIndex>::max();
        if (ordinal > 0 && step > (kLast - begin) / ordinal) return kLast;
        return begin + ordinal * step;
    }
    friend bool operator==(const FrameRange&, const FrameRange&) = default;
};

/// The pairs of frames that begin at a frame of a range whose end is known.
struct FramePairs {
    FrameRange range;
    /// How many frames of the clip the second frame is after the first; both are in the range's
    /// bounds. 0: the second frame is the next one of the range.
    FrameIndex gap = 0;

    [[nodiscard]] FrameIndex count() const noexcept {
        if (gap == 0) return range.count() > 0 ? range.count() - 1 : 0;
        return range.end ? FrameRange{range.begin, *range.end - gap, range.step}.count() : 0;
    }
    [[nodiscard]] FrameIndex first(FrameIndex ordinal) const noexcept { return range.at(ordinal); }
    [[nodiscard]] FrameIndex second(FrameIndex ordinal) const noexcept {
        return gap == 0 ? range.at(ordinal + 1) : range.at(ordinal) + gap;
    }
};

/// "A:B", "A:B:STEP", ":B", "A:", "::STEP" or "" (everything). Throws `Error{Usage}`.
[[nodiscard]] FrameRange parseFrameRange(const std::string& text);

/// The inverse: "A:B:STEP", with an empty B where the end is open.
[[nodiscard]] std::string frameRangeText(const FrameRange& range);

/// `range` cut to a clip of `frames` frames. Throws `Error{Usage}` where no frame is left.
[[nodiscard]] FrameRange clipRange(const FrameRange& range, FrameIndex frames);

}  // namespace mcj
