#include "viewer/session/run_slot.h"

namespace mcj {

RunSlot::RunSlot(Lane& inference, FrameProvider& frames, Playhead& playhead, QObject* parent)
    : QObject(parent), inference_(inference), frames_(frames), playhead_(playhead) {
    connect(&playhead_, &Playhead::movedByUser, this, [this] { userMoved_ = true; });
    connect(&frames_, &FrameProvider::scanAdvanced, this, [this] {
        if (run_) run_->setFrameCount(frames_.frameCount(), frames_.scanned());
    });
}

RunSlot::~RunSlot() {
    if (!run_) return;
    run_->disconnect(this);
    run_->stop();
}

bool RunSlot::busy() {
    if (!run_) return false;
    if (run_->paused()) {
        Q_EMIT noticed(
            warningNotice(tr("%1 is paused").arg(run_->title()),
                          tr("Continue it, or press Esc to stop it; finished frames are kept."),
                          Notice::Topic::Busy));
        return true;
    }
    Q_EMIT noticed(warningNotice(tr("%1 is still running").arg(run_->title()),
                                 tr("Wait until it has finished, or press Esc to stop it."),
                                 Notice::Topic::Busy));
    return true;
}

bool RunSlot::start(std::unique_ptr<Run> run) {
    if (busy()) return false;
    playhead_.pause();
    run_ = std::move(run);
    userMoved_ = false;
    turn_ = true;
    frames_.forgetFailures();
    connect(run_.get(), &Run::noticed, this, [this](Notice notice) {
        notice.topic = Notice::Topic::Run;
        Q_EMIT noticed(notice);
    });
    connect(run_.get(), &Run::progressed, this, &RunSlot::progressed);
    connect(run_.get(), &Run::ended, this, &RunSlot::ended);
    Q_EMIT changed();
    return true;
}

void RunSlot::stop() {
    if (run_) run_->stop();
    Q_EMIT changed();
}

void RunSlot::pause() {
    if (!run_ || !run_->pausable() || run_->paused()) return;
    run_->pause();
    Q_EMIT changed();
}

void RunSlot::resume() {
    if (!run_ || !run_->paused()) return;
    run_->resume();
    userMoved_ = false;
    turn_ = true;
    Q_EMIT changed();
}

void RunSlot::abandon() {
    if (!run_) return;
    run_->stop();
    run_.reset();
    Q_EMIT changed();
}

std::optional<Notice> RunSlot::muteForReplacement() {
    if (!run_) return std::nullopt;
    run_->disconnect(this);
    return warningNotice(tr("%1: stopped after %2 of %3 frames because another file was opened")
                             .arg(run_->title())
                             .arg(run_->doneSteps())
                             .arg(run_->totalSteps()),
                         tr("Its current step may still be completed. To resume, open the video "
                            "again and start the operation again."));
}

void RunSlot::progressed() {
    const FrameIndex lead = run_->leadFrame();
    if (lead >= 0 && !userMoved_) playhead_.follow(lead);
    Q_EMIT changed();
}

void RunSlot::ended() {
    if (!run_) return;
    const Run::State state = run_->state();
    if (state == Run::State::Finished) {
        Q_EMIT noticed(infoNotice(tr("%1: done").arg(run_->title())));
    } else if (state == Run::State::Stopped) {
        Q_EMIT noticed(infoNotice(tr("%1: stopped after %2 of %3 frames")
                                      .arg(run_->title())
                                      .arg(run_->doneSteps())
                                      .arg(run_->totalSteps())));
    }
    // The run is on the stack of the caller: it is deleted after that has returned.
    run_.release()->deleteLater();
    Q_EMIT changed();
}

bool RunSlot::followed() const {
    return run_ && !run_->paused() && run_->leadFrame() >= 0 && !userMoved_;
}

std::vector<FrameIndex> RunSlot::wantedFrames() const {
    return run_ && run_->active() && !run_->paused() ? run_->wantedFrames()
                                                     : std::vector<FrameIndex>{};
}

bool RunSlot::serve() {
    if (!run_ || !run_->active() || run_->paused()) return false;
    const std::vector<FrameIndex> wanted = run_->wantedFrames();
    if (!frames_.has(wanted)) return false;
    for (const FrameIndex index : wanted) {
        const Error* error = frames_.whyUnread(index);
        if (error != nullptr && run_->endsOverUnread(index, *error)) return true;
    }
    std::vector<FramePtr> frames;
    for (const FrameIndex index : wanted) frames.push_back(frames_.cached(index));
    turn_ = false;
    run_->startStep(inference_, frames);
    return true;
}

}  // namespace mcj
