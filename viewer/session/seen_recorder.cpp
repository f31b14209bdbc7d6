#include "viewer/session/seen_recorder.h"

#include <QPointer>
#include <utility>

namespace mcj {

SeenRecorder::SeenRecorder(RecordingRoom room, QObject* parent)
    : QObject(parent), room_(std::move(room)) {
    connect(&lane_, &Lane::idle, this, &SeenRecorder::serve);
    connect(&lane_, &Lane::failed, this,
            [this](const Error& error) { Q_EMIT noticed(noticeOf(error)); });
}

SeenRecorder::~SeenRecorder() {
    lane_.wait();
    // Nobody is left to be told.
    if (writing_) (void)runGuarded([this] { return finish(*writing_).finished; });
}

void SeenRecorder::begin(const QString& path, const VideoInfo& source) {
    if (busy()) return;
    state_ = State::Recording;
    begin_ = Clock::now();
    writing_ = std::make_shared<Writing>();
    writing_->path = path.toStdString();
    writing_->source.size = source.size;
    writing_->source.sampleAspect = source.sampleAspect;
    writing_->source.timeBase = {1, 1000};
    writing_->room = room_;
    shown_ = {};
    waiting_.reset();
    progress_ = {};
    Q_EMIT changed();
}

void SeenRecorder::show(const LivePicture& picture) {
    if (!recording() || !picture.frame || picture == shown_) return;
    shown_ = picture;
    waiting_ = Timed{picture, msNow()};
    serve();
}

void SeenRecorder::end() {
    if (!recording()) return;
    state_ = State::Ending;
    // The last picture lasts until now.
    if (shown_.frame) waiting_ = Timed{std::move(shown_), msNow()};
    shown_ = {};
    Q_EMIT changed();
    serve();
}

std::int64_t SeenRecorder::msNow() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin_).count();
}

void SeenRecorder::serve() {
    if (lane_.busy() || !writing_) return;
    const auto done = [self = QPointer<SeenRecorder>(this)](const Outcome<Written>& outcome) {
        if (self) self->adopt(outcome);
    };
    if (waiting_) {
        lane_.start([writing = writing_,
                     seen = *std::exchange(waiting_, std::nullopt)] { return add(*writing, seen); },
                    done);
    } else if (state_ == State::Ending) {
        lane_.start([writing = writing_] { return finish(*writing); }, done);
    }
}

SeenRecorder::Written SeenRecorder::add(Writing& writing, const Timed& seen) {
    if (!writing.recording) {
        writing.recording.emplace(writing.path, writing.source, writing.room);
    }
    if (!writing.recording->hasRoom()) {
        const Error full = writing.recording->roomError();
        Written written = finish(writing);
        written.nearFull = full;
        return written;
    }
    Frame frame;
    frame.pts = seen.ms;
    frame.rgb = drawLivePicture(seen.picture);
    writing.recording->add(frame);
    return {writing.recording->progress(), false, std::nullopt};
}

SeenRecorder::Written SeenRecorder::finish(Writing& writing) {
    Written written;
    written.finished = true;
    if (!writing.recording) return written;
    written.progress = writing.recording->progress();
    if (written.progress.frames > 0) writing.recording->finish();
    writing.recording.reset();
    return written;
}

void SeenRecorder::adopt(const Outcome<Written>& outcome) {
    if (outcome.ok()) {
        progress_ = outcome.value().progress;
        if (!outcome.value().finished) {
            Q_EMIT changed();
            return;
        }
    }
    const QString path = QString::fromStdString(writing_->path.string());
    writing_.reset();
    waiting_.reset();
    shown_ = {};
    state_ = State::Idle;
    Q_EMIT changed();
    if (!outcome.ok()) {
        Q_EMIT noticed(noticeOf(outcome.error()));
        return;
    }
    if (outcome.value().nearFull) Q_EMIT noticed(noticeOf(*outcome.value().nearFull));
    if (progress_.frames > 0) Q_EMIT recorded(path);
}

}  // namespace mcj
