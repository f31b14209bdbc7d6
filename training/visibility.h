#pragma once

#include <ATen/core/Tensor.h>

namespace mcj {

/// Which pixels a loss leaves out.
enum class OcclusionUse {
    OutsideOnly,      ///< those whose target is outside the picture
    ForwardBackward,  ///< also those that fail the forward-backward test
    RangeMap,         ///< also those to which backward flow moves nothing
};

/// How occluded pixels are found.
///
/// Forward-backward: occluded where |f + b'|^2 > alpha * (|f|^2 + |b'|^2) + beta, in squared pixels
/// of the picture (UnFlow, Meister et al. 2018).
///
/// Range map (Wang et al. 2018): every pixel of the other picture moves by its backward flow and
/// adds 1, shared bilinearly by four pixels; occluded where 1 - min(1, sum) > rangeThreshold. It
/// does not compare the two flows, so flow that is wrong alike in both directions hides only a
/// strip at the border. ARFlow begins with it.
struct OcclusionTest {
    OcclusionUse use = OcclusionUse::ForwardBackward;
    double alpha = 0.01;
    double beta = 0.5;
    double rangeThreshold = 0.8;  ///< ARFlow's: occluded below a sum of 0.2
    /// Of the pixels whose target is inside the picture, the share that must pass the test for it
    /// to apply to a picture. Below it all of them count, because flow that is wrong alike in both
    /// directions, by a constant of 0.4 px for example, fails everywhere, and without pixels no
    /// loss could correct it. Occlusion alone rarely hides more than half. 0: the test always
    /// applies.
    double floor = 0.0;
};

/// What counts of a batch of flow; no gradient.
struct Visibility {
    at::Tensor pixels;      ///< [B, 1, H, W]: 1 where a pixel counts, else 0
    at::Tensor consistent;  ///< [B]: of the pixels whose target is inside, the share that passes
    at::Tensor unmasked;    ///< [B]: 1 for a picture below the floor, else 0
};

/// 1 where p + flow(p) is inside the picture, else 0; [B, 1, H, W], no gradient.
[[nodiscard]] at::Tensor insideMask(const at::Tensor& flow);

/// flow: [B, 2, H, W], forward and backward. `consistent` and `unmasked` are undefined with
/// `OutsideOnly`. A picture is judged on its own, so that the result does not depend on the batch.
[[nodiscard]] Visibility visibility(const at::Tensor& flow, const at::Tensor& backFlow,
                                    const OcclusionTest& test);

/// The pixels of `visibility` alone.
[[nodiscard]] at::Tensor visiblePixels(const at::Tensor& flow, const at::Tensor& backFlow,
                                       const OcclusionTest& test);

}  // namespace mcj
