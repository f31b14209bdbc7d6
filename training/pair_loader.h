#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "training/frame_pairs.h"
#include "training/motion_scene.h"
#include "training/real_pairs.h"
#include "training/shards.h"

namespace mcj {

enum class PairKind { Synthetic, Real };

struct PairLoaderConfig {
    PairKind kind = PairKind::Synthetic;
    int batch = 8;
    std::uint64_t seed = 1;
    std::int64_t firstStep = 0;  ///< the step that `next` returns first: where a run is resumed
    int workers = 1;             ///< threads; each computes on one core
    int ahead = 3;               ///< finished batches kept ready
    at::Device device = at::kCPU;
    double videoShare = 0.25;  ///< of the pictures that synthetic motion moves, from videos
    SyntheticMotionConfig synthetic;
    RealPairConfig real;
};

/// Makes batches ahead of their use. What is in a batch depends on the seed and its step alone:
/// not on the number of workers, their timing, or the step that the loader began with.
class PairLoader {
public:
    /// Throws the errors of `PictureDraw`, `SyntheticMotion` and `RealPairs`.
    PairLoader(std::vector<ShardPtr> shards, const PairLoaderConfig& config);
    /// Stops the workers; waits for the batches under way.
    ~PairLoader();
    PairLoader(const PairLoader&) = delete;
    PairLoader& operator=(const PairLoader&) = delete;

    /// The batch of the next step, waiting for it; one thread. Throws what a worker met.
    [[nodiscard]] FramePairs next();

    /// The batch of any step, made here and now.
    [[nodiscard]] FramePairs make(std::int64_t step) const;

private:
    struct Queue;
    void work();

    PairLoaderConfig config_;
    std::unique_ptr<const PictureDraw> pictures_;
    std::unique_ptr<const class SyntheticMotion> synthetic_;
    std::unique_ptr<const RealPairs> real_;
    std::unique_ptr<Queue> queue_;  ///< last: its threads use the members above
};

}  // namespace mcj
