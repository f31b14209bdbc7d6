#include "media/io/frame_finder.h"

#include <new>
#include <string>

extern "C" {
#include <libavutil/frame.h>
}

#include "media/base/error.h"

namespace mcj {

namespace {

// Decoding forward this far is cheaper than a seek, even with a key frame in between.
constexpr FrameIndex kForwardFrames = 12;
// Frames after a seek that may be broken (leading pictures of an open GOP) before one is known.
constexpr int kUnknownFrames = 64;
constexpr int kStepsBack = 3;
// Each key frame is tried by both ways to seek; then the file is decoded from its start, and once
// more with one thread.
constexpr int kSeekAttempts = 2 * (kStepsBack + 1);
constexpr int kFromStart = kSeekAttempts;
constexpr int kFromStartOneThread = kSeekAttempts + 1;

}  // namespace

PicturePtr sharePicture(const AVFrame& picture) {
    AVFrame* copy = av_frame_clone(&picture);
    if (copy == nullptr) throw std::bad_alloc();
    return {copy, AvFrameDeleter()};
}

void FrameFinder::reset() {
    decoder_.reset();
    next_ = -1;
    search_.reset();
}

FrameFinder::Result FrameFinder::find(FrameIndex index, const ReadLimit& limit) {
    try {
        if (!search_ || search_->target != index) begin(index);
        while (search_) {
            if (PicturePtr picture = step()) {
                search_.reset();
                return {State::Found, std::move(picture)};
            }
            if (search_ && limit.over()) return {State::NotYet, {}};
        }
        return {State::Lost, {}};
    } catch (...) {
        reset();
        throw;
    }
}

void FrameFinder::begin(FrameIndex index) {
    search_ = Search{index};
    const SeekPoint* nearest = table_.seekPoint(index, 0);
    if (decoder_ && next_ >= 0 && next_ <= index) {
        const bool close = index - next_ <= kForwardFrames;
        if (close || nearest == nullptr || nearest->frame <= next_) return;
    }
    if (!tryNext()) search_.reset();
}

SeekMethod FrameFinder::methodOf(int attempt) const {
    const SeekMethod preferred = decoder_->preferredSeek();
    if (attempt % 2 == 0) return preferred;
    return preferred == SeekMethod::Byte ? SeekMethod::Timestamp : SeekMethod::Byte;
}

SeekPoint* FrameFinder::pointOf(int attempt) {
    return table_.seekPoint(search_->target, attempt / 2);
}

// Sets up the next way to reach the target; false where none is left.
bool FrameFinder::tryNext() {
    next_ = -1;
    if (!decoder_) decoder_ = hooks_.open();
    for (++search_->attempt; search_->attempt < kSeekAttempts; ++search_->attempt) {
        if (pointOf(search_->attempt) == nullptr) {
            search_->attempt = kSeekAttempts;
            break;
        }
        if (seekForAttempt()) return true;
    }
    if (search_->attempt > kFromStartOneThread) return false;
    if (search_->attempt == kFromStartOneThread) {
        // The decoder's output was not reproducible: with one thread it is.
        hooks_.useOneThread();
    }
    decoder_ = hooks_.open();
    next_ = 0;
    search_->phase = Phase::Walk;
    return true;
}

bool FrameFinder::seekForAttempt() {
    SeekPoint& point = *pointOf(search_->attempt);
    const SeekMethod method = methodOf(search_->attempt);
    if (search_->target < point.goodFrom(method)) return false;
    if (!decoder_->seek(point.place, method)) {
        point.goodFrom(method) = SeekPoint::kNever;
        return false;
    }
    search_->phase = Phase::Identify;
    search_->unknown = 0;
    return true;
}

void FrameFinder::distrustSeek(FrameIndex goodFrom) {
    if (search_->attempt < 0 || search_->attempt >= kFromStart) return;
    pointOf(search_->attempt)->goodFrom(methodOf(search_->attempt)) = goodFrom;
}

const AVFrame* FrameFinder::nextPicture() {
    const AVFrame* picture = decoder_->next();
    // A failing disk or share does not mean that this way to seek is wrong, and may recover soon.
    if (picture == nullptr && !endUnreadable_ && !decoder_->damage().readError.empty()) {
        throw Error(ErrorCode::Input,
                    "frame " + std::to_string(search_->target) +
                        " cannot be read now: " + decoder_->damage().readError,
                    "Check the disk or the network share that holds the video.");
    }
    return picture;
}

PicturePtr FrameFinder::step() { return search_->phase == Phase::Identify ? identify() : walk(); }

PicturePtr FrameFinder::identify() {
    const AVFrame* picture = nextPicture();
    const auto at = picture != nullptr ? table_.find(markOf(*picture)) : std::nullopt;
    if (!at) {
        if (picture != nullptr && ++search_->unknown < kUnknownFrames) return nullptr;
        distrustSeek(SeekPoint::kNever);
        if (!tryNext()) search_.reset();
        return nullptr;
    }
    if (*at > search_->target) {
        distrustSeek(*at);
        if (!tryNext()) search_.reset();
        return nullptr;
    }
    next_ = *at + 1;
    if (*at == search_->target) return sharePicture(*picture);
    hooks_.passed(*picture, *at);
    search_->phase = Phase::Walk;
    return nullptr;
}

// Decodes one frame towards the target; tries another way as soon as a frame does not match the
// table.
PicturePtr FrameFinder::walk() {
    const AVFrame* picture = nextPicture();
    const FrameIndex at = next_;
    if (picture == nullptr || !table_.agrees(at, markOf(*picture))) {
        distrustSeek(SeekPoint::kNever);
        if (!tryNext()) search_.reset();
        return nullptr;
    }
    ++next_;
    if (at == search_->target) return sharePicture(*picture);
    hooks_.passed(*picture, at);
    return nullptr;
}

}  // namespace mcj
