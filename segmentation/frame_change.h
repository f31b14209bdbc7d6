#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "segmentation/mask_patch.h"
#include "segmentation/mask_track.h"

namespace mcj {

// The log of project files of format 1: the change of one frame, as a difference of labels. It is
// only read, to convert such files to the current format (project_format.h).

/// The facts of a frame's mask before and after (none: the frame had no mask) and the difference of
/// the labels, a missing mask counting as all background.
struct FrameChange {
    FrameIndex frame = 0;
    std::optional<MaskFacts> before;
    std::optional<MaskFacts> after;
    MaskPatch patch;
    friend bool operator==(const FrameChange&, const FrameChange&) = default;
};

/// One frame's entry with a change done or undone. Throws `Error{Input}` where `entry` differs in
/// size or presence from the state that the change starts from.
[[nodiscard]] std::optional<MaskEntry> applyChange(const std::optional<MaskEntry>& entry,
                                                   const FrameChange& change);
[[nodiscard]] std::optional<MaskEntry> revertChange(const std::optional<MaskEntry>& entry,
                                                    const FrameChange& change);

/// Throws `Error{Input}` for anything but one complete change.
[[nodiscard]] FrameChange decodeChange(std::span<const std::uint8_t> bytes);

}  // namespace mcj
