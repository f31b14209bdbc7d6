#pragma once

#include <QObject>
#include <memory>
#include <optional>
#include <vector>

#include "viewer/session/frame_provider.h"
#include "viewer/session/lanes.h"
#include "viewer/session/notice.h"
#include "viewer/session/playhead.h"
#include "viewer/session/run.h"

namespace mcj {

/// Holds the run that is under way, at most one, and decides when its next step may use the
/// inference lane. GUI thread.
class RunSlot : public QObject {
    Q_OBJECT
public:
    /// All outlive the slot.
    RunSlot(Lane& inference, FrameProvider& frames, Playhead& playhead, QObject* parent = nullptr);
    ~RunSlot() override;

    /// Null where nothing runs.
    [[nodiscard]] Run* run() const noexcept { return run_.get(); }
    /// Whether another run is under way; emits a notice if so.
    bool busy();
    /// Returns whether it started; a second run is refused with a notice.
    bool start(std::unique_ptr<Run> run);
    void stop();
    /// Does nothing unless a run is under way that is `Run::pausable`. The canvas is free
    /// meanwhile, but no other run can start.
    void pause();
    /// Goes on with the step after the last finished one; the playhead follows again.
    void resume();
    /// Ends the run because its document is left.
    void abandon();
    /// Before `abandon`, where another document takes the place of the run's: suppresses the run's
    /// own notice at its end, and returns the notice to show instead.
    [[nodiscard]] std::optional<Notice> muteForReplacement();

    /// Whether the playhead follows the newest finished frame of the run.
    [[nodiscard]] bool followed() const;
    /// Whether the next free slot of the lane belongs to the run.
    [[nodiscard]] bool hasTurn() const noexcept { return turn_ || followed(); }
    void grantTurn() noexcept { turn_ = true; }
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const;
    /// Starts the next step on the lane, which must be idle, where its frames are in memory.
    /// Returns whether there was something to do.
    bool serve();

Q_SIGNALS:
    /// A run has started, made progress, was paused or resumed, or has ended.
    void changed();
    void noticed(const mcj::Notice& notice);

private:
    void progressed();
    void ended();

    Lane& inference_;
    FrameProvider& frames_;
    Playhead& playhead_;
    std::unique_ptr<Run> run_;
    bool userMoved_ = false;  ///< since the run started
    bool turn_ = false;
};

}  // namespace mcj
