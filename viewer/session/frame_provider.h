#pragma once

#include <QObject>
#include <QString>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "media/base/frame.h"
#include "media/io/frame_source.h"
#include "viewer/session/lanes.h"
#include "viewer/session/notice.h"

namespace mcj {

/// The open video: reads frames and scans it on the io lane, keeps the newest frames near the
/// playhead in memory. GUI thread; the source itself is touched only by jobs of the lane.
class FrameProvider : public QObject {
    Q_OBJECT
public:
    FrameProvider(Lane& io, std::size_t budgetBytes, QObject* parent = nullptr);

    /// Opens `path` beside the video that is open, and reads its frame 0, as soon as the lane is
    /// free; `openSucceeded` or `openFailed` follows. The newest call counts.
    void open(const QString& path);
    /// Forgets what is being opened; neither signal follows.
    void cancelOpen();
    /// After `openSucceeded`: puts the new video in the place of the one that was open.
    void takeOver();
    /// Also forgets what is being opened.
    void close();

    [[nodiscard]] bool isOpen() const noexcept { return source_ != nullptr; }
    [[nodiscard]] bool isOpening() const noexcept { return !wantedPath_.isEmpty(); }
    [[nodiscard]] const VideoInfo& info() const noexcept { return info_; }
    [[nodiscard]] bool scanned() const noexcept { return info_.frames.has_value(); }
    /// Frames known to exist so far; grows with the scan.
    [[nodiscard]] FrameIndex scannedFrames() const noexcept { return scannedFrames_; }
    /// Exact once scanned, before that the container's word, at least 1.
    [[nodiscard]] FrameIndex frameCount() const noexcept;

    /// From memory; null where it is not there.
    [[nodiscard]] FramePtr cached(FrameIndex index) const;
    /// Seconds since the first frame: by timestamp where known, else by the average rate.
    [[nodiscard]] double timeSecs(FrameIndex index) const;

    /// Starts at most one job: opening, the first of `wanted` that is missing, or a slice of the
    /// scan. `playhead` decides what is dropped when memory is full.
    void serve(const std::vector<FrameIndex>& wanted, FrameIndex playhead);

    /// Every frame of `wanted` is in memory or is known not to exist.
    [[nodiscard]] bool has(const std::vector<FrameIndex>& wanted) const;

Q_SIGNALS:
    /// The new video can be read; the old one is still there until `takeOver`.
    void openSucceeded();
    /// The video that was open before, if any, is as it was.
    void openFailed(const mcj::Notice& notice);
    void frameArrived(mcj::FrameIndex index);
    /// More of the video is known; complete when `scanned()`.
    void scanAdvanced();
    void failed(const mcj::Notice& notice);

private:
    struct Opened {
        std::shared_ptr<FrameSource> source;
        VideoInfo info;
        FramePtr first;
    };
    struct ScanResult {
        FrameIndex frames = 0;
        std::shared_ptr<VideoInfo> info;  ///< where this slice brought news worth a copy
    };

    void startOpen();
    void startRead(FrameIndex index, FrameIndex playhead);
    void startScan();
    void keep(const FramePtr& frame, FrameIndex playhead);

    Lane& io_;
    std::size_t budgetBytes_;
    std::shared_ptr<FrameSource> source_;
    VideoInfo info_;
    QString wantedPath_;
    std::optional<Opened> opened_;      ///< waits for `takeOver`
    std::uint64_t generation_ = 0;      ///< of the open video; results of an older one are dropped
    std::uint64_t openGeneration_ = 0;  ///< of `wantedPath_`, likewise
    FrameIndex scannedFrames_ = 0;
    std::map<FrameIndex, FramePtr> frames_;
    std::set<FrameIndex> unreadable_;
    std::vector<FrameIndex> wanted_;  ///< of the newest `serve`: never dropped
    std::size_t keptBytes_ = 0;
    int slicesSinceCopy_ = 0;
};

}  // namespace mcj
