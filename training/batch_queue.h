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

/// Which batches a loader makes, and how far ahead. With several processes each makes its share of
/// the global batch: samples [firstSample, firstSample + batch).
struct BatchPlan {
    int batch = 8;  ///< of this process
    std::int64_t firstSample = 0;
    std::uint64_t seed = 1;
    std::int64_t firstStep = 0;  ///< the batch that `next` returns first, when a run is resumed
    int workers = 1;             ///< threads; each computes on one core
    int ahead = 3;               ///< finished batches kept ready
};

/// Throws `Error{Usage}` for an invalid plan.
void checkBatchPlan(const BatchPlan& plan);

/// One generator per sample of batch `step`: a sample does not depend on the process that makes it.
[[nodiscard]] std::vector<SampleRng> batchGenerators(const BatchPlan& plan, std::int64_t step);

/// Limits the calling worker to one core, so that it does not compete with the training step.
void computeOnOneCore();

/// On CUDA, gives the calling thread a separate stream, so that a worker's copies and kernels
/// neither wait for the training step nor delay it. Does nothing on the CPU.
void computeOnOwnStream(at::Device device);
/// Waits until the device has finished the calling thread's work.
void finishOwnStream(at::Device device);
/// Records that the calling thread's stream uses a tensor from another thread's stream: its memory
/// is then not reused before that stream is done.
void readOnThisStream(const at::Tensor& tensor);

/// Makes batches in advance, in threads. The content of a batch must depend only on its step.
/// `forEachTensor(batch, visit)` visits the tensors of a `Batch`.
template <typename Batch>
class BatchQueue {
public:
    using Make = std::function<Batch(std::int64_t step)>;

    /// `make` is called by several workers at once, until the queue is destroyed.
    BatchQueue(const BatchPlan& plan, at::Device device, Make make)
        : make_(std::move(make)), device_(device), ahead_(plan.ahead), nextToMake_(plan.firstStep),
          nextToGive_(plan.firstStep) {
        for (int i = 0; i < plan.workers; ++i) threads_.emplace_back([this] { work(); });
    }

    /// Stops the workers; waits for the batches in progress.
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

    /// Waits for the batch of the next step; one thread. Rethrows a worker's exception.
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
                // Inside the try block, because an exception outside would end the program.
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
