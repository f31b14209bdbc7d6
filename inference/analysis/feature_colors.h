#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "inference/engine/inference_engine.h"
#include "media/base/frame.h"
#include "media/base/raster.h"

namespace mcj {

// Features as colours: the first three principal components of the features of a clip at a level,
// as red, green and blue. One basis is used for all frames, so that equal colours mean equal
// features in every frame.

/// The axes of the colours.
struct FeatureBasis {
    FeatureProjection projection;       ///< to the principal axes, the one of most variance first
    std::array<float, 3> deviations{};  ///< standard deviation along each axis; 0: no such axis
    friend bool operator==(const FeatureBasis&, const FeatureBasis&) = default;
};
using FeatureBasisPtr = std::shared_ptr<const FeatureBasis>;
using FeatureMomentsPtr = std::shared_ptr<const FeatureMoments>;

/// The frames whose features define the basis of a clip of `clipFrames` frames, ascending: the
/// middle frames of up to 8 equal parts of the clip. Depends on nothing else.
[[nodiscard]] std::vector<FrameIndex> featureBasisFrames(FrameIndex clipFrames);

/// The principal axes of all cells together. The sign of an axis is chosen so that its component of
/// largest size is positive (the first one of several), so that equal moments give equal colours.
/// Throws `Error{Internal}` without a cell, or where the channels differ.
[[nodiscard]] FeatureBasis fitFeatureBasis(std::span<const FeatureMomentsPtr> frames);

/// The colours of one frame, RGB on the frame's grid. Mid-grey is the mean of the basis; 0 and 255
/// are two standard deviations away from it along each axis, and values beyond are clamped. Between
/// the cells of the level the values are bilinear, as in similarity maps.
[[nodiscard]] Raster<std::uint8_t> featureColors(InferenceEngine& engine,
                                                 const FeatureMap& features,
                                                 const FeatureBasis& basis);

}  // namespace mcj
