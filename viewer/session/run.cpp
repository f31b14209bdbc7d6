#include "viewer/session/run.h"

namespace mcj {

double Run::secsLeft() const {
    const std::int64_t ms = workedMs_ + (elapsed_.isValid() ? elapsed_.elapsed() : 0);
    if (done_ < 2 || ms == 0) return -1.0;
    const double perStep = static_cast<double>(ms) / 1000.0 / static_cast<double>(done_ - 1);
    return perStep * static_cast<double>(totalSteps() - done_);
}

void Run::startStep(Lane& lane, const std::vector<FramePtr>& frames) {
    if (!active() || stepping_ || paused_) return;
    stepping_ = true;
    doStep(lane, frames);
}

void Run::stop() {
    stop_.requestStop();
    if (!stepping_) end(State::Stopped);
}

void Run::pause() {
    if (!pausable() || !active() || paused_) return;
    paused_ = true;
    // The time of a step that is under way counts until it is done.
    if (!stepping_) rest();
}

void Run::resume() {
    if (!active() || !paused_) return;
    paused_ = false;
    if (done_ > 0 && !elapsed_.isValid()) elapsed_.start();
}

void Run::rest() {
    if (!elapsed_.isValid()) return;
    workedMs_ += elapsed_.elapsed();
    elapsed_.invalidate();
}

void Run::stepDone() {
    stepping_ = false;
    // The first step includes one-time work (the anchor's features), so the timer starts after it.
    if (done_++ == 0) elapsed_.start();
    if (paused_) rest();
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
