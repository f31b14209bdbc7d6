#pragma once

#include <memory>

#include <torch/nn/module.h>

#include "inference/model/feature_pyramid.h"

namespace mcj {

/// Pictures to a pyramid of features.
struct Encoder : torch::nn::Module {
    /// images: [B, 3, H, W], normalised, sides multiples of 64. Levels are what each stage gives,
    /// with no norm after it; those coarser than `coarsest`, or than the encoder has, stay
    /// undefined and cost nothing.
    virtual FeaturePyramid forward(const at::Tensor& images, int coarsest = kLevels) = 0;
};

/// Of the configuration's kind, with weights to begin training from.
[[nodiscard]] std::shared_ptr<Encoder> makeEncoder(const EncoderConfig& config);

}  // namespace mcj
