#pragma once

#include <array>
#include <span>

#include <ATen/core/Tensor.h>

#include "training/frame_pairs.h"
#include "training/sample_rng.h"

namespace mcj {

/// The strength of photometric changes. Values are in units of the picture range [0, 1].
struct PhotometricConfig {
    double gainSigma = 0.08;        ///< colour cast: one factor per channel, same for both frames
    double brightnessSigma = 0.08;  ///< same for both frames
    double contrastSigma = 0.15;    ///< same for both frames
    double saturationMin = 0.4;
    double saturationMax = 1.3;
    double toneMax = 0.35;  ///< bend of the tone curve (about gamma 0.7 to 1.45)
    /// The part of the above that is different in frame 2: exposure and white balance drift.
    double asymmetry = 0.2;
    double noiseMax = 0.03;     ///< deviation of the pixel noise, drawn per pair
    double blurShare = 0.12;    ///< how often a pair, or one frame of it, is blurred
    double blurSigmaMax = 1.2;  ///< px

    /// Does not change the pictures.
    [[nodiscard]] static PhotometricConfig off();
};

/// One frame's photometric change, drawn from a `PhotometricConfig`.
struct Photometric {
    std::array<float, 3> scale{1.0F, 1.0F, 1.0F};  ///< per channel
    float offset = 0.0F;
    float saturation = 1.0F;
    float tone = 0.0F;  ///< y + tone * y * (1 - y)
    float noise = 0.0F;
    float blurSigma = 0.0F;
    int noiseX = 0;
    int noiseY = 0;
    [[nodiscard]] bool changesNothing() const noexcept;
};

/// Looks of frame 1 and frame 2 of one pair: mostly common, with small differences.
[[nodiscard]] std::array<Photometric, 2> drawPhotometric(const PhotometricConfig& config,
                                                         SampleRng& rng);

/// Blurs frames [N, 3, H, W] in place, each by a Gaussian with its own deviation in px, 0 for none.
/// The result for a frame does not depend on the others, nor the number of operations on N.
void blurEach(at::Tensor& frames, std::span<const float> sigmas);

/// Applies looks to frames on one device. Noise is taken from a fixed field at a random offset, so
/// the result depends only on the parameters. Immutable: any thread.
class PhotometricAugmenter {
public:
    /// Frames may be up to `maxHeight` x `maxWidth`.
    PhotometricAugmenter(std::int64_t maxHeight, std::int64_t maxWidth, at::Device device);

    /// Changes `frames` [N, 3, H, W] in place; `looks` has N entries.
    void apply(at::Tensor& frames, std::span<const Photometric> looks) const;

private:
    at::Tensor noise_;  ///< [3, maxHeight + kNoiseRoll, maxWidth + kNoiseRoll], deviation 1
};

}  // namespace mcj
