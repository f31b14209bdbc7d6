#include "viewer/session/lanes.h"

#include <QMetaObject>

namespace mcj {

// One thread for the life of the lane: its thread-local state (OpenMP teams, decoders) would be
// lost with it. The standard library's mutex instead of a thread pool of Qt, so that
// ThreadSanitizer, which cannot look into Qt, sees how results change hands.
Lane::Lane(const QString& name, QObject* parent) : QObject(parent), worker_([this] { work(); }) {
    setObjectName(name);
}

Lane::~Lane() {
    stopJob();
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    worker_.join();
}

void Lane::wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !job_ && !working_; });
}

void Lane::startErased(Job job) {
    Q_ASSERT(!busy_);
    busy_ = true;
    ++started_;
    {
        const std::lock_guard lock(mutex_);
        job_ = std::move(job);
    }
    changed_.notify_all();
}

void Lane::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return job_ || ending_; });
        if (!job_) return;
        Job job = std::exchange(job_, nullptr);
        working_ = true;
        lock.unlock();
        Deliver deliver = job();
        // Objects held by the job (frames, the engine) must not outlive it on this thread.
        job = nullptr;
        lock.lock();
        deliver_ = std::move(deliver);
        working_ = false;
        QMetaObject::invokeMethod(this, &Lane::deliverOutcome, Qt::QueuedConnection);
        changed_.notify_all();
    }
}

void Lane::deliverOutcome() {
    Deliver deliver;
    {
        const std::lock_guard lock(mutex_);
        deliver = std::exchange(deliver_, nullptr);
    }
    busy_ = false;
    const auto outcome = runGuarded([&deliver] {
        deliver();
        return true;
    });
    if (!outcome.ok()) Q_EMIT failed(outcome.error());
    Q_EMIT idle();
}

}  // namespace mcj
