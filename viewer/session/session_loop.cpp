// The loop that starts jobs, playback, and runs.
#include <algorithm>

#include "viewer/session/propagation_run.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

/// Frames decoded ahead of the playhead while the video plays.
constexpr FrameIndex kReadAhead = 8;

}  // namespace

// Playing --------------------------------------------------------------------------------------

void Session::play() {
    if (!isOpen() || playing() || frameCount() < 2 || waitsForExact(tr("Playing"))) return;
    if (masks_->stroking()) masks_->endStroke();
    if (current_ == frameCount() - 1) seek(0);
    if (run_) userMovedDuringRun_ = true;
    clock_.start(current_);
    Q_EMIT playbackChanged();
    tick();
}

void Session::pause() {
    if (!playing()) return;
    clock_.stop();
    playTimer_.stop();
    Q_EMIT playbackChanged();
    schedulePump();
}

void Session::setLoop(LoopMode mode) {
    if (clock_.loop() == mode) return;
    clock_.setLoop(mode);
    Q_EMIT playbackChanged();
}

void Session::tick() {
    const FrameIndex due = clock_.due(frameCount());
    if (due != current_) {
        current_ = due;
        showCurrent();
        Q_EMIT currentFrameChanged(current_);
        Q_EMIT changed();
    }
    if (!clock_.running()) {
        Q_EMIT playbackChanged();
    } else {
        playTimer_.start(clock_.untilNextMs(due, frameCount()));
    }
    schedulePump();
}

// Runs -------------------------------------------------------------------------------------------

bool Session::startRun(std::unique_ptr<Run> run) {
    if (run_) {
        say(Notice::Level::Warning, tr("%1 is still running").arg(run_->title()),
            tr("Wait until it has finished, or press Esc to stop it."), Notice::Topic::Busy);
        return false;
    }
    pause();
    run_ = std::move(run);
    userMovedDuringRun_ = false;
    runTurn_ = true;
    provider_->forgetFailures();
    connect(run_.get(), &Run::noticed, this, [this](Notice notice) {
        notice.topic = Notice::Topic::Run;
        Q_EMIT noticed(notice);
    });
    connect(run_.get(), &Run::progressed, this, [this] {
        const FrameIndex lead = run_->leadFrame();
        if (lead >= 0 && !userMovedDuringRun_ && lead != current_) {
            current_ = lead;
            showCurrent();
            Q_EMIT currentFrameChanged(current_);
        }
        Q_EMIT runChanged();
        Q_EMIT changed();
    });
    connect(run_.get(), &Run::ended, this, &Session::runEnded);
    Q_EMIT runChanged();
    schedulePump();
    return true;
}

bool Session::propagate(Travel travel) {
    if (waitsForExact(tr("Propagating")) || !shown_) return false;
    if (run_) return startRun(nullptr);
    if (masks_->stroking()) masks_->endStroke();
    auto outcome = runGuarded([&]() -> std::unique_ptr<Run> {
        PropagationSettings settings;
        settings.from = shown_->index;
        settings.frames = frameCount();
        settings.framesExact = frameCountExact();
        settings.travel = travel;
        settings.propagator = propagator_;
        if (needsEngine(propagator_.method)) engines_->request(view_->engine().id);
        return std::make_unique<PropagationRun>(*masks_, view_->engine(), settings);
    });
    if (!outcome.ok()) {
        Notice notice = noticeOf(outcome.error());
        notice.level = Notice::Level::Warning;
        notice.topic = Notice::Topic::Run;
        Q_EMIT noticed(notice);
        return false;
    }
    return startRun(std::move(outcome).value());
}

void Session::stopRun() {
    if (run_) run_->stop();
    Q_EMIT runChanged();
    schedulePump();
}

void Session::runEnded() {
    if (!run_) return;
    const Run::State state = run_->state();
    if (state == Run::State::Finished) {
        say(Notice::Level::Info, tr("%1: done").arg(run_->title()));
    } else if (state == Run::State::Stopped) {
        say(Notice::Level::Info, tr("%1: stopped after %2 of %3 frames")
                                     .arg(run_->title())
                                     .arg(run_->doneSteps())
                                     .arg(run_->totalSteps()));
    }
    // The run is still on the call stack, so it is deleted later.
    run_.release()->deleteLater();
    Q_EMIT runChanged();
    Q_EMIT changed();
    schedulePump();
}

// The loop ---------------------------------------------------------------------------------------

void Session::schedulePump() {
    if (!pumpTimer_.isActive()) pumpTimer_.start(0);
}

bool Session::followsRun() const { return run_ && run_->leadFrame() >= 0 && !userMovedDuringRun_; }

Demand Session::demand() const {
    Demand demand;
    demand.products = view_->demand();
    if (playing()) {
        demand.mostSecs = provider_->timeSecs(current_ + 1) - provider_->timeSecs(current_);
    }
    return demand;
}

std::vector<FrameIndex> Session::wantedFrames() const {
    std::vector<FrameIndex> wanted{current_};
    if (playing()) {
        for (FrameIndex ahead = 1; ahead <= kReadAhead; ++ahead) {
            if (current_ + ahead < frameCount()) wanted.push_back(current_ + ahead);
        }
    } else {
        wanted.push_back(current_ + 1);
    }
    if (run_ && run_->active()) {
        const auto forRun = run_->wantedFrames();
        wanted.insert(wanted.end(), forRun.begin(), forRun.end());
    }
    return wanted;
}

bool Session::serveRun() {
    if (!run_ || !run_->active()) return false;
    const std::vector<FrameIndex> wanted = run_->wantedFrames();
    if (!provider_->has(wanted)) return false;
    for (const FrameIndex index : wanted) {
        const Error* error = provider_->whyUnread(index);
        if (error != nullptr && run_->endsOverUnread(index, *error)) return true;
    }
    std::vector<FramePtr> frames;
    for (const FrameIndex index : wanted) frames.push_back(provider_->cached(index));
    runTurn_ = false;
    run_->startStep(*inference_, frames);
    return true;
}

bool Session::serveScreen() { return engines_->serve() || scheduler_->serve(demand()); }

void Session::serveInference() {
    if (inference_->busy() || !isOpen()) return;
    const bool loading = view_->engine().state == EngineState::NotLoaded;
    if (!loading && (runTurn_ || followsRun()) && serveRun()) return;
    // The canvas and a run take turns, so that neither has to wait until the other is complete.
    const bool screenRests = followsRun() && !loading;
    if (!screenRests && serveScreen()) {
        runTurn_ = true;
        Q_EMIT changed();
        return;
    }
    (void)serveRun();
}

void Session::pump() {
    products_->need(view_->demand(), current_);
    serveInference();
    provider_->serve({wantedFrames(), current_, playing()});
}

bool Session::settled() const {
    if (run_ || inference_->busy() || io_->busy() || provider_->isOpening()) return false;
    if (!document_->atRest() || !masks_->preparing().isEmpty()) return false;
    if (!isOpen()) return true;
    return shown_ && shown_->index == current_ && provider_->has(wantedFrames()) &&
           provider_->scanned() && !engines_->pending() && !scheduler_->missing({view_->demand()});
}

}  // namespace mcj
