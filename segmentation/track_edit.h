#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "segmentation/mask_patch.h"
#include "segmentation/mask_track.h"

namespace mcj {

/// What happened to one frame: its facts before and after (none: the frame had no mask) and the
/// difference of the labels, a missing mask counting as all background.
struct FrameChange {
    FrameIndex frame = 0;
    std::optional<MaskFacts> before;
    std::optional<MaskFacts> after;
    MaskPatch patch;
    friend bool operator==(const FrameChange&, const FrameChange&) = default;
};

/// One step of undo: a stroke, a lock, an import, or a whole propagation.
struct TrackEdit {
    std::string label;  ///< for the menu: "Paint object 2"
    std::vector<FrameChange> changes;
    friend bool operator==(const TrackEdit&, const TrackEdit&) = default;
};

/// The change of `frame` from what `track` has to `after` (none: the mask goes away). Throws
/// `Error{Input}` where the sizes differ.
[[nodiscard]] FrameChange changeFrame(const MaskTrack& track, FrameIndex frame,
                                      const std::optional<MaskEntry>& after);

/// The same where the caller knows which box of a stroke differs (`after` is the mask painted on).
[[nodiscard]] FrameChange changeFrame(const MaskTrack& track, FrameIndex frame, const Mask& after,
                                      const MaskFacts& facts, BoxPx within);

/// One frame's entry with a change done or undone. Throws `Error{Input}` where `entry` is not what
/// the change started from in size or presence.
[[nodiscard]] std::optional<MaskEntry> applyChange(const std::optional<MaskEntry>& entry,
                                                   const FrameChange& change);
[[nodiscard]] std::optional<MaskEntry> revertChange(const std::optional<MaskEntry>& entry,
                                                    const FrameChange& change);

/// The whole edit; `revertEdit` walks the changes backwards, so one frame may occur more than once.
void applyEdit(MaskTrack& track, const TrackEdit& edit);
void revertEdit(MaskTrack& track, const TrackEdit& edit);

/// For project files; the decoder throws `Error{Input}` for anything that is not a whole change.
[[nodiscard]] std::vector<std::uint8_t> encodeChange(const FrameChange& change);
[[nodiscard]] FrameChange decodeChange(std::span<const std::uint8_t> bytes);

}  // namespace mcj
