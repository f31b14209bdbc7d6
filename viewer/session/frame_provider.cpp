#include "viewer/session/frame_provider.h"

#include <algorithm>

#include "media/base/frame_time.h"

namespace mcj {
namespace {

using std::chrono::milliseconds;

// The longest wait of a new request per kind of job. A scan gives way at once (`serve`), so that
// its slices only have to end when the window is to be told of it; between two of them both
// decoders wait for the window, which may be drawing.
constexpr milliseconds kReadSlice{60};
constexpr milliseconds kScanSlice{250};
constexpr milliseconds kLaterScanSlice{1000};
constexpr milliseconds kNearbySlice{150};
// How often the window is told of the scan: each time it is composed anew, which is dear without a
// GPU, and a long scan is in no hurry.
constexpr qint64 kTellMs = 250;
constexpr qint64 kTellLaterMs = 900;  // less than a slice of the scan then
constexpr qint64 kLaterAfterMs = 1000;
/// For hour-long videos, copying all timestamps after each slice would take longer than the slice.
constexpr int kSlicesPerCopy = 2;
/// Frames this far beyond the scanned ones are reached about as fast as by a seek.
constexpr FrameIndex kSoonFrames = 30;
/// A failed read is retried after 0.25, 0.5 and 1 s; then it is reported and retried every few
/// seconds.
constexpr int kAttempts = 4;
constexpr milliseconds kFirstPause{250};
constexpr milliseconds kLaterPause{3000};

double dropOrder(FrameIndex index, FrameIndex playhead) {
    return index >= playhead ? static_cast<double>(index - playhead)
                             : 2.0 * static_cast<double>(playhead - index);
}

milliseconds pauseAfter(int attempts) {
    return attempts < kAttempts ? kFirstPause * (1 << (attempts - 1)) : kLaterPause;
}

}  // namespace

FrameProvider::FrameProvider(Lane& io, std::size_t budgetBytes, std::filesystem::path indexFolder,
                             QObject* parent)
    : QObject(parent), io_(io), budgetBytes_(budgetBytes), indexFolder_(std::move(indexFolder)) {
    retryTimer_.setSingleShot(true);
    retryTimer_.setTimerType(Qt::PreciseTimer);
    connect(&retryTimer_, &QTimer::timeout, this, &FrameProvider::retryDue);
}

void FrameProvider::open(const QString& path) {
    cancelOpen();
    wantedPath_ = path;
    io_.stopJob();
}

void FrameProvider::cancelOpen() {
    ++openGeneration_;
    wantedPath_.clear();
    opened_.reset();
}

void FrameProvider::takeOver() {
    if (!opened_) return;
    Opened opened = std::move(*opened_);
    close();
    source_ = std::move(opened.source);
    sourceId_ = opened.first->source;
    info_ = std::move(opened.info);
    info_.size = opened.first->size();
    scannedFrames_ = info_.frames.value_or(1);
    scanTime_.start();
    keep(opened.first);
}

void FrameProvider::close() {
    cancelOpen();
    io_.stopJob();
    ++generation_;
    source_.reset();
    sourceId_ = 0;
    info_ = {};
    scannedFrames_ = 0;
    framesAhead_ = 0;
    frames_.clear();
    demand_ = {};
    reading_.reset();
    approximate_.reset();
    noNearbyFor_.reset();
    failures_.clear();
    told_.invalidate();
    complained_.clear();
    lastComplaint_.clear();
    scanFailure_.reset();
    retryTimer_.stop();
    keptBytes_ = 0;
    slicesSinceCopy_ = 0;
}

FrameIndex FrameProvider::frameCount() const noexcept {
    if (!source_) return 0;
    if (info_.frames) return *info_.frames;
    return std::max<FrameIndex>({1, info_.estimatedFrames, scannedFrames_});
}

bool FrameProvider::reachable(FrameIndex index) const noexcept {
    return knows(index) || index < scannedFrames_ + kSoonFrames;
}

double FrameProvider::secsUntilKnown(FrameIndex index) const {
    if (knows(index)) return 0.0;
    const double secs = static_cast<double>(scanTime_.elapsed()) / 1000.0;
    // The first moments are mostly spent on opening and do not give an estimate.
    if (secs < 0.3 || scannedFrames_ < 2) return -1.0;
    const double reach = secs / static_cast<double>(scannedFrames_) *
                         static_cast<double>(index + 1 - scannedFrames_);
    if (framesAhead_ == 0) return reach;
    // Scanned from two places: when both have met, everything is known.
    const FrameIndex left = std::max<FrameIndex>(frameCount() - scannedFrames_ - framesAhead_, 0);
    const double meet =
        secs / static_cast<double>(scannedFrames_ + framesAhead_) * static_cast<double>(left);
    return std::min(reach, meet);
}

FramePtr FrameProvider::cached(FrameIndex index) const {
    const auto found = frames_.find(index);
    return found == frames_.end() ? nullptr : found->second;
}

double FrameProvider::timeSecs(FrameIndex index) const { return frameTimeSecs(info_, index); }

std::vector<FrameIndex> FrameProvider::cachedFrames() const {
    std::vector<FrameIndex> kept;
    for (const auto& [index, frame] : frames_) kept.push_back(index);
    return kept;
}

bool FrameProvider::exists(FrameIndex index) const noexcept {
    return index >= 0 && !(info_.frames && index >= *info_.frames);
}

bool FrameProvider::has(const std::vector<FrameIndex>& wanted) const {
    return std::all_of(wanted.begin(), wanted.end(), [this](FrameIndex index) {
        return frames_.contains(index) || !exists(index) || whyUnread(index) != nullptr;
    });
}

const Error* FrameProvider::whyUnread(FrameIndex index) const {
    const auto found = failures_.find(index);
    const bool givenUp = found != failures_.end() && found->second.attempts >= kAttempts;
    return givenUp ? &found->second.error : nullptr;
}

// What to do next --------------------------------------------------------------------------------

void FrameProvider::serve(FrameDemand demand) {
    demand_ = std::move(demand);
    forgetUnwanted();
    if (io_.busy()) {
        // A scan gives way at once; what it found is kept.
        if (scanning_ && (wantsNearby() || nextWanted(true) || nextWanted(false))) io_.stopJob();
        return;
    }
    if (!wantedPath_.isEmpty()) {
        startOpen();
        return;
    }
    if (!source_) return;
    const bool passed = demand_.playing && reading_ && *reading_ <= demand_.playhead;
    if (passed && !frames_.contains(*reading_) && mayTry(*reading_)) {
        startRead(*reading_);
        return;
    }
    if (wantsNearby()) {
        startNearby();
        return;
    }
    for (const bool soon : {true, false}) {
        const std::optional<FrameIndex> index = nextWanted(soon);
        if (!index) continue;
        startRead(*index);
        return;
    }
    if (!scanned() && (!scanFailure_ || isDue(*scanFailure_))) startScan();
}

// Whether the playhead is far beyond the scanned frames and has no approximate picture.
bool FrameProvider::wantsNearby() const {
    const FrameIndex index = demand_.playhead;
    if (!source_ || demand_.playing || reachable(index)) return false;
    if (frames_.contains(index) || noNearbyFor_ == index) return false;
    return !(approximate_ && approximate_->wanted == index);
}

void FrameProvider::startNearby() {
    const FrameIndex index = demand_.playhead;
    io_.start(
        [source = source_, secs = timeSecs(index)](const StopToken& stop) {
            return source->pictureNear(secs, ReadLimit::within(kNearbySlice, stop));
        },
        [this, index, generation = generation_](Outcome<std::optional<NearbyPicture>> outcome) {
            if (generation != generation_) return;
            if (!outcome.ok() || !outcome.value()) {
                // The exact frame is read later; if that fails, the failure is reported then.
                noNearbyFor_ = index;
                return;
            }
            approximate_ = ApproximatePicture{index, *std::move(outcome).value()};
            Q_EMIT approximateArrived();
        });
}

// The first missing frame. Frames that a seek can reach (`soon`) come before those that the
// scan has to reach first, which may take minutes.
std::optional<FrameIndex> FrameProvider::nextWanted(bool soon) {
    for (const FrameIndex index : demand_.frames) {
        if (!exists(index) || frames_.contains(index)) continue;
        if (reachable(index) == soon && mayTry(index)) return index;
    }
    return std::nullopt;
}

bool FrameProvider::mayTry(FrameIndex index) {
    const auto failure = failures_.find(index);
    return failure == failures_.end() || isDue(failure->second);
}

// Whether to retry now; `retryDue` follows if it is too early.
bool FrameProvider::isDue(const Failure& failure) {
    if (Clock::now() >= failure.retryAt) return true;
    retryAt(failure.retryAt);
    return false;
}

void FrameProvider::forgetUnwanted() {
    const auto unwanted = [this](FrameIndex index) {
        const auto& wanted = demand_.frames;
        return std::find(wanted.begin(), wanted.end(), index) == wanted.end();
    };
    std::erase_if(failures_, [&](const auto& failure) { return unwanted(failure.first); });
    if (!demand_.playing && reading_ && unwanted(*reading_)) reading_.reset();
}

void FrameProvider::retryAt(Clock::time_point time) {
    const auto pause = std::chrono::duration_cast<milliseconds>(time - Clock::now()).count();
    const int wait = static_cast<int>(std::max<std::int64_t>(pause + 1, 1));
    if (!retryTimer_.isActive() || retryTimer_.remainingTime() > wait) retryTimer_.start(wait);
}

// Jobs -------------------------------------------------------------------------------------------

void FrameProvider::startOpen() {
    const QString path = wantedPath_;
    const std::uint64_t generation = openGeneration_;
    SourceOptions options;
    // The session has its own cache of frames; the source needs only a few.
    options.cacheBytes = std::size_t{64} << 20;
    options.indexFolder = indexFolder_;
    io_.start(
        [path = path.toStdString(), options](const StopToken& stop) {
            Opened opened;
            opened.source = openSource(path, options);
            opened.first = opened.source->read(0, stop);
            if (!opened.first) {
                throw Error(ErrorCode::Input, path + " does not contain a readable frame",
                            "Try to play the file in another program; it may be damaged.");
            }
            opened.info = opened.source->info();
            return opened;
        },
        [this, generation](Outcome<Opened> outcome) {
            if (generation != openGeneration_) return;
            wantedPath_.clear();
            if (!outcome.ok()) {
                Q_EMIT openFailed(noticeOf(outcome.error(), Notice::Topic::Opening));
                return;
            }
            opened_ = std::move(outcome).value();
            Q_EMIT openSucceeded();
        });
}

void FrameProvider::startRead(FrameIndex index) {
    reading_ = index;
    const std::uint64_t generation = generation_;
    const bool copy = !knows(index) && copyIsDue();
    io_.start(
        [source = source_, index, copy, scanned = scanned()](const StopToken& stop) {
            SliceResult result;
            result.read = source->read(index, ReadLimit::within(kReadSlice, stop));
            result.learnt = learn(*source, scanned, copy);
            return result;
        },
        [this, index, generation](Outcome<SliceResult> outcome) {
            if (generation != generation_) return;
            if (!outcome.ok()) {
                readFailed(index, outcome.error());
                return;
            }
            const SliceResult& result = outcome.value();
            adopt(result.learnt);
            if (result.read.state == ReadState::NotYet) return;
            reading_.reset();
            failures_.erase(index);
            if (result.read.frame) {
                recovered(index);
                keep(result.read.frame);
            }
            Q_EMIT frameArrived(index);
        });
}

void FrameProvider::startScan() {
    scanning_ = true;
    const std::uint64_t generation = generation_;
    const milliseconds slice = scanTime_.hasExpired(kLaterAfterMs) ? kLaterScanSlice : kScanSlice;
    io_.start(
        [source = source_, slice, copy = copyIsDue()](const StopToken& stop) {
            source->scan(ReadLimit::within(slice, stop));
            return learn(*source, false, copy);
        },
        [this, generation](Outcome<Learnt> outcome) {
            scanning_ = false;
            if (generation != generation_) return;
            if (!outcome.ok()) {
                scanFailed(outcome.error());
                return;
            }
            if (scanFailure_ && scanFailure_->attempts >= kAttempts) Q_EMIT readAgain();
            scanFailure_.reset();
            adopt(outcome.value());
        });
}

bool FrameProvider::copyIsDue() {
    if (++slicesSinceCopy_ < kSlicesPerCopy) return false;
    slicesSinceCopy_ = 0;
    return true;
}

FrameProvider::Learnt FrameProvider::learn(const FrameSource& source, bool scannedBefore,
                                           bool copy) {
    const VideoInfo& info = source.info();
    Learnt learnt;
    learnt.frames = info.frames.value_or(static_cast<FrameIndex>(info.pts.size()));
    learnt.ahead = source.framesAhead();
    const bool turned = info.frames.has_value() != scannedBefore;
    if (copy || turned) learnt.info = std::make_shared<VideoInfo>(info);
    return learnt;
}

void FrameProvider::adopt(const Learnt& learnt) {
    const bool wasScanned = scanned();
    const bool startedOver = wasScanned && learnt.info && !learnt.info->frames;
    if (wasScanned && !startedOver) return;
    if (startedOver) {
        // The stored index was wrong, so the numbers of the cached frames may be wrong too.
        frames_.clear();
        keptBytes_ = 0;
        scannedFrames_ = 0;
        scanTime_.restart();
    }
    scannedFrames_ = std::max(scannedFrames_, learnt.frames);
    framesAhead_ = learnt.ahead;
    if (learnt.info) {
        const SizePx size = info_.size;
        info_ = *learnt.info;
        info_.size = size;
        if (info_.frames && info_.damaged) {
            Q_EMIT failed(warningNotice(
                tr("The file is damaged: %1").arg(QString::fromStdString(*info_.damaged)),
                tr("Only the frames that can be decoded are used.")));
        }
    }
    // The window repaints on each signal; after every slice, that would take longer than the scan.
    const qint64 tellMs = scanTime_.hasExpired(kLaterAfterMs) ? kTellLaterMs : kTellMs;
    if (!info_.frames && told_.isValid() && !told_.hasExpired(tellMs)) return;
    told_.restart();
    Q_EMIT scanAdvanced();
}

// Failures ---------------------------------------------------------------------------------------

void FrameProvider::readFailed(FrameIndex index, const Error& error) {
    // A job stopped for a newer request is not a failure of the file.
    if (error.code() == ErrorCode::Interrupted) return;
    Failure& failure = failures_.try_emplace(index, Failure{error, 0, {}}).first->second;
    failure.error = error;
    ++failure.attempts;
    failure.retryAt = Clock::now() + pauseAfter(failure.attempts);
    retryAt(failure.retryAt);
    if (failure.attempts != kAttempts) return;
    reading_.reset();
    const bool fresh = complained_.insert(index).second && lastComplaint_ != error.what();
    lastComplaint_ = error.what();
    if (fresh) Q_EMIT failed(noticeOf(error, Notice::Topic::Reading));
    Q_EMIT frameArrived(index);
}

void FrameProvider::recovered(FrameIndex index) {
    lastComplaint_.clear();
    if (!complained_.contains(index)) return;
    // The cause is gone for the others as well, or is reported anew.
    complained_.clear();
    Q_EMIT readAgain();
}

void FrameProvider::scanFailed(const Error& error) {
    const int attempts = (scanFailure_ ? scanFailure_->attempts : 0) + 1;
    scanFailure_ = Failure{error, attempts, Clock::now() + pauseAfter(attempts)};
    retryAt(scanFailure_->retryAt);
    if (attempts != kAttempts || lastComplaint_ == error.what()) return;
    lastComplaint_ = error.what();
    Q_EMIT failed(noticeOf(error, Notice::Topic::Reading));
}

void FrameProvider::setBudget(std::size_t bytes) {
    budgetBytes_ = bytes;
    dropFarthest();
}

void FrameProvider::keep(const FramePtr& frame) {
    const auto [place, fresh] = frames_.insert_or_assign(frame->index, frame);
    if (fresh) keptBytes_ += frame->rgb.bytes();
    dropFarthest();
}

void FrameProvider::dropFarthest() {
    const FrameIndex playhead = demand_.playhead;
    while (keptBytes_ > budgetBytes_ && frames_.size() > 2) {
        auto farthest = frames_.end();
        for (auto it = frames_.begin(); it != frames_.end(); ++it) {
            const auto& wanted = demand_.frames;
            if (std::find(wanted.begin(), wanted.end(), it->first) != wanted.end()) continue;
            if (farthest == frames_.end() ||
                dropOrder(it->first, playhead) > dropOrder(farthest->first, playhead)) {
                farthest = it;
            }
        }
        if (farthest == frames_.end()) break;
        keptBytes_ -= farthest->second->rgb.bytes();
        frames_.erase(farthest);
    }
}

}  // namespace mcj
