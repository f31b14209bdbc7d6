#pragma once

#include <cstddef>
#include <vector>

#include <ATen/core/Tensor.h>

#include "training/augmentations.h"
#include "training/frame_pairs.h"
#include "training/shards.h"

namespace mcj {

/// The weight with which a clip is drawn, before the repeats of its set.
enum class ClipWeight {
    RootOfLength,  ///< the square root of its frames, so that long films do not dominate
    Pairs,         ///< its pairs of neighbours: all pairs have the same weight, as in the papers
};

/// A recipe's settings for taking pairs from clips.
struct RealPairSettings {
    int maxGap = 4;          ///< frame 2 is 1 to this many frames after frame 1, uniformly
    double minZoom = 0.5;    ///< smallest crop, as a share of the largest that fits the frame
    double flipShare = 0.5;  ///< mirrored left-right
    double swapShare = 0.5;  ///< played backwards
    ClipWeight weigh = ClipWeight::RootOfLength;
    PhotometricConfig looks;
};

struct RealPairConfig : RealPairSettings {
    int height = 192;
    int width = 256;
    std::vector<double> repeats;  ///< weight of each shard's clips (the paper's Table 7); empty: 1
};

/// Pairs of frames of one shot, cropped and resized in the same way, both with changed looks and
/// unchanged (`FramePairs::plain1`). Their motion is not known. A sample depends only on its
/// generator. Immutable: any thread.
class RealPairs {
public:
    /// Throws `Error{Input}` where no shard has a shot of two frames, `Error{Usage}` for an invalid
    /// configuration. `chosen`: which clips to use, by their first entry; empty: all.
    RealPairs(std::vector<ShardPtr> shards, const RealPairConfig& config, at::Device device,
              const PictureDraw::Choice& chosen = {});

    [[nodiscard]] FramePairs make(std::vector<SampleRng> generators) const;

    [[nodiscard]] std::size_t clips() const noexcept { return clips_.size(); }

private:
    struct Clip {
        std::size_t shard;
        ShardClip frames;
    };
    /// [2, 3, H, W] in [0, 1], both frames in playing order.
    [[nodiscard]] at::Tensor cropOf(SampleRng& rng) const;

    std::vector<ShardPtr> shards_;
    RealPairConfig config_;
    at::Device device_;
    PhotometricAugmenter augmenter_;
    std::vector<Clip> clips_;
    /// Clips are weighted by the configuration, times the repeats of their shard.
    std::vector<double> cumulative_;
};

}  // namespace mcj
