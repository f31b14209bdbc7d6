#include "training/photometric_loss.h"

#include <ATen/ATen.h>

#include "media/base/error.h"

namespace mcj {
namespace {

/// ITU-R BT.601 luma in [0, 255], the scale that the census constants are made for.
at::Tensor luma(const at::Tensor& rgb) {
    constexpr double kScale = 255.0;
    return (rgb.narrow(1, 0, 1) * 0.2989 + rgb.narrow(1, 1, 1) * 0.5870 +
            rgb.narrow(1, 2, 1) * 0.1140) *
           kScale;
}

/// Every window of side 2r + 1 as a column minus its centre, squashed into (-1, 1):
/// [B, (2r + 1)^2, windows].
at::Tensor censusOf(const at::Tensor& rgb, std::int64_t radius) {
    const std::int64_t side = 2 * radius + 1;
    const auto grey = luma(rgb);
    // The transpose of im2col gathers, so that gradients have one order at any thread count.
    const auto windows = at::im2col(grey, {side, side}, {1, 1}, {0, 0}, {1, 1});
    const auto difference = windows - windows.narrow(1, side * side / 2, 1);
    return difference / (difference.square() + 0.81).sqrt();
}

}  // namespace

at::Tensor ssimDistance(const at::Tensor& a, const at::Tensor& b) {
    constexpr double kC1 = 0.01 * 0.01;
    constexpr double kC2 = 0.03 * 0.03;
    const auto pool = [](const at::Tensor& t) { return at::avg_pool2d(t, {3, 3}, {1, 1}); };
    const auto meanA = pool(a);
    const auto meanB = pool(b);
    const auto varianceA = pool(a * a) - meanA * meanA;
    const auto varianceB = pool(b * b) - meanB * meanB;
    const auto covariance = pool(a * b) - meanA * meanB;
    const auto ssim = ((2 * meanA * meanB + kC1) * (2 * covariance + kC2)) /
                      ((meanA * meanA + meanB * meanB + kC1) * (varianceA + varianceB + kC2));
    return ((1 - ssim) / 2).clamp(0, 1);
}

at::Tensor censusDistance(const at::Tensor& a, const at::Tensor& b, int radius) {
    const std::int64_t height = a.size(2) - 2 * radius;
    const std::int64_t width = a.size(3) - 2 * radius;
    if (radius < 1 || height < 1 || width < 1) {
        throw Error(ErrorCode::Usage,
                    "a census radius of " + std::to_string(radius) +
                        " is too large for images of " + std::to_string(a.size(3)) + "x" +
                        std::to_string(a.size(2)),
                    "Set census_radius to 1 (ARFlow) or 3 (UFlow, SMURF).");
    }
    const auto gap = (censusOf(a, radius) - censusOf(b, radius)).square();
    const auto hamming = gap / (gap + 0.1);  // 0 where equal, towards 1 where the order differs
    const auto distance =
        radius == 1 ? hamming.mean(1, true) : (hamming.sum(1, true) + 0.01).pow(0.4);
    return distance.view({a.size(0), 1, height, width});
}

}  // namespace mcj
