#pragma once

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "inference/model/mc_jepa.h"

namespace mcj {

/// Feature maps of one picture, each [C, h, w] with its own size.
using FeatureMaps = std::vector<at::Tensor>;

/// The input of a probe for a picture [1, 3, H, W] in [0, 1] whose sides are multiples of 64. The
/// probe's grid has cells of 2^gridLevel pixels; no map is finer. Without gradients.
using FrozenFeatures = std::function<FeatureMaps(const at::Tensor& image)>;

/// The chosen levels of the model's encoder. Levels finer than the grid are averaged over its
/// cells, coarser ones are unchanged.
[[nodiscard]] FrozenFeatures encoderFeatures(McJepa model, std::vector<int> levels, int gridLevel);

/// Colour features: the mean RGB of each cell and that of the 3 x 3 cells around it. They include
/// raw RGB, so a linear head is not worse on them than on raw RGB.
[[nodiscard]] FrozenFeatures colourFeatures(int gridLevel);

}  // namespace mcj
