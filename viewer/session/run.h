#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <cstdint>
#include <vector>

#include "media/base/frame.h"
#include "media/base/stop_token.h"
#include "viewer/session/lanes.h"
#include "viewer/session/notice.h"

namespace mcj {

/// Long work over frames, one step per frame. Its state is on the GUI thread; its steps run on the
/// inference lane between the jobs for the canvas. Stopping keeps the finished steps.
class Run : public QObject {
    Q_OBJECT
public:
    enum class State { Running, Finished, Stopped, Failed };

    using QObject::QObject;

    /// "Propagating forward", "Exporting flow".
    [[nodiscard]] virtual QString title() const = 0;
    [[nodiscard]] virtual std::int64_t totalSteps() const = 0;
    [[nodiscard]] std::int64_t doneSteps() const noexcept { return done_; }
    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] bool active() const noexcept { return state_ == State::Running; }
    /// Estimated from the speed so far; negative while unknown.
    [[nodiscard]] double secsLeft() const;

    /// Frames that the next step needs in memory.
    [[nodiscard]] virtual std::vector<FrameIndex> wantedFrames() const = 0;
    /// The frame that the canvas follows: the newest finished one.
    [[nodiscard]] virtual FrameIndex leadFrame() const = 0;

    /// Starts the next step on the idle lane. `frames` are those of `wantedFrames`, null for a
    /// frame that does not exist.
    void startStep(Lane& lane, const std::vector<FramePtr>& frames);

    /// The known number of frames changed; `exact`: it is final.
    virtual void setFrameCount(FrameIndex /*count*/, bool /*exact*/) {}
    /// Frame `frame` of the next step exists but cannot be read. Returns whether the run has ended
    /// because of it; otherwise the step gets null for this frame.
    virtual bool endsOverUnread(FrameIndex /*frame*/, const Error& /*error*/) { return false; }

    /// Ends the run after the current step, or within it if the step checks `stopToken()`.
    virtual void stop();

    /// Whether the run can be paused between two steps; runs of one long step cannot.
    [[nodiscard]] virtual bool pausable() const { return false; }
    /// No step is started until `resume`; the current one is finished. The time meanwhile does not
    /// count for `secsLeft`. Ignored by runs that are not pausable or have ended.
    void pause();
    void resume();
    [[nodiscard]] bool paused() const noexcept { return paused_; }

Q_SIGNALS:
    void progressed();
    /// The last signal; state() tells how the run ended.
    void ended();
    void noticed(const mcj::Notice& notice);

protected:
    virtual void doStep(Lane& lane, const std::vector<FramePtr>& frames) = 0;
    /// Called by `doStep`'s continuation on the GUI thread.
    void stepDone();
    /// For a run with a single long step: the progress so far.
    void reportDone(std::int64_t done);
    /// For steps: requests a stop once `stop` was called.
    [[nodiscard]] StopToken stopToken() const { return stop_.token(); }
    void stepFailed(const Error& error);
    /// Called between steps when nothing is left to do.
    void finishNow() { end(State::Finished); }
    [[nodiscard]] bool stepping() const noexcept { return stepping_; }
    /// Called once when the run ends in any way.
    virtual void atEnd() {}

private:
    void end(State state);
    /// Stops counting time until `resume`.
    void rest();

    State state_ = State::Running;
    StopSource stop_;
    bool stepping_ = false;
    std::int64_t done_ = 0;
    bool paused_ = false;
    std::int64_t workedMs_ = 0;  ///< before the last pause
    QElapsedTimer elapsed_;      ///< since the first step or the last pause; invalid while paused
};

}  // namespace mcj
