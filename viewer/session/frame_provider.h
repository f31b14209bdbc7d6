#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>
#include <chrono>
#include <filesystem>
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

/// The frames requested of the open video.
struct FrameDemand {
    std::vector<FrameIndex> frames;  ///< the most urgent first
    FrameIndex playhead = 0;         ///< decides which frames are dropped when memory is full
    /// The video plays: a read that has begun is finished even if the playhead has moved on, and no
    /// approximate picture is read.
    bool playing = false;
};

/// A picture near a frame whose exact position is not known yet.
struct ApproximatePicture {
    FrameIndex wanted = 0;  ///< the frame it stands for
    NearbyPicture picture;
};

/// The open video: reads its frames and scans it on the io lane, and keeps frames near the playhead
/// in memory. All work is done in slices, so that a new request does not wait for an older one. GUI
/// thread; the source itself is used only by jobs of the lane.
class FrameProvider : public QObject {
    Q_OBJECT
public:
    /// `indexFolder`: where exact indexes of videos are stored; empty: not stored.
    FrameProvider(Lane& io, std::size_t budgetBytes, std::filesystem::path indexFolder,
                  QObject* parent = nullptr);

    /// Opens `path` in addition to the open video and reads its frame 0 as soon as the lane is
    /// free; `openSucceeded` or `openFailed` follows. Of several calls the last one counts.
    void open(const QString& path);
    /// Cancels an open in progress; neither signal follows.
    void cancelOpen();
    /// After `openSucceeded`: replaces the open video by the new one.
    void takeOver();
    /// Also cancels an open in progress.
    void close();

    [[nodiscard]] bool isOpen() const noexcept { return source_ != nullptr; }
    [[nodiscard]] bool isOpening() const noexcept { return !wantedPath_.isEmpty(); }
    [[nodiscard]] const VideoInfo& info() const noexcept { return info_; }
    /// The source of the open video's frames; 0 where no video is open.
    [[nodiscard]] SourceId source() const noexcept { return sourceId_; }
    [[nodiscard]] bool scanned() const noexcept { return info_.frames.has_value(); }
    /// Frames known to exist so far; grows with the scan.
    [[nodiscard]] FrameIndex scannedFrames() const noexcept { return scannedFrames_; }
    /// The source itself, only for jobs of the lane; null where no video is open.
    [[nodiscard]] std::shared_ptr<FrameSource> sourceForJobs() const { return source_; }
    /// Exact once scanned; before that the container's count. At least 1.
    [[nodiscard]] FrameIndex frameCount() const noexcept;
    /// Whether the scan has reached frame `index`, or it is known that the frame does not exist.
    [[nodiscard]] bool knows(FrameIndex index) const noexcept {
        return scanned() || index < scannedFrames_;
    }
    /// Whether the frame is known or will be known about as fast as a seek.
    [[nodiscard]] bool reachable(FrameIndex index) const noexcept;
    /// Seconds until `knows(index)`, estimated from the scan's speed so far; negative: unknown.
    [[nodiscard]] double secsUntilKnown(FrameIndex index) const;

    /// The frame from memory; null if it is not there.
    [[nodiscard]] FramePtr cached(FrameIndex index) const;
    /// The frames in memory, in their order.
    [[nodiscard]] std::vector<FrameIndex> cachedFrames() const;
    /// The newest approximate picture; null before the first.
    [[nodiscard]] const ApproximatePicture* approximate() const noexcept {
        return approximate_ ? &*approximate_ : nullptr;
    }
    /// Seconds since the first frame: by timestamp if known, otherwise by the average rate.
    [[nodiscard]] double timeSecs(FrameIndex index) const;

    /// Starts at most one job: opening, an approximate picture for the playhead, the first of
    /// `demand.frames` that is missing, or a slice of the scan.
    void serve(FrameDemand demand);

    [[nodiscard]] const std::filesystem::path& indexFolder() const noexcept { return indexFolder_; }
    /// Memory for frames; what is requested now is kept beyond it.
    void setBudget(std::size_t bytes);
    [[nodiscard]] std::size_t budgetBytes() const noexcept { return budgetBytes_; }
    /// Of the frames in memory.
    [[nodiscard]] std::size_t keptBytes() const noexcept { return keptBytes_; }

    /// Every frame of `wanted` is in memory, is known not to exist, or could not be read.
    [[nodiscard]] bool has(const std::vector<FrameIndex>& wanted) const;
    /// The error if frame `index` exists but could not be read in several attempts; null otherwise.
    /// Reading is retried while the frame is requested, and when it is requested again.
    [[nodiscard]] const Error* whyUnread(FrameIndex index) const;
    /// Allows another attempt at frames that could not be read: the cause may be gone.
    void forgetFailures() { failures_.clear(); }

Q_SIGNALS:
    /// The new video can be read; the old one stays open until `takeOver`.
    void openSucceeded();
    /// The new video could not be opened; the open video, if any, is unchanged.
    void openFailed(const mcj::Notice& notice);
    /// Frame `index` is in memory, or cannot be read.
    void frameArrived(mcj::FrameIndex index);
    void approximateArrived();
    /// The scan has advanced; it is complete when `scanned()`.
    void scanAdvanced();
    /// A failed read may be retried: call `serve`.
    void retryDue();
    void failed(const mcj::Notice& notice);
    /// After `failed` about a frame or the scan: what could not be read was read.
    void readAgain();

private:
    using Clock = std::chrono::steady_clock;
    struct Opened {
        std::shared_ptr<FrameSource> source;
        VideoInfo info;
        FramePtr first;
    };
    /// What a job has found out about the video.
    struct Learnt {
        FrameIndex frames = 0;
        FrameIndex ahead = 0;             ///< scanned, without a number so far
        std::shared_ptr<VideoInfo> info;  ///< set only when a copy is due
    };
    struct SliceResult {
        FrameRead read;
        Learnt learnt;
    };
    struct Failure {
        Error error;
        int attempts = 0;
        Clock::time_point retryAt;
    };

    void startOpen();
    [[nodiscard]] bool wantsNearby() const;
    void startNearby();
    [[nodiscard]] std::optional<FrameIndex> nextWanted(bool soon);
    void startRead(FrameIndex index);
    void startScan();
    [[nodiscard]] static Learnt learn(const FrameSource& source, bool scannedBefore, bool copy);
    [[nodiscard]] bool copyIsDue();
    void adopt(const Learnt& learnt);
    void readFailed(FrameIndex index, const Error& error);
    void recovered(FrameIndex index);
    void scanFailed(const Error& error);
    [[nodiscard]] bool mayTry(FrameIndex index);
    [[nodiscard]] bool isDue(const Failure& failure);
    void forgetUnwanted();
    void retryAt(Clock::time_point time);
    [[nodiscard]] bool exists(FrameIndex index) const noexcept;
    void keep(const FramePtr& frame);
    void dropFarthest();

    Lane& io_;
    std::size_t budgetBytes_;
    std::filesystem::path indexFolder_;
    std::shared_ptr<FrameSource> source_;
    SourceId sourceId_ = 0;
    VideoInfo info_;
    QString wantedPath_;
    std::optional<Opened> opened_;      ///< waits for `takeOver`
    std::uint64_t generation_ = 0;      ///< of the open video; results of an older one are dropped
    std::uint64_t openGeneration_ = 0;  ///< of `wantedPath_`, likewise
    FrameIndex scannedFrames_ = 0;
    FrameIndex framesAhead_ = 0;  ///< scanned beyond those
    QElapsedTimer told_;          ///< since `scanAdvanced` was last emitted
    QElapsedTimer scanTime_;      ///< since the video was opened
    std::map<FrameIndex, FramePtr> frames_;
    FrameDemand demand_;                 ///< the newest; its frames are never dropped
    std::optional<FrameIndex> reading_;  ///< a read that is not finished
    std::optional<ApproximatePicture> approximate_;
    std::optional<FrameIndex> noNearbyFor_;
    std::map<FrameIndex, Failure> failures_;
    std::set<FrameIndex> complained_;  ///< until one of them is read
    std::string lastComplaint_;        ///< each cause is reported once
    std::optional<Failure> scanFailure_;
    bool scanning_ = false;  ///< the job that runs is a slice of the scan
    QTimer retryTimer_;
    std::size_t keptBytes_ = 0;
    int slicesSinceCopy_ = 0;
};

}  // namespace mcj
