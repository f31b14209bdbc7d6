#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "media/base/error.h"
#include "training/sample_rng.h"

namespace mcj {

/// Which batches a loader makes, and how far ahead of their use. Many processes each make their
/// share of one global batch: samples [firstSample, firstSample + batch).
struct BatchPlan {
    int batch = 8;  ///< of this process
    std::int64_t firstSample = 0;
    std::uint64_t seed = 1;
    std::int64_t firstStep = 0;  ///< the batch that `next` returns first: where a run is resumed
    int workers = 1;             ///< threads; each computes on one core
    int ahead = 3;               ///< finished batches kept ready
};

/// Throws `Error{Usage}` for a plan that makes no sense.
void checkBatchPlan(const BatchPlan& plan);

/// One generator a sample of batch `step`: a sample is the same whatever process makes it.
[[nodiscard]] std::vector<SampleRng> batchGenerators(const BatchPlan& plan, std::int64_t step);

/// A worker that spread over all cores would fight with the training step.
void computeOnOneCore();

/// On CUDA the calling thread's work goes to a stream of its own from here on: a worker's copies
/// and kernels neither wait for the training step nor hold it up. Nothing on the CPU.
void computeOnOwnStream(at::Device device);
/// Waits until the device has done what the calling thread asked of it.
void finishOwnStream(at::Device device);
/// Memory of a tensor that another thread's stream made is given away again when its last owner is
/// gone: not before the calling thread's stream, which reads it from here on, is done.
void readOnThisStream(const at::Tensor& tensor);

/// Makes batches ahead of their use, in threads. What is in a batch must depend on its step alone.
/// `forEachTensor(batch, visit)` shows the tensors of a `Batch`.
template <typename Batch>
class BatchQueue {
public:
    using Make = std::function<Batch(std::int64_t step)>;

    /// `make` is called from the workers, several at once, until the queue is gone.
    BatchQueue(const BatchPlan& plan, at::Device device, Make make)
        : make_(std::move(make)), device_(device), ahead_(plan.ahead), nextToMake_(plan.firstStep),
          nextToGive_(plan.firstStep) {
        for (int i = 0; i < plan.workers; ++i) threads_.emplace_back([this] { work(); });
    }

    /// Stops the workers; waits for the batches under way.
    ~BatchQueue() {
        {
            const std::lock_guard lock(mutex_);
            stops_ = true;
        }
        roomOrStop_.notify_all();
        threads_.clear();
    }
    BatchQueue(const BatchQueue&) = delete;
    BatchQueue& operator=(const BatchQueue&) = delete;

    /// The batch of the next step, waiting for it; one thread. Throws what a worker met.
    [[nodiscard]] Batch next() {
        std::unique_lock lock(mutex_);
        const std::int64_t step = nextToGive_;
        ready_.wait(lock, [&] { return finished_.contains(step); });
        Outcome<Batch> outcome = std::move(finished_.extract(step).mapped());
        ++nextToGive_;
        lock.unlock();
        roomOrStop_.notify_all();
        Batch batch = std::move(outcome).value();
        forEachTensor(batch, [](const at::Tensor& tensor) { readOnThisStream(tensor); });
        return batch;
    }

private:
    void work() {
        computeOnOneCore();
        bool hasStream = false;
        std::unique_lock lock(mutex_);
        while (true) {
            roomOrStop_.wait(lock, [&] { return stops_ || nextToMake_ < nextToGive_ + ahead_; });
            if (stops_) return;
            const std::int64_t step = nextToMake_++;
            lock.unlock();
            Outcome<Batch> outcome = runGuarded([&] {
                // Here, where it may fail: what a thread throws outside ends the program.
                if (!std::exchange(hasStream, true)) computeOnOwnStream(device_);
                Batch batch = make_(step);
                finishOwnStream(device_);
                return batch;
            });
            lock.lock();
            finished_.emplace(step, std::move(outcome));
            ready_.notify_all();
        }
    }

    Make make_;
    at::Device device_;
    std::int64_t ahead_;
    std::mutex mutex_;
    std::condition_variable roomOrStop_;
    std::condition_variable ready_;
    std::map<std::int64_t, Outcome<Batch>> finished_;
    std::int64_t nextToMake_;
    std::int64_t nextToGive_;
    bool stops_ = false;
    std::vector<std::jthread> threads_;  ///< last: they use the members above
};

}  // namespace mcj
