#include "viewer/session/run.h"

namespace mcj {

double Run::secsLeft() const {
    if (done_ < 2 || !elapsed_.isValid()) return -1.0;
    const double perStep =
        static_cast<double>(elapsed_.elapsed()) / 1000.0 / static_cast<double>(done_ - 1);
    return perStep * static_cast<double>(totalSteps() - done_);
}

void Run::startStep(Lane& lane, const std::vector<FramePtr>& frames) {
    if (!active() || stepping_) return;
    stepping_ = true;
    doStep(lane, frames);
}

void Run::stop() {
    stop_.requestStop();
    if (!stepping_) end(State::Stopped);
}

void Run::stepDone() {
    stepping_ = false;
    // The first step includes one-time work (the anchor's features), so the timer starts after it.
    if (done_++ == 0) elapsed_.start();
    Q_EMIT progressed();
    if (done_ >= totalSteps()) {
        end(State::Finished);
    } else if (stop_.stopRequested()) {
        end(State::Stopped);
    }
}

void Run::reportDone(std::int64_t done) {
    if (done_ == 0 && done > 0) elapsed_.start();
    done_ = done;
    Q_EMIT progressed();
}

void Run::stepFailed(const Error& error) {
    stepping_ = false;
    if (error.code() == ErrorCode::Interrupted) {
        end(State::Stopped);
        return;
    }
    Q_EMIT noticed(noticeOf(error));
    end(State::Failed);
}

void Run::end(State state) {
    if (!active()) return;
    state_ = state;
    atEnd();
    Q_EMIT ended();
}

}  // namespace mcj
