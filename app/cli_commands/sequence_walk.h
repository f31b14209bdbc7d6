#pragma once

#include <functional>
#include <vector>

#include "media/io/frame_source.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_formats/mask_folder.h"
#include "segmentation/mask_propagator.h"

namespace mcj {

/// What given masks after the first one are for.
enum class LaterMasks {
    Ignore,  ///< they are truth to score with
    Join,    ///< they bring objects that the first one lacks
};

/// Masks that a propagation is given, frame by frame, and read when they are needed.
class GivenMasks {
public:
    /// `files`: by frame. `voidLabel`: becomes 255 where a propagation starts from it. Throws
    /// `Error{Input}` where there are none or one cannot be read.
    explicit GivenMasks(std::vector<FrameMaskFile> files, std::uint8_t voidLabel = kVoid,
                        MaskReading reading = {});

    [[nodiscard]] FrameIndex firstFrame() const noexcept { return files_.front().frame; }
    [[nodiscard]] bool has(FrameIndex frame) const noexcept;
    /// As it lies on disk, for scoring.
    [[nodiscard]] Mask truth(FrameIndex frame) const;
    /// As a propagation takes it.
    [[nodiscard]] MaskPtr start(FrameIndex frame) const;

private:
    [[nodiscard]] std::size_t indexOf(FrameIndex frame) const;

    std::vector<FrameMaskFile> files_;
    MaskFolder masks_;
    std::uint8_t voidLabel_;
};

/// Carries the first given mask through frames [its own, `end`) and calls `onMask` for each in
/// order; that may throw to stop. Frames before the first mask have none. `engine` may be null
/// where the method needs none.
void walkSequence(FrameSource& source, const GivenMasks& given, LaterMasks later,
                  const PropagatorOptions& options, InferenceEngine* engine, FrameIndex end,
                  const std::function<void(FrameIndex, const MaskPtr&)>& onMask);

}  // namespace mcj
