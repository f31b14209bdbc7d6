#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "inference/model/mc_jepa.h"
#include "training/shards.h"

namespace mcj {

/// The effective rank of the rows of `samples` [N, C]: exp of the entropy of the singular values of
/// the centred rows, as shares of their sum (Roy and Vetterli 2007; RankMe, Garrido et al. 2023,
/// shows that it correlates with the quality of features). 1 if all rows are on a line, at most
/// min(N - 1, C); 0 if all rows are equal.
[[nodiscard]] double effectiveRank(const at::Tensor& samples);

struct FeatureRanks {
    double pooled = 0.0;     ///< of the coarsest trained level, averaged over the picture
    double positions = 0.0;  ///< of level 4 (stride 16), or of the former if it is finer; single
                             ///< positions
    int pooledLevel = 0;     ///< `ModelConfig::coarsestTrainedLevel`
};

struct FeatureRankOptions {
    int pictures = 256;  ///< at most, evenly spaced over the shards
    int sidePx = 192;    ///< pictures are resized to this square; a multiple of 64
    int batch = 16;
    c10::Device device = c10::kCPU;
};

/// Ranks of a model's features over pictures, a measure of collapse without labels. Throws
/// `Error{Input}` where the shards contain no pictures.
[[nodiscard]] FeatureRanks measureFeatureRanks(McJepa model, const std::vector<ShardPtr>& shards,
                                               const FeatureRankOptions& options);

}  // namespace mcj
