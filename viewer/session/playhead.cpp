#include "viewer/session/playhead.h"

#include <algorithm>
#include <cmath>

#include "viewer/session/time_left.h"

namespace mcj {
namespace {

/// Frames decoded ahead of the playhead while the video plays.
constexpr FrameIndex kReadAhead = 8;
/// Frames that are read together while it plays backwards: a decoder reads only forwards, so that
/// a seek for every frame would decode most frames many times.
constexpr FrameIndex kBlock = 8;
/// The fastest playback: faster, too few of the frames are seen.
constexpr double kMostRate = 8.0;

}  // namespace

Playhead::Playhead(FrameProvider& frames, QObject* parent)
    : QObject(parent), frames_(frames),
      clock_([this](FrameIndex frame) { return frames_.timeSecs(frame); }) {
    clock_.setLoop(LoopMode::Loop);
    timer_.setSingleShot(true);
    timer_.setTimerType(Qt::PreciseTimer);
    connect(&timer_, &QTimer::timeout, this, &Playhead::tick);
    connect(&frames_, &FrameProvider::frameArrived, this, &Playhead::showCurrent);
    connect(&frames_, &FrameProvider::approximateArrived, this, &Playhead::showCurrent);
    connect(&frames_, &FrameProvider::scanAdvanced, this, &Playhead::stayWithin);
}

// Position ---------------------------------------------------------------------------------------

void Playhead::moveTo(FrameIndex frame) {
    current_ = frame;
    showCurrent();
    Q_EMIT moved(frame);
}

void Playhead::seek(FrameIndex frame) {
    if (!frames_.isOpen()) return;
    frame = std::clamp<FrameIndex>(frame, 0, std::max<FrameIndex>(frames_.frameCount() - 1, 0));
    Q_EMIT movedByUser();
    if (playing() && !frames_.reachable(frame)) pause();
    if (playing()) clock_.start(frame, rate_);
    if (frame != current_) moveTo(frame);
}

void Playhead::follow(FrameIndex frame) {
    if (frame != current_) moveTo(frame);
}

void Playhead::restart() {
    current_ = 0;
    approximate_.reset();
    shown_ = frames_.cached(0);
}

void Playhead::clear() {
    current_ = 0;
    approximate_.reset();
    shown_.reset();
}

// The container may have promised more frames than there are.
void Playhead::stayWithin() {
    if (frames_.scanned() && current_ >= frames_.frameCount()) seek(frames_.frameCount() - 1);
}

// Playback ---------------------------------------------------------------------------------------

FrameSpan Playhead::span() const {
    // Backwards from the end of the video only once it is known where that is.
    const bool counted = rate_ > 0.0 || frames_.scanned();
    const FrameSpan whole{
        0, counted ? frames_.frameCount() : std::max<FrameIndex>(frames_.scannedFrames(), 1)};
    if (clock_.loop() == LoopMode::Once) return whole;
    const FrameSpan looped{loopBegin_, std::min(loopEnd_.value_or(whole.end), whole.end)};
    return looped.begin < looped.end ? looped : whole;
}

void Playhead::playAt(double rate) {
    if (!frames_.isOpen() || frames_.frameCount() < 2) return;
    if (playing()) {
        rate_ = rate;
        clock_.start(current_, rate_);
        Q_EMIT playbackChanged();
        tick();
        return;
    }
    if (waitsForExact(tr("Playing"))) return;
    Q_EMIT leavingPicture();
    rate_ = rate;
    const FrameSpan played = span();
    const FrameIndex first = rate < 0.0 ? played.end - 1 : played.begin;
    const FrameIndex last = rate < 0.0 ? played.begin : played.end - 1;
    if (current_ == last || !played.holds(current_)) seek(first);
    Q_EMIT movedByUser();
    clock_.start(current_, rate_);
    Q_EMIT playbackChanged();
    tick();
}

void Playhead::pause() {
    if (!playing()) return;
    clock_.stop();
    timer_.stop();
    Q_EMIT playbackChanged();
}

void Playhead::shuttle(PlayDirection direction) {
    const double sign = direction == PlayDirection::Backward ? -1.0 : 1.0;
    const bool faster = playing() && rate_ * sign > 0.0;
    playAt(faster ? sign * std::min(2.0 * std::abs(rate_), kMostRate) : sign * speed_);
}

void Playhead::setSpeed(double speed) {
    if (!(speed > 0.0)) return;
    speed_ = std::min(speed, kMostRate);
    if (playing()) {
        playAt(std::copysign(speed_, rate_));
    } else {
        Q_EMIT playbackChanged();
    }
}

void Playhead::setLoop(LoopMode mode) {
    if (clock_.loop() == mode) return;
    clock_.setLoop(mode);
    Q_EMIT playbackChanged();
}

void Playhead::setLoopSpan(FrameIndex begin, std::optional<FrameIndex> end) {
    loopBegin_ = std::max<FrameIndex>(begin, 0);
    loopEnd_ = end;
}

void Playhead::tick() {
    const FrameIndex due = clock_.due(span());
    if (due != current_) moveTo(due);
    if (!clock_.running()) {
        Q_EMIT playbackChanged();
    } else {
        timer_.start(clock_.untilNextMs(due, span()));
    }
}

double Playhead::frameSecs() const {
    return (frames_.timeSecs(current_ + 1) - frames_.timeSecs(current_)) / std::abs(rate());
}

// Picture ----------------------------------------------------------------------------------------

void Playhead::showCurrent() {
    FramePtr frame = frames_.cached(current_);
    if (!frame && playing() && shown_) {
        // Decoding is behind: show the newest picture that is due and in memory.
        const FrameIndex back = rate_ < 0.0 ? 1 : -1;
        for (FrameIndex index = current_ + back; (shown_->index - index) * back > 0;
             index += back) {
            if ((frame = frames_.cached(index))) break;
        }
    }
    if (!frame) {
        if (!playing() && !frames_.reachable(current_)) showApproximate();
        return;
    }
    if (frame == shown_) return;
    Q_EMIT leavingPicture();
    approximate_.reset();
    shown_ = std::move(frame);
    Q_EMIT pictureChanged();
}

// The picture on screen stays until a nearer one arrives, but no longer counts as a frame: what the
// user does now is meant for another one.
void Playhead::showApproximate() {
    const ApproximatePicture* near = frames_.approximate();
    const bool fresh = near != nullptr && near->wanted == current_ &&
                       !(approximate_ && approximate_->picture.frame == near->picture.frame);
    if (!fresh && !shown_) return;
    Q_EMIT leavingPicture();
    if (fresh) {
        approximate_ = *near;
    } else {
        approximate_ = ApproximatePicture{current_, {shown_, frames_.timeSecs(shown_->index)}};
    }
    shown_.reset();
    Q_EMIT pictureChanged();
}

bool Playhead::waitsForExact(const QString& what) {
    if (!approximate_) return false;
    const double secs = frames_.secsUntilKnown(current_);
    const QString counting =
        secs < 0.0 ? tr("The frames of the video are being counted.")
                   : tr("The frames of the video are being counted: %1.").arg(timeLeftText(secs));
    const QString usable = tr("Frames 0 to %1 are available now.").arg(frames_.scannedFrames() - 1);
    Q_EMIT noticed(
        warningNotice(tr("%1 is not possible until the exact position of frame %2 is known")
                          .arg(what)
                          .arg(current_),
                      counting + QLatin1Char(' ') + usable, Notice::Topic::Counting));
    return true;
}

// In blocks, each in the order of the video: one seek is enough for a block.
void Playhead::addFramesBefore(std::vector<FrameIndex>& wanted) const {
    const FrameIndex block = current_ - current_ % kBlock;
    for (FrameIndex index = block; index < current_; ++index) wanted.push_back(index);
    const FrameIndex before = std::max<FrameIndex>(block - kBlock, 0);
    for (FrameIndex index = before; index < block; ++index) wanted.push_back(index);
}

std::vector<FrameIndex> Playhead::wantedFrames() const {
    std::vector<FrameIndex> wanted{current_};
    if (!playing()) {
        wanted.push_back(current_ + 1);
        return wanted;
    }
    if (rate_ < 0.0) {
        addFramesBefore(wanted);
        return wanted;
    }
    for (FrameIndex ahead = 1; ahead <= kReadAhead; ++ahead) {
        if (current_ + ahead < frames_.frameCount()) wanted.push_back(current_ + ahead);
    }
    return wanted;
}

}  // namespace mcj
