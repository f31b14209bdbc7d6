#include "viewer/session/frame_provider.h"

#include <algorithm>

namespace mcj {
namespace {

constexpr std::chrono::milliseconds kScanSlice{20};
/// Copying every timestamp after each slice would cost more than the slice on hour-long videos.
constexpr int kSlicesPerCopy = 25;

double dropOrder(FrameIndex index, FrameIndex playhead) {
    return index >= playhead ? static_cast<double>(index - playhead)
                             : 2.0 * static_cast<double>(playhead - index);
}

}  // namespace

FrameProvider::FrameProvider(Lane& io, std::size_t budgetBytes, QObject* parent)
    : QObject(parent), io_(io), budgetBytes_(budgetBytes) {}

void FrameProvider::open(const QString& path) {
    cancelOpen();
    wantedPath_ = path;
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
    info_ = std::move(opened.info);
    info_.size = opened.first->size();
    scannedFrames_ = info_.frames.value_or(1);
    keep(opened.first, 0);
}

void FrameProvider::close() {
    cancelOpen();
    ++generation_;
    source_.reset();
    info_ = {};
    scannedFrames_ = 0;
    frames_.clear();
    unreadable_.clear();
    keptBytes_ = 0;
    slicesSinceCopy_ = 0;
}

FrameIndex FrameProvider::frameCount() const noexcept {
    if (!source_) return 0;
    if (info_.frames) return *info_.frames;
    return std::max<FrameIndex>({1, info_.estimatedFrames, scannedFrames_});
}

FramePtr FrameProvider::cached(FrameIndex index) const {
    const auto found = frames_.find(index);
    return found == frames_.end() ? nullptr : found->second;
}

double FrameProvider::timeSecs(FrameIndex index) const {
    const auto& pts = info_.pts;
    const auto place = static_cast<std::size_t>(std::max<FrameIndex>(index, 0));
    if (place < pts.size() && pts[place] && pts.front()) {
        return static_cast<double>(*pts[place] - *pts.front()) * info_.timeBase.value();
    }
    const double fps = info_.averageFps > 0.0 ? info_.averageFps : 25.0;
    const double regular = static_cast<double>(index) / fps;
    // Beyond what is scanned, go on from the last known timestamp so that time never jumps back.
    if (!pts.empty() && pts.back() && pts.front() && place >= pts.size()) {
        const double known =
            static_cast<double>(*pts.back() - *pts.front()) * info_.timeBase.value();
        return known + static_cast<double>(place - (pts.size() - 1)) / fps;
    }
    return regular;
}

bool FrameProvider::has(const std::vector<FrameIndex>& wanted) const {
    return std::all_of(wanted.begin(), wanted.end(), [this](FrameIndex index) {
        return frames_.contains(index) || unreadable_.contains(index);
    });
}

void FrameProvider::serve(const std::vector<FrameIndex>& wanted, FrameIndex playhead) {
    wanted_ = wanted;
    if (io_.busy()) return;
    if (!wantedPath_.isEmpty()) {
        startOpen();
        return;
    }
    if (!source_) return;
    for (const FrameIndex index : wanted) {
        if (index < 0 || frames_.contains(index) || unreadable_.contains(index)) continue;
        if (info_.frames && index >= *info_.frames) {
            unreadable_.insert(index);
            continue;
        }
        startRead(index, playhead);
        return;
    }
    if (!scanned()) startScan();
}

void FrameProvider::startOpen() {
    const QString path = wantedPath_;
    const std::uint64_t generation = openGeneration_;
    SourceOptions options;
    // The session keeps frames of its own; the source needs few beside those.
    options.cacheBytes = std::size_t{64} << 20;
    io_.start(
        [path = path.toStdString(), options] {
            Opened opened;
            opened.source = openSource(path, options);
            opened.first = opened.source->read(0);
            if (!opened.first) {
                throw Error(ErrorCode::Input, path + " has no frame that can be read",
                            "Try to play the file in another program; it may be damaged.");
            }
            opened.info = opened.source->info();
            return opened;
        },
        [this, generation](Outcome<Opened> outcome) {
            if (generation != openGeneration_) return;
            wantedPath_.clear();
            if (!outcome.ok()) {
                Q_EMIT openFailed(noticeOf(outcome.error()));
                return;
            }
            opened_ = std::move(outcome).value();
            Q_EMIT openSucceeded();
        });
}

void FrameProvider::startRead(FrameIndex index, FrameIndex playhead) {
    const std::uint64_t generation = generation_;
    io_.start([source = source_, index] { return source->read(index); },
              [this, index, playhead, generation](Outcome<FramePtr> outcome) {
                  if (generation != generation_) return;
                  if (!outcome.ok()) {
                      unreadable_.insert(index);
                      Q_EMIT failed(noticeOf(outcome.error()));
                      return;
                  }
                  const FramePtr& frame = outcome.value();
                  if (!frame) {
                      unreadable_.insert(index);
                  } else {
                      keep(frame, playhead);
                  }
                  Q_EMIT frameArrived(index);
              });
}

void FrameProvider::startScan() {
    const std::uint64_t generation = generation_;
    const bool copy = ++slicesSinceCopy_ >= kSlicesPerCopy;
    if (copy) slicesSinceCopy_ = 0;
    io_.start(
        [source = source_, copy] {
            ScanResult result;
            const bool complete = source->scan(kScanSlice);
            const VideoInfo& info = source->info();
            result.frames = static_cast<FrameIndex>(info.pts.size());
            if (complete && info.frames) result.frames = *info.frames;
            if (complete || copy) result.info = std::make_shared<VideoInfo>(info);
            if (complete && !result.info->frames) result.info->frames = result.frames;
            return result;
        },
        [this, generation](Outcome<ScanResult> outcome) {
            if (generation != generation_) return;
            if (!outcome.ok()) {
                // What was scanned until here is what can be used.
                info_.frames = std::max<FrameIndex>(scannedFrames_, 1);
                Q_EMIT failed(noticeOf(outcome.error()));
                Q_EMIT scanAdvanced();
                return;
            }
            const ScanResult& result = outcome.value();
            scannedFrames_ = std::max(scannedFrames_, result.frames);
            if (result.info) {
                const SizePx size = info_.size;
                info_ = *result.info;
                info_.size = size;
                if (info_.frames && info_.damaged) {
                    Notice notice;
                    notice.level = Notice::Level::Warning;
                    notice.text =
                        tr("The file is damaged: %1").arg(QString::fromStdString(*info_.damaged));
                    notice.hint = tr("The frames that can be decoded are used.");
                    Q_EMIT failed(notice);
                }
            }
            Q_EMIT scanAdvanced();
        });
}

void FrameProvider::keep(const FramePtr& frame, FrameIndex playhead) {
    const auto [place, fresh] = frames_.insert_or_assign(frame->index, frame);
    if (fresh) keptBytes_ += frame->rgb.bytes();
    while (keptBytes_ > budgetBytes_ && frames_.size() > 2) {
        auto farthest = frames_.end();
        for (auto it = frames_.begin(); it != frames_.end(); ++it) {
            if (std::find(wanted_.begin(), wanted_.end(), it->first) != wanted_.end()) continue;
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
