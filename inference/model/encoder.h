#pragma once

#include <memory>

#include <torch/nn/module.h>

#include "inference/model/feature_pyramid.h"
#include "media/base/stop_token.h"

namespace mcj {

/// Pictures to a pyramid of features.
struct Encoder : torch::nn::Module {
    /// images: [B, 3, H, W], normalised, sides multiples of 64. Levels are what each stage gives,
    /// with no norm after it; those coarser than `coarsest`, or than the encoder has, stay
    /// undefined and cost nothing. Throws `Error{Interrupted}` once `stop` asks for it.
    virtual FeaturePyramid forward(const at::Tensor& images, int coarsest = kLevels,
                                   const StopToken& stop = {}) = 0;
};

/// Of the configuration's kind, with weights to begin training from.
[[nodiscard]] std::shared_ptr<Encoder> makeEncoder(const EncoderConfig& config);

}  // namespace mcj
