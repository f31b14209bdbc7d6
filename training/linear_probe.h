#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "media/base/raster.h"
#include "training/frozen_features.h"
#include "training/probe_set.h"
#include "training/segmentation_scores.h"

namespace mcj {

/// The weights [to, from] of bilinear resizing along one axis, pixel centres at halves and the
/// border repeated (align_corners=False): resizing a map is one product from the left and one from
/// the right, whose gradients are reproducible, unlike those of `upsample_bilinear2d` on CUDA.
[[nodiscard]] at::Tensor resizeMatrix(std::int64_t from, std::int64_t to, at::Device device);

/// A 1x1 convolution on all maps resized bilinearly to the grid, standardised per channel and
/// concatenated (linear protocol of VICRegL). Computed in the opposite order, because resizing
/// mixes positions and the convolution mixes channels: each map is turned into class scores at its
/// own size, and the scores are resized and summed. This is the same function with a fraction of
/// the work and without the concatenation in memory.
class ProbeHead {
public:
    /// Initial weights of zero: the problem is convex, so random weights are not needed.
    ProbeHead(const std::vector<std::int64_t>& channels, int classes, at::Device device);

    /// Takes mean and deviation of every channel from the pictures `which` of `set`; a constant
    /// channel is left out. Throws `Error{Input}` where a feature is NaN or infinite.
    void standardise(ProbeSet& set, const std::vector<std::size_t>& which);

    /// Class scores [classes, grid.height, grid.width].
    [[nodiscard]] at::Tensor forward(const FeatureMaps& maps, SizePx grid) const;

    [[nodiscard]] std::vector<at::Tensor>& weights() noexcept {
        return weights_;
    }  ///< [classes, C]
    [[nodiscard]] at::Tensor& bias() noexcept { return bias_; }
    [[nodiscard]] std::int64_t channels() const;

private:
    std::vector<at::Tensor> weights_;
    at::Tensor bias_;
    std::vector<at::Tensor> means_;  ///< [C, 1]
    std::vector<at::Tensor>
        inverseScales_;  ///< [1, C]: one over the deviation, 0 for a constant channel
};

struct ProbeOptions {
    int steps = 500;
    int batch = 8;  ///< pictures per step
    double learningRate =
        0.01;  ///< of AdamW; falls to 0 with the power 0.9 (mmsegmentation's "poly")
    double weightDecay = 1e-4;
    std::uint64_t seed = 1;  ///< of the order of the pictures
};

/// The pictures to train on and to score, as indices in the set.
struct ProbeSplit {
    std::vector<std::size_t> train;
    std::vector<std::size_t> test;
};

/// Every picture is scored once, by a head that was trained on the other folds. A fold is a range
/// of consecutive pictures: in sets from a drive or a clip neighbours are almost equal, and a
/// random split would put near-copies of test pictures into the training. Throws `Error{Usage}` for
/// fewer than two folds or more folds than pictures.
[[nodiscard]] std::vector<ProbeSplit> contiguousFolds(std::size_t pictures, int folds);

enum class ProbePhase { Features, Training, Scoring };

struct ProbeProgress {
    ProbePhase phase = ProbePhase::Features;
    std::int64_t done = 0;
    std::int64_t total = 0;
    std::optional<double> loss;  ///< of a training step, fifty times in all
};
/// Returning false stops the probe with `Error{Interrupted}`.
using ProbeReport = std::function<bool(const ProbeProgress&)>;

/// Trains a head on frozen features by cross entropy over the cells of the grid that have a class,
/// without augmentation: features are computed once per picture, while a flipped or cropped picture
/// would have to be encoded again at every step. Bit for bit reproducible for the same seed, device
/// and number of threads.
[[nodiscard]] ProbeHead trainProbe(ProbeSet& set, const std::vector<std::size_t>& pictures,
                                   const ProbeOptions& options, const ProbeReport& report);

/// Scores every pixel of `pictures` that has a class: class scores of the grid are resized
/// bilinearly to the labels' size, and the highest one is taken.
[[nodiscard]] ConfusionMatrix scoreProbe(ProbeSet& set, const std::vector<std::size_t>& pictures,
                                         const ProbeHead& head, const ProbeReport& report);

}  // namespace mcj
