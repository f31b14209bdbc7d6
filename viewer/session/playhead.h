#pragma once

#include <QObject>
#include <QTimer>
#include <cstdint>
#include <optional>
#include <vector>

#include "media/base/frame.h"
#include "viewer/session/frame_provider.h"
#include "viewer/session/notice.h"
#include "viewer/session/playback_clock.h"

namespace mcj {

/// The position in the video, the picture on screen for it, and playback. Owns the one function
/// that changes the position, and shows pictures as `FrameProvider` delivers them. GUI thread.
class Playhead : public QObject {
    Q_OBJECT
public:
    /// `frames` outlives the playhead.
    explicit Playhead(FrameProvider& frames, QObject* parent = nullptr);

    // Position ----------------------------------------------------------------------------------
    [[nodiscard]] FrameIndex current() const noexcept { return current_; }
    /// Goes to the frame nearest to `frame`, on the user's behalf.
    void seek(FrameIndex frame);
    void step(FrameIndex by) { seek(current_ + by); }
    /// Goes to `frame` on behalf of a run that the user watches.
    void follow(FrameIndex frame);
    /// Frame 0 of a video that has just been opened. Emits nothing.
    void restart();
    /// No video is open any more. Emits nothing.
    void clear();

    // Playback ----------------------------------------------------------------------------------
    void play();
    void pause();
    void togglePlay() { playing() ? pause() : play(); }
    [[nodiscard]] bool playing() const noexcept { return clock_.running(); }
    void setLoop(LoopMode mode);
    [[nodiscard]] LoopMode loop() const noexcept { return clock_.loop(); }
    /// How long the current frame stays on screen while the video plays.
    [[nodiscard]] double frameSecs() const;

    // Picture -----------------------------------------------------------------------------------
    /// The frame on screen: the current one, or the last one shown while that is decoded. Null
    /// while only an approximate picture is there.
    [[nodiscard]] const FramePtr& shown() const noexcept { return shown_; }
    /// The picture on screen: that of `shown()` or of `approximate()`.
    [[nodiscard]] const FramePtr& picture() const noexcept {
        return approximate_ ? approximate_->picture.frame : shown_;
    }
    /// Set while it is not known which picture the current frame is: the nearest picture so far,
    /// whose time is exact. Work that names a frame has to wait.
    [[nodiscard]] const ApproximatePicture* approximate() const noexcept {
        return approximate_ ? &*approximate_ : nullptr;
    }
    /// Whether `what` ("Painting") has to wait for the exact frame; emits a notice with the time
    /// left if so.
    bool waitsForExact(const QString& what);
    /// Frames to read for the screen, the most urgent first.
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const;

Q_SIGNALS:
    void moved(mcj::FrameIndex frame);
    /// The user has chosen the position: the screen follows no run any more.
    void movedByUser();
    /// The picture on screen is about to change: a stroke on it ends.
    void leavingPicture();
    /// Another picture is on screen, or the same one has become approximate.
    void pictureChanged();
    /// The playing state or the loop mode.
    void playbackChanged();
    void noticed(const mcj::Notice& notice);

private:
    void moveTo(FrameIndex frame);
    void tick();
    void showCurrent();
    void showApproximate();
    void stayWithin();

    FrameProvider& frames_;
    PlaybackClock clock_;
    QTimer timer_;
    FrameIndex current_ = 0;
    FramePtr shown_;
    std::optional<ApproximatePicture> approximate_;  ///< instead of `shown_`
};

}  // namespace mcj
