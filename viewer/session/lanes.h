#pragma once

#include <QObject>
#include <QPointer>
#include <QThreadPool>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "media/base/error.h"
#include "media/base/stop_token.h"

namespace mcj {

/// One worker thread that runs one job at a time and brings its outcome back to the GUI thread.
/// There is no queue: `start` is called only while `busy()` is false, so that whoever decides what
/// is next always decides on the newest state.
class Lane : public QObject {
    Q_OBJECT
public:
    explicit Lane(const QString& name, QObject* parent = nullptr);
    /// Stops the job that runs and waits for it; its outcome is dropped.
    ~Lane() override;

    [[nodiscard]] bool busy() const noexcept { return busy_; }
    /// Jobs started since construction.
    [[nodiscard]] int startedJobs() const noexcept { return started_; }

    /// Runs `job` on the worker; then, on the GUI thread, `done(Outcome<result>)` and `idle()`.
    /// A job that takes a `const StopToken&` gets one that `stopJob` reaches. `done` must own, or
    /// guard with a QPointer, whatever it touches.
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

    /// Asks the job that runs to end early. Its outcome is delivered all the same.
    void stopJob() { stop_.requestStop(); }
    /// Blocks until no job runs. For the end of the program and tests.
    void wait();

Q_SIGNALS:
    /// The job is over and its outcome delivered: look again what to do.
    void idle();
    /// `done` threw: what it left undone is lost, the program goes on.
    void failed(const mcj::Error& error);

private:
    void startErased(std::function<std::function<void()>()> job);

    QThreadPool pool_;
    StopSource stop_;  ///< of the newest job
    bool busy_ = false;
    int started_ = 0;
};

}  // namespace mcj
