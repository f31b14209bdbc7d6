#pragma once

#include <cstddef>
#include <vector>

#include <ATen/core/Tensor.h>

#include "media/base/raster.h"
#include "training/frozen_features.h"
#include "training/shards.h"

namespace mcj {

struct LabelledPicture {
    ShardPtr shard;
    std::size_t picture = 0;  ///< entries of the shard
    std::size_t labels = 0;
};

/// The pictures of a shard that have labels, in file order. Throws `Error{Input}` where none has.
[[nodiscard]] std::vector<LabelledPicture> labelledPictures(const ShardPtr& shard);

struct ProbeSetOptions {
    int gridLevel = 2;                              ///< cells of 2^gridLevel pixels
    std::size_t cacheBytes = std::size_t{4} << 30;  ///< budget of the features kept
    at::Device device = at::kCPU;
};

/// Labelled pictures with their frozen features. Features are computed once per picture while they
/// fit the budget, and again on every use beyond it, with the same values. One thread.
class ProbeSet {
public:
    ProbeSet(std::vector<LabelledPicture> pictures, FrozenFeatures extract,
             const ProbeSetOptions& options);

    [[nodiscard]] std::size_t size() const noexcept { return pictures_.size(); }
    /// The highest label of all pictures plus one.
    [[nodiscard]] int classes() const noexcept { return classes_; }
    /// Pixels that are not void.
    [[nodiscard]] std::int64_t labelledPixels(std::size_t picture) const;
    [[nodiscard]] const ProbeSetOptions& options() const noexcept { return options_; }

    /// On the options' device. The picture is padded to multiples of 64.
    [[nodiscard]] FeatureMaps features(std::size_t picture);
    /// uint8 [H, W] on the options' device, for scoring.
    [[nodiscard]] at::Tensor labels(std::size_t picture) const;
    /// int64 [h * w] on the options' device, for training: the label under the centre of each cell
    /// of the padded picture, void in the padding.
    [[nodiscard]] const at::Tensor& cellLabels(std::size_t picture) const;
    /// Rows and columns of the grid of the padded picture.
    [[nodiscard]] SizePx grid(std::size_t picture) const;

private:
    struct Item {
        at::Tensor cellLabels;
        std::int64_t labelledPixels = 0;
        FeatureMaps features;  ///< empty: not computed, or over the budget
    };
    std::vector<LabelledPicture> pictures_;
    std::vector<Item> items_;
    FrozenFeatures extract_;
    ProbeSetOptions options_;
    std::size_t usedBytes_ = 0;
    int classes_ = 0;
};

}  // namespace mcj
