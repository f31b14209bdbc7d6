#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "training/augmentations.h"
#include "training/motion_scene.h"
#include "training/objectives.h"
#include "training/sample_rng.h"

namespace mcj {

/// How two views of a picture differ; the defaults are those of VICReg (Bardes et al. 2022,
/// official code). Pairs of numbers are for the first and the second view.
struct ViewConfig {
    double minScale = 0.08;  ///< area of a crop, as a share of the picture's
    double maxScale = 1.0;
    double flipShare = 0.5;
    double jitterShare = 0.8;
    double brightness = 0.4;  ///< factors are within 1 +- this
    double contrast = 0.4;
    double saturation = 0.2;
    double hue = 0.1;  ///< in turns, at most 0.5
    double greyShare = 0.2;
    std::array<double, 2> blurShare{1.0, 0.1};
    std::array<double, 2> blurSigmaPx{0.1, 2.0};  ///< smallest and largest
    std::array<double, 2> solarizeShare{0.0, 0.2};
};

/// The changes of one view, in this order; the crop is in px of the picture.
struct ViewLook {
    std::int64_t x = 0;
    std::int64_t y = 0;
    std::int64_t width = 0;
    std::int64_t height = 0;
    bool flipped = false;
    float brightness = 1.0F;
    float contrast = 1.0F;
    float saturation = 1.0F;
    float hue = 0.0F;  ///< turns
    bool grey = false;
    float blurSigmaPx = 0.0F;  ///< 0: sharp
    bool solarized = false;
};

/// Draws view 0 or 1 of a picture of `size`.
[[nodiscard]] ViewLook drawView(const ViewConfig& config, SizePx size, int view, SampleRng& rng);

/// Makes pairs of augmented views of pictures, on one device. A pair depends only on its generator,
/// not on the batch. Immutable: any thread.
class ViewMaker {
public:
    /// Views are `sidePx` x `sidePx`. Throws `Error{Usage}` for an invalid configuration.
    ViewMaker(const ViewConfig& config, int sidePx, at::Device device);

    /// Draws one picture per generator and two views of each: [N, 3, side, side] in [0, 1].
    [[nodiscard]] ContentViews make(const PictureSource& pictures,
                                    std::vector<SampleRng> generators) const;

    /// `picture` uint8 [3, h, w], cropped, resized and mirrored by `look`, [3, side, side] in [0,
    /// 1].
    [[nodiscard]] at::Tensor cut(const at::Tensor& picture, const ViewLook& look) const;
    /// Changes the colours and sharpness of `views` [N, 3, side, side], one look each, in place.
    void recolour(at::Tensor& views, const std::vector<ViewLook>& looks) const;

private:
    /// Cropped and resized, in [0, 255] plus the overshoot of bicubic weights.
    [[nodiscard]] at::Tensor resized(const at::Tensor& picture, const ViewLook& look) const;
    /// Into [0, 1] and mirrored, all views at once.
    static void finish(at::Tensor& views, const std::vector<ViewLook>& looks);

    ViewConfig config_;
    std::int64_t side_;
    at::Device device_;
};

}  // namespace mcj
