#include "training/feature_rank.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "inference/model/preprocess.h"
#include "media/base/error.h"

namespace mcj {
namespace {

constexpr std::int64_t kMaxPositions = 4096;

struct Place {
    std::size_t shard;
    std::size_t entry;
};

std::vector<Place> choosePictures(const std::vector<ShardPtr>& shards, int wanted) {
    std::vector<Place> all;
    for (std::size_t s = 0; s < shards.size(); ++s) {
        for (std::size_t e = 0; e < shards[s]->size(); ++e) {
            const auto kind = shards[s]->entries()[e].kind;
            // A shard also contains entries that are not pictures.
            if (kind == ShardEntryKind::Picture || kind == ShardEntryKind::VideoFrame) {
                all.push_back({s, e});
            }
        }
    }
    if (all.empty()) {
        throw Error(ErrorCode::Input, "the shards contain no image to measure features on",
                    "Pack images with `mcjepa pack --images DIR -o FILE`.");
    }
    const std::size_t count = std::min(all.size(), static_cast<std::size_t>(std::max(1, wanted)));
    std::vector<Place> chosen;
    for (std::size_t i = 0; i < count; ++i) chosen.push_back(all[i * all.size() / count]);
    return chosen;
}

at::Tensor squareOf(const at::Tensor& picture, const FeatureRankOptions& options) {
    const auto image = picture.to(options.device).to(at::kFloat).div(255.0).unsqueeze(0);
    return at::_upsample_bilinear2d_aa(image, {options.sidePx, options.sidePx}, false);
}

}  // namespace

double effectiveRank(const at::Tensor& samples) {
    const at::NoGradGuard noGrad;
    const auto rows = samples.to(at::kDouble);
    const auto values = at::linalg_svdvals(rows - rows.mean(0, true));
    const double scale = rows.abs().max().item<double>();
    const double sum = values.sum().item<double>();
    // Equal rows minus their mean are only rounding errors.
    if (!(sum > 1e-12 * scale * static_cast<double>(samples.size(0)))) return 0.0;
    const auto shares = values / sum;
    return std::exp(-at::xlogy(shares, shares).sum().item<double>());
}

FeatureRanks measureFeatureRanks(McJepa model, const std::vector<ShardPtr>& shards,
                                 const FeatureRankOptions& options) {
    const at::NoGradGuard noGrad;
    model->to(options.device);
    model->eval();
    const int coarsest = model->config().coarsestTrainedLevel();
    constexpr int kPositionsLevel = 4;
    const auto places = choosePictures(shards, options.pictures);
    std::vector<at::Tensor> pooled;
    std::vector<at::Tensor> positions;
    for (std::size_t begin = 0; begin < places.size();) {
        std::vector<at::Tensor> images;
        for (; images.size() < static_cast<std::size_t>(options.batch) && begin < places.size();
             ++begin) {
            images.push_back(
                squareOf(shards[places[begin].shard]->decode(places[begin].entry), options));
        }
        const auto features = model->encode(normalizeImages(at::cat(images, 0)));
        pooled.push_back(features.level(coarsest).mean({2, 3}));
        positions.push_back(features.level(std::min(coarsest, kPositionsLevel))
                                .permute({0, 2, 3, 1})
                                .flatten(0, 2));
    }
    const auto all = at::cat(positions, 0);
    const std::int64_t stride = (all.size(0) + kMaxPositions - 1) / kMaxPositions;
    return {effectiveRank(at::cat(pooled, 0)), effectiveRank(all.slice(0, 0, all.size(0), stride)),
            coarsest};
}

}  // namespace mcj
