#pragma once

#include <memory>

#include <torch/nn/module.h>

#include "inference/model/feature_pyramid.h"
#include "media/base/stop_token.h"

namespace mcj {

/// Encodes pictures as a pyramid of features.
struct Encoder : torch::nn::Module {
    /// images: [B, 3, H, W], normalised, sides multiples of 64. Levels are the outputs of the
    /// stages, without a norm; levels coarser than `coarsest`, or than the encoder has, stay
    /// undefined and are not computed. Throws `Error{Interrupted}` after a stop request.
    virtual FeaturePyramid forward(const at::Tensor& images, int coarsest = kLevels,
                                   const StopToken& stop = {}) = 0;
};

/// An encoder of the configuration's kind, with initial weights for training.
[[nodiscard]] std::shared_ptr<Encoder> makeEncoder(const EncoderConfig& config);

}  // namespace mcj
