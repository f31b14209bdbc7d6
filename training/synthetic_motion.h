#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "training/frame_pairs.h"
#include "training/motion_scene.h"

namespace mcj {

/// How many scenes are rendered at once: a GPU needs large batches, a CPU works better in its
/// caches and with small boxes around the pieces. Automatic: by the device.
enum class RenderGrouping { Automatic, OneByOne, Together };

/// Renders frame pairs with exactly known motion from drawn scenes: a background and pieces of
/// other pictures, each under its own map. The sample depends only on its scene, not on the batch.
/// Immutable: any thread. Runs on the CPU and on CUDA.
class SyntheticMotion {
public:
    /// Throws `Error{Usage}` for an invalid configuration.
    SyntheticMotion(const SyntheticMotionConfig& config, at::Device device,
                    RenderGrouping grouping = RenderGrouping::Automatic);

    [[nodiscard]] const SyntheticMotionConfig& config() const noexcept { return config_; }

    /// One pair per scene.
    [[nodiscard]] FramePairs render(const std::vector<MotionScene>& scenes) const;

    /// Draws one scene per generator and renders them.
    [[nodiscard]] FramePairs make(const PictureSource& pictures,
                                  std::vector<SampleRng> generators) const;

private:
    SyntheticMotionConfig config_;
    at::Device device_;
    RenderGrouping grouping_;
    PhotometricAugmenter augmenter_;
};

}  // namespace mcj
