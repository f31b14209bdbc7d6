#include "viewer/session/store_queue.h"

#include <algorithm>
#include <system_error>

#include "viewer/session/project_place.h"

namespace mcj {
namespace {

constexpr int kRetryMs = 2000;

}  // namespace

StoreQueue::StoreQueue(QObject* parent) : QObject(parent), lane_("store") {
    retry_.setSingleShot(true);
    retry_.setInterval(kRetryMs);
    connect(&retry_, &QTimer::timeout, this, &StoreQueue::pump);
    connect(&lane_, &Lane::failed, this, &StoreQueue::failed);
    connect(&lane_, &Lane::idle, this, [this] {
        if (!retry_.isActive()) pump();
    });
}

StoreQueue::~StoreQueue() = default;

void StoreQueue::reset() {
    keeper_ = std::make_shared<Keeper>();
    waiting_.clear();
    waitingChanges_ = 0;
    written_ = newest_;
    loading_ = attached_ = failing_ = said_ = false;
    nextLoad_ = nullptr;
    retry_.stop();
}

void StoreQueue::start(const std::filesystem::path& path, Whole whole) {
    reset();
    path_ = path;
    whole_ = std::move(whole);
    Q_EMIT changed();
}

StoreQueue::Loaded StoreQueue::loadFile(Keeper& keeper, const std::filesystem::path& path,
                                        const std::string& video) {
    try {
        keeper.file = ProjectFile::open(path);
    } catch (const ProjectInUse&) {
        return {ProjectFile::read(path), sampleOfVideo(video), {}, Access::InUse};
    } catch (const ProjectUnwritable&) {
        return {ProjectFile::read(path), sampleOfVideo(video), {}, Access::Unwritable};
    }
    auto outcome = runGuarded([&] {
        return Loaded{keeper.file->load(), sampleOfVideo(video), keeper.file->copyOfOlder(),
                      Access::Write};
    });
    // A file that cannot be read must not be written.
    if (!outcome.ok()) keeper.file.reset();
    return std::move(outcome).value();
}

void StoreQueue::load(const std::filesystem::path& path, const std::string& video, Whole whole,
                      LoadDone done) {
    start(path, std::move(whole));
    loading_ = true;
    nextLoad_ = [this, path, video, done = std::move(done)]() mutable {
        lane_.start([path, video, keeper = keeper_] { return loadFile(*keeper, path, video); },
                    [self = QPointer<StoreQueue>(this), keeper = keeper_,
                     done = std::move(done)](Outcome<Loaded> outcome) {
                        if (!self || self->keeper_ != keeper) {
                            // The file may be wanted again by the next job.
                            keeper->file.reset();
                            return;
                        }
                        self->loading_ = false;
                        self->attached_ = self->keeper_->file.has_value();
                        self->failing_ = !outcome.ok();
                        // The caller reports the error.
                        self->said_ = !outcome.ok();
                        done(std::move(outcome));
                        Q_EMIT self->changed();
                    });
    };
    pump();
    Q_EMIT changed();
}

void StoreQueue::add(ProjectStep step, Weight weight) {
    waiting_.push_back({++newest_, weight, std::move(step)});
    if (weight == Weight::Change) ++waitingChanges_;
    Q_EMIT changed();
    // While the file cannot be written, the timer retries instead of every step.
    if (!failing_) {
        pump();
    } else if (!retry_.isActive()) {
        retry_.start();
    }
}

void StoreQueue::abandon() {
    keeper_ = std::make_shared<Keeper>();
    attached_ = false;
    failing_ = said_ = true;
    Q_EMIT changed();
}

void StoreQueue::tryNow() {
    said_ = false;
    pump();
}

bool StoreQueue::atRest() const noexcept { return waiting_.empty() && !loading_ && !lane_.busy(); }

StoreQueue::Batch StoreQueue::makeBatch() const {
    Batch batch;
    batch.path = path_;
    batch.last = newest_;
    if (!attached_) {
        batch.whole = whole_();
    } else {
        for (const Waiting& waiting : waiting_) batch.steps.push_back(waiting.step);
    }
    return batch;
}

bool StoreQueue::writeBatch(Keeper& keeper, const Batch& batch) {
    if (batch.whole) {
        std::error_code ignored;
        std::filesystem::create_directories(batch.path.parent_path(), ignored);
        ProjectContent whole = *batch.whole;
        if (whole.video.sample.empty()) whole.video.sample = sampleOfVideo(whole.video.path);
        keeper.file.reset();
        keeper.file = ProjectFile::create(batch.path, whole);
    } else {
        requireThere(keeper, batch.path);
        keeper.file->write(batch.steps);
    }
    keeper.written = batch.last;
    return true;
}

void StoreQueue::requireThere(Keeper& keeper, const std::filesystem::path& path) {
    const std::string name = "the project " + path.string();
    switch (keeper.file->presence()) {
    case ProjectFile::Presence::There: return;
    case ProjectFile::Presence::Deleted:
        keeper.file.reset();
        throw Error(ErrorCode::Input, name + " no longer exists",
                    "It is written again completely as soon as its folder is writable.");
    // The file stays open: where it comes back, it is continued.
    case ProjectFile::Presence::Away:
        throw Error(ErrorCode::Input, "the folder of " + name + " cannot be reached",
                    "Check the disk or the connection to it.");
    case ProjectFile::Presence::Replaced:
        throw Error(ErrorCode::Input, "another file has taken the place of " + name,
                    "Move that file away, or save the project under another name (File menu).");
    }
}

void StoreQueue::pump() {
    if (lane_.busy()) return;
    if (nextLoad_) {
        std::exchange(nextLoad_, nullptr)();
        return;
    }
    if (loading_ || waiting_.empty() || path_.empty()) return;
    retry_.stop();
    lane_.start([batch = makeBatch(), keeper = keeper_] { return writeBatch(*keeper, batch); },
                [self = QPointer<StoreQueue>(this), keeper = keeper_](Outcome<bool> outcome) {
                    if (self && self->keeper_ == keeper) self->batchDone(outcome);
                });
}

void StoreQueue::dropWritten() {
    while (!waiting_.empty() && waiting_.front().number <= keeper_->written) {
        if (waiting_.front().weight == Weight::Change) --waitingChanges_;
        waiting_.pop_front();
    }
    written_ = std::max(written_, keeper_->written);
}

void StoreQueue::batchDone(const Outcome<bool>& outcome) {
    const bool wasAttached = attached_;
    dropWritten();
    attached_ = keeper_->file.has_value();
    failing_ = !outcome.ok();
    if (failing_) {
        retry_.start();
        if (!said_) {
            said_ = true;
            Q_EMIT failed(outcome.error());
        }
    } else {
        if (!wasAttached) Q_EMIT created();
        if (std::exchange(said_, false)) Q_EMIT recovered();
    }
    Q_EMIT changed();
}

bool StoreQueue::finish() {
    if (!loading_ && !path_.empty()) {
        lane_.wait();
        dropWritten();
        attached_ = keeper_->file.has_value();
        if (!waiting_.empty()) {
            (void)runGuarded([this] { return writeBatch(*keeper_, makeBatch()); });
            // A deleted file is created again.
            if (!keeper_->file && attached_) {
                attached_ = false;
                (void)runGuarded([this] { return writeBatch(*keeper_, makeBatch()); });
            }
            dropWritten();
        }
        keeper_->file.reset();
    }
    const bool complete = waitingChanges_ == 0;
    reset();
    path_.clear();
    whole_ = nullptr;
    Q_EMIT changed();
    return complete;
}

}  // namespace mcj
