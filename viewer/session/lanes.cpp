#include "viewer/session/lanes.h"

#include <QMetaObject>
#include <QRunnable>

namespace mcj {

Lane::Lane(const QString& name, QObject* parent) : QObject(parent) {
    setObjectName(name);
    pool_.setMaxThreadCount(1);
    // Keep the thread: its thread-local state (OpenMP teams, decoders) would be lost with it.
    pool_.setExpiryTimeout(-1);
}

Lane::~Lane() {
    stopJob();
    pool_.waitForDone();
}

void Lane::wait() { pool_.waitForDone(); }

void Lane::startErased(std::function<std::function<void()>()> job) {
    Q_ASSERT(!busy_);
    busy_ = true;
    ++started_;
    pool_.start([this, job = std::move(job)]() mutable {
        std::function<void()> deliver = job();
        // Objects held by the job (frames, the engine) must not outlive it on this thread.
        job = nullptr;
        QMetaObject::invokeMethod(
            this,
            [this, deliver = std::move(deliver)] {
                busy_ = false;
                const auto outcome = runGuarded([&deliver] {
                    deliver();
                    return true;
                });
                if (!outcome.ok()) Q_EMIT failed(outcome.error());
                Q_EMIT idle();
            },
            Qt::QueuedConnection);
    });
}

}  // namespace mcj
