#include "viewer/session/thumbnails.h"

#include <QPointer>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "media/io/frame_source.h"

namespace mcj {
namespace {

/// Bits of the number of a picture.
constexpr int kBits = 6;
static_assert(FrameIndex{1} << kBits == Thumbnails::kMost);
/// For decoding from the key frame towards the frame itself.
constexpr std::chrono::milliseconds kSlice{40};
constexpr qint64 kTellOfPicturesMs = 500;

/// The frame of the picture that is read at `turn`. The bits of `turn` are reversed: the first few
/// pictures are spread over the whole video, and later ones fill the gaps.
FrameIndex frameOfTurn(FrameIndex turn, FrameIndex frames) {
    FrameIndex place = 0;
    for (int bit = 0; bit < kBits; ++bit) place |= (turn >> bit & 1) << (kBits - 1 - bit);
    return place * frames / Thumbnails::kMost;
}

FramePtr pictureFor(FrameSource& source, FrameIndex frame, double secs, const StopToken& stop) {
    if (source.readsAtOnce()) return source.read(frame, stop);
    const auto near = source.pictureNear(secs, ReadLimit::within(kSlice, stop));
    // A stopped search may have found a picture that is farther away than need be.
    if (stop.stopRequested()) throw Error(ErrorCode::Interrupted, "stopped");
    return near ? near->frame : nullptr;
}

QImage smallCopy(const Raster<std::uint8_t>& rgb) {
    const QImage whole(rgb.data(), rgb.width(), rgb.height(), qsizetype{3} * rgb.width(),
                       QImage::Format_RGB888);
    const QSize most(Thumbnails::kLargest.width, Thumbnails::kLargest.height);
    const bool fits = whole.width() <= most.width() && whole.height() <= most.height();
    const QImage small =
        fits ? whole : whole.scaled(most, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    // Another format, so that it is a copy in any case: the pixels above are the frame's.
    return small.convertToFormat(QImage::Format_RGB32);
}

}  // namespace

Thumbnails::Clip Thumbnails::openClip() const {
    return {parts_.frames.source(), parts_.frames.frameCount()};
}

void Thumbnails::setReading(ThumbnailReading reading) {
    if (reading == reading_) return;
    reading_ = reading;
    if (reading_ == ThumbnailReading::Off) yield();
    Q_EMIT changed();
}

const QImage* Thumbnails::nearest(FrameIndex frame, FrameIndex within) const {
    if (clip_.source != parts_.frames.source()) return nullptr;
    const QImage* found = nullptr;
    FrameIndex distance = within + 1;
    for (const auto& [at, picture] : pictures_) {
        if (picture.isNull() || std::abs(at - frame) >= distance) continue;
        distance = std::abs(at - frame);
        found = &picture;
    }
    return found;
}

std::size_t Thumbnails::count() const {
    if (clip_.source != parts_.frames.source()) return 0;
    std::size_t read = 0;
    for (const auto& [at, picture] : pictures_) {
        if (!picture.isNull()) ++read;
    }
    return read;
}

std::optional<FrameIndex> Thumbnails::next() const {
    if (reading_ == ThumbnailReading::Off || !parts_.frames.scanned()) return std::nullopt;
    const Clip clip = openClip();
    for (FrameIndex turn = 0; turn < kMost; ++turn) {
        const FrameIndex frame = frameOfTurn(turn, clip.frames);
        if (clip != clip_ || !pictures_.contains(frame)) return frame;
    }
    return std::nullopt;
}

void Thumbnails::serve() {
    const std::optional<FrameIndex> frame = next();
    if (!frame) return;
    if (clip_ != openClip()) {
        clip_ = openClip();
        pictures_.clear();
    }
    running_ = true;
    parts_.reading.start(
        [source = parts_.frames.sourceForJobs(), frame = *frame,
         secs = parts_.frames.timeSecs(*frame)](const StopToken& stop) {
            const FramePtr picture = pictureFor(*source, frame, secs, stop);
            return picture ? smallCopy(picture->rgb) : QImage();
        },
        [self = QPointer<Thumbnails>(this), clip = clip_,
         frame = *frame](const Outcome<QImage>& outcome) {
            if (!self) return;
            self->running_ = false;
            if (clip != self->clip_) return;
            if (!outcome.ok() && outcome.error().code() == ErrorCode::Interrupted) return;
            // A picture that cannot be read is left out without a notice: whoever goes to that
            // frame is told.
            self->pictures_[frame] = outcome.ok() ? outcome.value() : QImage();
            self->tell();
        });
}

void Thumbnails::yield() {
    if (running_) parts_.reading.stopJob();
}

void Thumbnails::tell() {
    if (next() && told_.isValid() && !told_.hasExpired(kTellOfPicturesMs)) return;
    told_.restart();
    Q_EMIT arrived();
}

}  // namespace mcj
