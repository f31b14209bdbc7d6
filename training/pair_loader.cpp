#include "training/pair_loader.h"

#include <utility>

#include <ATen/ATen.h>

#include "training/synthetic_motion.h"

namespace mcj {

PairMaker::PairMaker(std::vector<ShardPtr> shards, const PairLoaderConfig& config)
    : config_(config) {
    checkBatchPlan(config);
    if (config.kind == PairKind::Synthetic) {
        pictures_ = std::make_unique<PictureDraw>(std::move(shards), config.videoShare,
                                                  config.heldOut.choice(config.part));
        synthetic_ = std::make_unique<SyntheticMotion>(config.synthetic, config.device);
    } else {
        real_ = std::make_unique<RealPairs>(std::move(shards), config.real, config.device,
                                            config.heldOut.choice(config.part));
    }
}

PairMaker::~PairMaker() = default;

FramePairs PairMaker::make(std::int64_t step) const {
    auto generators = batchGenerators(config_, step);
    FramePairs pairs =
        real_ ? real_->make(std::move(generators))
              : synthetic_->make([this](SampleRng& rng) { return pictures_->draw(rng); },
                                 std::move(generators));
    pairs.step = step;
    return pairs;
}

}  // namespace mcj
