#pragma once

#include <QObject>
#include <QPointer>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

#include "media/base/error.h"
#include "media/base/stop_token.h"

namespace mcj {

/// One worker thread that runs one job at a time and delivers its outcome to the GUI thread. It has
/// no queue: `start` may be called only while `busy()` is false, so that the caller always chooses
/// the next job from the current state.
class Lane : public QObject {
    Q_OBJECT
public:
    explicit Lane(const QString& name, QObject* parent = nullptr);
    /// Stops the running job and waits for it; its outcome is dropped.
    ~Lane() override;

    [[nodiscard]] bool busy() const noexcept { return busy_; }
    /// Jobs started since construction.
    [[nodiscard]] int startedJobs() const noexcept { return started_; }

    /// Runs `job` on the worker; then, on the GUI thread, `done(Outcome<result>)` and `idle()`. A
    /// job that takes a `const StopToken&` gets one that `stopJob` reaches. `done` must own, or
    /// guard with a QPointer, all objects it uses.
    template <typename Job, typename Done>
    void start(Job job, Done done) {
        stop_ = {};
        auto run = [job = std::move(job), stop = stop_.token()]() mutable {
            if constexpr (std::is_invocable_v<Job&, const StopToken&>) {
                return job(stop);
            } else {
                return job();
            }
        };
        using Result = decltype(runGuarded(run));
        startErased([run = std::move(run), done = std::move(done)]() mutable {
            auto result = std::make_shared<Result>(runGuarded(run));
            return std::function<void()>(
                [result, done = std::move(done)]() mutable { done(std::move(*result)); });
        });
    }

    /// Asks the running job to end early. Its outcome is still delivered.
    void stopJob() { stop_.requestStop(); }
    /// Blocks until no job runs. For program exit and tests.
    void wait();

Q_SIGNALS:
    /// The job has ended and its outcome is delivered: the next job can be started.
    void idle();
    /// `done` threw an error. The rest of its work is lost; the program continues.
    void failed(const mcj::Error& error);

private:
    using Deliver = std::function<void()>;
    using Job = std::function<Deliver()>;

    void startErased(Job job);
    void work();
    void deliverOutcome();

    StopSource stop_;    ///< of the newest job
    bool busy_ = false;  ///< until its outcome is delivered
    int started_ = 0;

    std::mutex mutex_;  ///< of what the two threads hand to each other
    std::condition_variable changed_;
    Job job_;          ///< waits for the worker
    Deliver deliver_;  ///< waits for the GUI thread
    bool working_ = false;
    bool ending_ = false;
    std::thread worker_;
};

/// The lanes of a session, to count their jobs.
struct Lanes {
    const Lane& reading;
    const Lane& inference;
};

}  // namespace mcj
