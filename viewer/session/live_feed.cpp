#include "viewer/session/live_feed.h"

#include <utility>

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// Frames that are passed over in one step because newer ones have arrived. A program that writes
/// faster than the screen shows must not keep it from showing anything.
constexpr int kMostPassed = 30;

}  // namespace

LiveFeed::LiveFeed(LiveRequest wanted, StopToken stop, RecordingRoom room)
    : wanted_(std::move(wanted)), stop_(std::move(stop)), room_(std::move(room)) {}

LiveStep LiveFeed::step(const LiveOrders& orders) {
    LiveStep step;
    const auto read = runGuarded([&] {
        if (!reader_) {
            LiveOptions options;
            options.camera = wanted_.camera;
            reader_ = std::make_unique<LiveReader>(wanted_.source, options, stop_);
            info_ = std::make_shared<const VideoInfo>(reader_->info());
        }
        follow(orders, step);
        readNewest(step);
        return true;
    });
    step.info = info_;
    if (!read.ok()) {
        step.ended = true;
        if (read.error().code() != ErrorCode::Interrupted) step.reading = read.error();
    }
    if (step.ended) finishRecording(step);
    if (recording_) step.recorded = recording_->progress();
    return step;
}

LiveStep LiveFeed::finish() {
    LiveStep last;
    finishRecording(last);
    return last;
}

// A file that cannot be written does not end the picture.
void LiveFeed::follow(const LiveOrders& orders, LiveStep& step) {
    if (orders.record != recordingPath_) {
        finishRecording(step);
        recordingPath_ = orders.record;
        const auto begun = runGuarded([&] {
            if (!recordingPath_.empty()) recording_.emplace(recordingPath_, *info_, room_);
            return true;
        });
        if (!begun.ok()) giveUp(begun.error(), step);
    }
    if (orders.keep.empty()) return;
    const auto kept = runGuarded([&] {
        writeKept(orders.keep);
        return true;
    });
    if (kept.ok()) {
        step.kept = orders.keep;
    } else {
        step.writing = kept.error();
    }
}

void LiveFeed::readNewest(LiveStep& step) {
    for (int passed = 0; passed <= kMostPassed; ++passed) {
        FramePtr frame = reader_->next();
        if (!frame) {
            step.ended = true;
            return;
        }
        step.arrived = std::chrono::steady_clock::now();
        record(*frame, step);
        step.before = std::exchange(newest_, frame);
        step.newest = std::move(frame);
        if (!reader_->isBehind()) return;
    }
}

void LiveFeed::record(const Frame& frame, LiveStep& step) {
    if (!recording_) return;
    if (!recording_->hasRoom()) {
        endForRoom(step);
        return;
    }
    const auto added = runGuarded([&] {
        recording_->add(frame);
        return true;
    });
    if (!added.ok()) giveUp(added.error(), step);
}

// What is recorded stays; the file is completed while that is possible.
void LiveFeed::endForRoom(LiveStep& step) {
    const Error full = recording_->roomError();
    const fs::path path = recordingPath_;
    finishRecording(step);
    if (step.writing) return;
    step.writing = full;
    step.failed = path;
}

void LiveFeed::giveUp(const Error& error, LiveStep& step) {
    step.writing = error;
    step.failed = std::exchange(recordingPath_, {});
    recording_.reset();
}

void LiveFeed::finishRecording(LiveStep& step) {
    if (!recording_) return;
    // Stopped before its first frame: there is nothing to write.
    const auto finished = runGuarded([&] {
        if (recording_->frames() == 0) return false;
        recording_->finish();
        return true;
    });
    if (!finished.ok()) {
        giveUp(finished.error(), step);
        return;
    }
    if (finished.value()) step.written = recordingPath_;
    recordingPath_.clear();
    recording_.reset();
}

void LiveFeed::writeKept(const fs::path& path) const {
    LiveRecording kept(path, *info_, room_);
    for (const FramePtr& frame : reader_->kept()) kept.add(*frame);
    kept.finish();
}

}  // namespace mcj
