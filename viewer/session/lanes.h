#pragma once

#include <QObject>
#include <QPointer>
#include <QThreadPool>
#include <functional>
#include <memory>
#include <utility>

#include "media/base/error.h"

namespace mcj {

/// One worker thread that runs one job at a time and brings its outcome back to the GUI thread.
/// There is no queue: `start` is called only while `busy()` is false, so that whoever decides what
/// is next always decides on the newest state.
class Lane : public QObject {
    Q_OBJECT
public:
    explicit Lane(const QString& name, QObject* parent = nullptr);
    /// Waits for the job that runs; its outcome is dropped.
    ~Lane() override;

    [[nodiscard]] bool busy() const noexcept { return busy_; }
    /// Jobs started since construction.
    [[nodiscard]] int startedJobs() const noexcept { return started_; }

    /// Runs `job` on the worker; then, on the GUI thread, `done(Outcome<result>)` and `idle()`.
    /// `done` must own, or guard with a QPointer, whatever it touches.
    template <typename Job, typename Done>
    void start(Job job, Done done) {
        using Result = decltype(runGuarded(job));
        startErased([job = std::move(job), done = std::move(done)]() mutable {
            auto result = std::make_shared<Result>(runGuarded(job));
            return std::function<void()>(
                [result, done = std::move(done)]() mutable { done(std::move(*result)); });
        });
    }

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
    bool busy_ = false;
    int started_ = 0;
};

}  // namespace mcj
