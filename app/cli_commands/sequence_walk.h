#pragma once

#include <functional>
#include <vector>

#include "media/io/frame_source.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_formats/mask_folder.h"
#include "segmentation/mask_propagator.h"

namespace mcj {

/// The use of given masks after the first one.
enum class LaterMasks {
    Ignore,  ///< they are truth for scoring
    Join,    ///< they add objects that the first one lacks
};

/// The given masks of a propagation by frame, read on demand.
class GivenMasks {
public:
    /// `files`: by frame. `voidLabel`: becomes 255 where a propagation starts from it. Throws
    /// `Error{Input}` where `files` is empty or one cannot be read.
    explicit GivenMasks(std::vector<FrameMaskFile> files, std::uint8_t voidLabel = kVoid,
                        MaskReading reading = {});

    [[nodiscard]] FrameIndex firstFrame() const noexcept { return files_.front().frame; }
    [[nodiscard]] bool has(FrameIndex frame) const noexcept;
    /// The mask as it is on disk, for scoring.
    [[nodiscard]] Mask truth(FrameIndex frame) const;
    /// The mask as a propagation uses it.
    [[nodiscard]] MaskPtr start(FrameIndex frame) const;

private:
    [[nodiscard]] std::size_t indexOf(FrameIndex frame) const;

    std::vector<FrameMaskFile> files_;
    MaskFolder masks_;
    std::uint8_t voidLabel_;
};

/// Carries the first given mask through the frames from its own to `end` (exclusive) and calls
/// `onMask` for each in order, which may throw to stop. Frames before the first mask have none.
/// `engine` may be null where the method does not need one.
void walkSequence(FrameSource& source, const GivenMasks& given, LaterMasks later,
                  const PropagatorOptions& options, InferenceEngine* engine, FrameIndex end,
                  const std::function<void(FrameIndex, const MaskPtr&)>& onMask);

}  // namespace mcj
