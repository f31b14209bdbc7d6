#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "training/batch_queue.h"
#include "training/frame_pairs.h"
#include "training/held_out.h"
#include "training/motion_scene.h"
#include "training/real_pairs.h"
#include "training/shards.h"

namespace mcj {

enum class PairKind { Synthetic, Real };

struct PairLoaderConfig : BatchPlan {
    PairKind kind = PairKind::Synthetic;
    at::Device device = at::kCPU;
    double videoShare = 0.25;  ///< of the pictures that synthetic motion moves, from videos
    SyntheticMotionConfig synthetic;
    RealPairConfig real;
    HeldOut heldOut;
    DataPart part = DataPart::Training;
};

/// Makes the batch of any step. Its content depends only on the seed and the step. Immutable: any
/// thread.
class PairMaker {
public:
    /// Throws the errors of `PictureDraw`, `SyntheticMotion` and `RealPairs`.
    PairMaker(std::vector<ShardPtr> shards, const PairLoaderConfig& config);
    ~PairMaker();

    [[nodiscard]] FramePairs make(std::int64_t step) const;

private:
    PairLoaderConfig config_;
    std::unique_ptr<const PictureDraw> pictures_;
    std::unique_ptr<const class SyntheticMotion> synthetic_;
    std::unique_ptr<const RealPairs> real_;
};

/// Makes batches in advance. The content of a batch does not depend on the number of workers, their
/// timing, or the step that the loader began with.
class PairLoader {
public:
    /// Throws the errors of `PairMaker`.
    PairLoader(std::vector<ShardPtr> shards, const PairLoaderConfig& config)
        : maker_(std::move(shards), config),
          queue_(config, config.device, [this](std::int64_t step) { return maker_.make(step); }) {}

    /// Waits for the batch of the next step; one thread. Rethrows a worker's exception.
    [[nodiscard]] FramePairs next() { return queue_.next(); }

private:
    PairMaker maker_;
    BatchQueue<FramePairs> queue_;  ///< last: its threads use the maker
};

}  // namespace mcj
