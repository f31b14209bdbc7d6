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

/// What is wanted of the open video.
struct FrameDemand {
    std::vector<FrameIndex> frames;  ///< the most urgent first
    FrameIndex playhead = 0;         ///< decides what is dropped when memory is full
    /// The playhead runs: a frame whose reading has begun is finished though it has moved on, and
    /// no approximate picture is looked for.
    bool playing = false;
};

/// A picture near a frame that is not known exactly yet.
struct ApproximatePicture {
    FrameIndex wanted = 0;  ///< the frame it stands for
    NearbyPicture picture;
};

/// The open video: reads frames and scans it on the io lane, keeps the newest frames near the
/// playhead in memory. All work is done in slices, so that what is wanted next never waits for what
/// was wanted before. GUI thread; the source itself is touched only by jobs of the lane.
class FrameProvider : public QObject {
    Q_OBJECT
public:
    /// `indexFolder`: where exact indexes of videos are kept; empty: nowhere.
    FrameProvider(Lane& io, std::size_t budgetBytes, std::filesystem::path indexFolder,
                  QObject* parent = nullptr);

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
    /// Whether it is known which picture frame `index` is, or that there is no such frame.
    [[nodiscard]] bool knows(FrameIndex index) const noexcept {
        return scanned() || index < scannedFrames_;
    }
    /// Whether it is known or comes about as fast as a seek.
    [[nodiscard]] bool reachable(FrameIndex index) const noexcept;
    /// Seconds until that will be known, by the speed of the scan so far; negative: not known.
    [[nodiscard]] double secsUntilKnown(FrameIndex index) const;

    /// From memory; null where it is not there.
    [[nodiscard]] FramePtr cached(FrameIndex index) const;
    /// The newest one; null before the first.
    [[nodiscard]] const ApproximatePicture* approximate() const noexcept {
        return approximate_ ? &*approximate_ : nullptr;
    }
    /// Seconds since the first frame: by timestamp where known, else by the average rate.
    [[nodiscard]] double timeSecs(FrameIndex index) const;

    /// Starts at most one job: opening, an approximate picture for the playhead, the first of
    /// `demand.frames` that is missing, or a slice of the scan.
    void serve(FrameDemand demand);

    /// Every frame of `wanted` is in memory, is known not to exist, or could not be read.
    [[nodiscard]] bool has(const std::vector<FrameIndex>& wanted) const;
    /// Why frame `index`, which exists, could not be read in several attempts; null otherwise. It
    /// is tried again as long as it is wanted, and when it is wanted again.
    [[nodiscard]] const Error* whyUnread(FrameIndex index) const;
    /// Frames that could not be read are read again when they are next wanted: what kept them away
    /// may be gone.
    void forgetFailures() { failures_.clear(); }

Q_SIGNALS:
    /// The new video can be read; the old one is still there until `takeOver`.
    void openSucceeded();
    /// The video that was open before, if any, is as it was.
    void openFailed(const mcj::Notice& notice);
    /// Frame `index`, or that it cannot be read.
    void frameArrived(mcj::FrameIndex index);
    void approximateArrived();
    /// More of the video is known; complete when `scanned()`.
    void scanAdvanced();
    /// Something that could not be read may be tried again: call `serve`.
    void retryDue();
    void failed(const mcj::Notice& notice);

private:
    using Clock = std::chrono::steady_clock;
    struct Opened {
        std::shared_ptr<FrameSource> source;
        VideoInfo info;
        FramePtr first;
    };
    /// What a job has learnt of the video.
    struct Learnt {
        FrameIndex frames = 0;
        std::shared_ptr<VideoInfo> info;  ///< where a copy is worth its time
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
    [[nodiscard]] bool startNearby();
    [[nodiscard]] bool startWanted(bool soon);
    void startRead(FrameIndex index);
    void startScan();
    [[nodiscard]] static Learnt learn(const FrameSource& source, bool scannedBefore, bool copy);
    [[nodiscard]] bool copyIsDue();
    void adopt(const Learnt& learnt);
    void readFailed(FrameIndex index, const Error& error);
    void scanFailed(const Error& error);
    [[nodiscard]] bool mayTry(FrameIndex index);
    [[nodiscard]] bool isDue(const Failure& failure);
    void forgetUnwanted();
    void retryAt(Clock::time_point time);
    [[nodiscard]] bool exists(FrameIndex index) const noexcept;
    void keep(const FramePtr& frame);

    Lane& io_;
    std::size_t budgetBytes_;
    std::filesystem::path indexFolder_;
    std::shared_ptr<FrameSource> source_;
    VideoInfo info_;
    QString wantedPath_;
    std::optional<Opened> opened_;      ///< waits for `takeOver`
    std::uint64_t generation_ = 0;      ///< of the open video; results of an older one are dropped
    std::uint64_t openGeneration_ = 0;  ///< of `wantedPath_`, likewise
    FrameIndex scannedFrames_ = 0;
    QElapsedTimer told_;      ///< since the window was last told how far the scan is
    QElapsedTimer scanTime_;  ///< since the video was opened
    std::map<FrameIndex, FramePtr> frames_;
    FrameDemand demand_;                 ///< the newest; its frames are never dropped
    std::optional<FrameIndex> reading_;  ///< begun and not finished
    std::optional<ApproximatePicture> approximate_;
    std::optional<FrameIndex> noNearbyFor_;
    std::map<FrameIndex, Failure> failures_;
    std::set<FrameIndex> complained_;
    std::string lastComplaint_;  ///< one cause is said once
    std::optional<Failure> scanFailure_;
    QTimer retryTimer_;
    std::size_t keptBytes_ = 0;
    int slicesSinceCopy_ = 0;
};

}  // namespace mcj
