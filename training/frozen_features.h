#pragma once

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "inference/model/mc_jepa.h"

namespace mcj {

/// Feature maps of one picture, each [C, h, w] on a raster of its own.
using FeatureMaps = std::vector<at::Tensor>;

/// What a probe reads off a picture [1, 3, H, W] in [0, 1] whose sides are multiples of 64. The
/// probe's grid has cells of 2^gridLevel pixels; no map is finer than it. Without gradients.
using FrozenFeatures = std::function<FeatureMaps(const at::Tensor& image)>;

/// The chosen levels of the model's encoder. Levels finer than the grid are averaged over
/// its cells, coarser ones come as they are.
[[nodiscard]] FrozenFeatures encoderFeatures(McJepa model, std::vector<int> levels, int gridLevel);

/// What colour alone says: the mean RGB of each cell and that of the 3 x 3 cells around it. Raw RGB
/// is among it, so a linear head does no worse on it than on raw RGB.
[[nodiscard]] FrozenFeatures colourFeatures(int gridLevel);

}  // namespace mcj
