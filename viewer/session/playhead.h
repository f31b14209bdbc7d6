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

enum class PlayDirection { Backward, Forward };

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
    /// Forwards, at `speed()`.
    void play() { playAt(speed_); }
    void pause();
    void togglePlay() { playing() ? pause() : play(); }
    [[nodiscard]] bool playing() const noexcept { return clock_.running(); }
    /// Plays in this direction at `speed()`; where it does so already, twice as fast as before, up
    /// to 8 times the video's frame rate.
    void shuttle(PlayDirection direction);
    /// 1 is the video's frame rate. Also of the playback that is under way, in its direction.
    void setSpeed(double speed);
    [[nodiscard]] double speed() const noexcept { return speed_; }
    /// Times the video's frame rate, negative backwards; `speed()` while paused.
    [[nodiscard]] double rate() const noexcept { return playing() ? rate_ : speed_; }
    void setLoop(LoopMode mode);
    [[nodiscard]] LoopMode loop() const noexcept { return clock_.loop(); }
    /// The frames that playback in a loop repeats, half-open; no end: up to the video's.
    void setLoopSpan(FrameIndex begin, std::optional<FrameIndex> end);
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
    /// The playing state, the speed or the loop.
    void playbackChanged();
    void noticed(const mcj::Notice& notice);

private:
    void moveTo(FrameIndex frame);
    void playAt(double rate);
    void tick();
    /// The frames that are played.
    [[nodiscard]] FrameSpan span() const;
    /// Appends the frames before the current one that backward playback needs.
    void addFramesBefore(std::vector<FrameIndex>& wanted) const;
    void showCurrent();
    void showApproximate();
    void stayWithin();

    FrameProvider& frames_;
    PlaybackClock clock_;
    QTimer timer_;
    double speed_ = 1.0;  ///< as chosen
    double rate_ = 1.0;   ///< of the playback that is under way
    FrameIndex loopBegin_ = 0;
    std::optional<FrameIndex> loopEnd_;
    FrameIndex current_ = 0;
    FramePtr shown_;
    std::optional<ApproximatePicture> approximate_;  ///< instead of `shown_`
};

}  // namespace mcj
