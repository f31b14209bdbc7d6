#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace mcj {

/// A batch of frame pairs, all on one device, float32.
struct FramePairs {
    at::Tensor frame1;  ///< [B, 3, H, W] RGB in [0, 1]
    at::Tensor frame2;  ///< [B, 3, H, W]
    at::Tensor flow;    ///< [B, 2, H, W] from frame 1 to frame 2 in px: u right, v down;
                        ///< undefined where the motion is not known (real pairs)
    at::Tensor valid;   ///< [B, 1, H, W] 1 where the motion is known and its end is visible in
                        ///< frame 2, else 0; undefined as `flow`
    std::int64_t step = 0;
    /// The original frames, if augmentation changed their looks: losses that compare pictures must
    /// use these. Undefined if the frames are unchanged.
    at::Tensor plain1;
    at::Tensor plain2;
};

/// Calls `visit(at::Tensor&)` for each defined tensor.
template <typename Visit>
void forEachTensor(FramePairs& pairs, const Visit& visit) {
    for (at::Tensor* tensor :
         {&pairs.frame1, &pairs.frame2, &pairs.flow, &pairs.valid, &pairs.plain1, &pairs.plain2}) {
        if (tensor->defined()) visit(*tensor);
    }
}

/// Mirrors left-right; u changes its sign.
void flipLeftRight(FramePairs& pairs);
/// Mirrors top-bottom; v changes its sign.
void flipUpDown(FramePairs& pairs);
/// Swaps the frames. Backward motion is not known from forward motion: flow and valid are dropped.
void swapTime(FramePairs& pairs);
/// Keeps rows [y, y + height) and columns [x, x + width). Motion that ends outside the crop becomes
/// invalid.
void cropPairs(FramePairs& pairs, std::int64_t y, std::int64_t x, std::int64_t height,
               std::int64_t width);

}  // namespace mcj
