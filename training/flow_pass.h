#pragma once

#include <ATen/core/Tensor.h>

#include "inference/model/mc_jepa.h"

namespace mcj {

/// Pairs of pictures and the model's results, both ways. All in one type, at least float32: losses
/// are not in half precision, even if the model was.
struct FlowPass {
    /// [B, 3, H, W] in [0, 1], sides multiples of 64, for the losses. The network may have seen
    /// them with other looks (`FramePairs::plain1`).
    at::Tensor first;
    at::Tensor second;
    FeaturePyramid firstFeatures;
    FeaturePyramid secondFeatures;
    FlowPyramid forward;  ///< first to second
    FlowPyramid backward;

    /// The same with the pictures in the other order.
    [[nodiscard]] FlowPass reversed() const {
        return {second, first, secondFeatures, firstFeatures, backward, forward};
    }
};

/// Both ways, with gradients through all levels: without known motion, the losses are on the finest
/// flow.
[[nodiscard]] FlowPass estimateBothWays(McJepa model, const at::Tensor& first,
                                        const at::Tensor& second);

/// Only from first to second: `backward` stays empty.
[[nodiscard]] FlowPass estimateForward(McJepa model, const at::Tensor& first,
                                       const at::Tensor& second, LevelGradients gradients);

/// float32 for half precision, anything else unchanged.
[[nodiscard]] at::Tensor fullPrecision(const at::Tensor& value);

}  // namespace mcj
