#pragma once

#include <cstddef>

#include "media/base/frame.h"
#include "media/base/scalar_map.h"
#include "segmentation/packed_mask.h"

namespace mcj {

/// What a frame between two anchors gets from the pass that starts at each of them.
struct PassWeights {
    float first = 1.0F;
    float second = 0.0F;
};

/// Weights that fall linearly from 1 at a pass's own anchor to 0 at the other one, and sum to 1.
/// `frame` lies between the anchors, which may be given in either order of time. Throws
/// `Error{Internal}` where it does not.
[[nodiscard]] PassWeights weightsBetween(FrameIndex firstAnchor, FrameIndex frame,
                                         FrameIndex secondAnchor);

/// One pass's labels of a frame with their confidence.
struct LabeledPass {
    MaskPtr mask;
    ScalarMap confidence;  ///< H x W, 0..1: the margin to the second label; NaN counts as 0
};

/// Joins two passes per pixel. Each gives its label the weight of the pass times its confidence
/// there, and the label with more wins; at equal values the pass with the greater weight decides,
/// then the first. Void gives no weight. The confidence of the result is the sum where the passes
/// agree and the difference where they do not. Throws `Error{Input}` where the sizes differ.
[[nodiscard]] LabeledPass blendPasses(const LabeledPass& first, const LabeledPass& second,
                                      const PassWeights& weights);

/// A pass's result that waits for the other pass: run lengths of the labels and of the confidence,
/// which is averaged over cells of 4 x 4 pixels and rounded to 16 levels. 480p takes some kilobytes
/// for the labels and at most 55 kB for the confidence.
class PackedPass {
public:
    /// `confidence` has the size of `mask`, otherwise `Error{Input}`.
    PackedPass(const Mask& mask, const ScalarMap& confidence);

    /// The labels as they were, and the rounded confidence at the size of the mask.
    [[nodiscard]] LabeledPass unpack() const;
    [[nodiscard]] std::size_t bytes() const noexcept;

private:
    PackedMaskPtr labels_;
    PackedMaskPtr levels_;  ///< confidence by cell, 0..15
};

}  // namespace mcj
