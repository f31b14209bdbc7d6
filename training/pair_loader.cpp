#include "training/pair_loader.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include <omp.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "media/base/error.h"
#include "training/synthetic_motion.h"

namespace mcj {
namespace {

/// A worker that spread over all cores would fight with the training step. `at::set_num_threads`
/// would set the number for the whole process; OpenMP's own call counts for the calling thread.
void computeOnOneCore() {
    static_cast<void>(at::get_num_threads());  // LibTorch sets the thread's number on first use
    omp_set_num_threads(1);
}

}  // namespace

struct PairLoader::Queue {
    std::mutex mutex;
    std::condition_variable roomOrStop;
    std::condition_variable ready;
    std::map<std::int64_t, Outcome<FramePairs>> finished;
    std::int64_t nextToMake = 0;
    std::int64_t nextToGive = 0;
    bool stops = false;
    std::vector<std::jthread> threads;
};

PairLoader::PairLoader(std::vector<ShardPtr> shards, const PairLoaderConfig& config)
    : config_(config), queue_(std::make_unique<Queue>()) {
    if (config.batch < 1 || config.workers < 1 || config.ahead < 1 || config.firstStep < 0) {
        throw Error(ErrorCode::Usage,
                    "a loader needs a batch, workers and batches ahead of 1 or more",
                    "Correct the settings of the data.");
    }
    if (config.kind == PairKind::Synthetic) {
        pictures_ = std::make_unique<PictureDraw>(std::move(shards), config.videoShare);
        synthetic_ = std::make_unique<SyntheticMotion>(config.synthetic, config.device);
    } else {
        real_ = std::make_unique<RealPairs>(std::move(shards), config.real, config.device);
    }
    queue_->nextToMake = config.firstStep;
    queue_->nextToGive = config.firstStep;
    for (int i = 0; i < config.workers; ++i) queue_->threads.emplace_back([this] { work(); });
}

PairLoader::~PairLoader() {
    {
        const std::lock_guard lock(queue_->mutex);
        queue_->stops = true;
    }
    queue_->roomOrStop.notify_all();
    queue_->threads.clear();
}

FramePairs PairLoader::make(std::int64_t step) const {
    std::vector<SampleRng> generators;
    for (int i = 0; i < config_.batch; ++i) {
        generators.emplace_back(config_.seed, static_cast<std::uint64_t>(step),
                                static_cast<std::uint64_t>(i));
    }
    FramePairs pairs =
        real_ ? real_->make(std::move(generators))
              : synthetic_->make([this](SampleRng& rng) { return pictures_->draw(rng); },
                                 std::move(generators));
    pairs.step = step;
    return pairs;
}

FramePairs PairLoader::next() {
    std::unique_lock lock(queue_->mutex);
    const std::int64_t step = queue_->nextToGive;
    queue_->ready.wait(lock, [&] { return queue_->finished.contains(step); });
    Outcome<FramePairs> outcome = std::move(queue_->finished.extract(step).mapped());
    ++queue_->nextToGive;
    lock.unlock();
    queue_->roomOrStop.notify_all();
    return std::move(outcome).value();
}

void PairLoader::work() {
    computeOnOneCore();
    std::unique_lock lock(queue_->mutex);
    while (true) {
        queue_->roomOrStop.wait(lock, [&] {
            return queue_->stops || queue_->nextToMake < queue_->nextToGive + config_.ahead;
        });
        if (queue_->stops) return;
        const std::int64_t step = queue_->nextToMake++;
        lock.unlock();
        Outcome<FramePairs> outcome = runGuarded([&] { return make(step); });
        lock.lock();
        queue_->finished.emplace(step, std::move(outcome));
        queue_->ready.notify_all();
    }
}

}  // namespace mcj
