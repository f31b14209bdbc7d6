#pragma once

#include <ATen/core/Tensor.h>

namespace mcj {

/// SSIM distance clamp((1 - SSIM) / 2, 0, 1) over 3x3 windows without padding, [B, C, H-2, W-2]
/// (ARFlow loss_blocks.py). Pictures in [0, 1].
[[nodiscard]] at::Tensor ssimDistance(const at::Tensor& a, const at::Tensor& b);

/// Distance of two pictures' soft census transforms, [B, 1, H-2r, W-2r] with r the radius: windows
/// that cross the border are left out. Brightness cancels, contrast nearly so. Radius 1 is
/// ARFlow's form (the mean over 3x3, no robust function); a larger one, 3 in the papers, is that of
/// UFlow and SMURF (the sum over the window, then (h + 0.01)^0.4). Pictures [B, 3, H, W] in [0, 1].
/// Throws `Error{Usage}` where the radius is below 1 or the window larger than the picture.
[[nodiscard]] at::Tensor censusDistance(const at::Tensor& a, const at::Tensor& b, int radius);

}  // namespace mcj
