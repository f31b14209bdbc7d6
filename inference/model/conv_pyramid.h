#pragma once

#include <torch/nn/modules/container/modulelist.h>

#include "inference/model/encoder.h"

namespace mcj {

/// The pyramid of PWC-Net (Sun et al. 2018) as in ARFlow (Liu et al. 2020): a level is a 3x3
/// convolution of stride 2, then `depths` of stride 1, each followed by LeakyReLU 0.1. Odd sides
/// are rounded up.
struct ConvPyramid : Encoder {
    explicit ConvPyramid(const EncoderConfig& config);
    FeaturePyramid forward(const at::Tensor& images, int coarsest, const StopToken& stop) override;
    torch::nn::ModuleList stages;  ///< of lists of convolutions
};

}  // namespace mcj
