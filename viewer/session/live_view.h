#pragma once

#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>
#include <memory>
#include <optional>
#include <string>

#include "inference/analysis/live_picture.h"
#include "inference/engine/inference_engine.h"
#include "media/base/flow_field.h"
#include "media/base/frame.h"
#include "media/base/scalar_map.h"
#include "viewer/session/engine_pool.h"
#include "viewer/session/lanes.h"
#include "viewer/session/live_counts.h"
#include "viewer/session/live_feed.h"
#include "viewer/session/notice.h"
#include "viewer/session/seen_recorder.h"
#include "viewer/session/view_set.h"

namespace mcj {

enum class LiveState {
    Off,
    Waiting,  ///< for the first frame
    Running,
    Ended,  ///< the source has ended; its last frame stays
};

/// A point that is searched in the following frames.
struct LivePoint {
    FramePtr frame;  ///< where it was clicked
    PointF where;    ///< pixels
};

/// What was computed for one frame of a live source; null or empty where it was not asked for.
struct LiveAnswer {
    FramePtr frame;
    FlowPtr motion;           ///< see `liveMotion`
    std::string method;       ///< id of the flow provider
    ScalarMapPtr similarity;  ///< to `point`
    std::optional<BestMatch> match;
    std::optional<LivePoint> point;
};

/// A camera or stream instead of a document: reads on a lane of its own, shows the newest frame
/// first, and computes motion and similarity for it on the inference lane, by the methods and
/// layers of the active view. While it runs no document is open. GUI thread.
class LiveView : public QObject {
    Q_OBJECT
public:
    /// All outlive it.
    struct Parts {
        Lane& inference;
        ViewSet& views;
        EnginePool& engines;
    };
    explicit LiveView(const Parts& parts, QObject* parent = nullptr);
    /// Ends reading; recordings are completed.
    ~LiveView() override;

    /// Replaces the live source that is open. The document stays open until the first frame is
    /// there; where none comes, a notice says why. While nothing comes, another one says so once.
    void open(const LiveRequest& wanted);
    /// Ends reading. Recordings are completed, which `recorded` tells.
    void stop();
    [[nodiscard]] LiveState state() const noexcept { return state_; }
    /// A picture is on screen.
    [[nodiscard]] bool showsPicture() const noexcept { return shown_ != nullptr; }
    [[nodiscard]] const QString& source() const noexcept { return source_; }
    /// Sources that were opened, the last one first; 8 at most.
    [[nodiscard]] const QStringList& recentSources() const noexcept { return recent_; }
    void setRecentSources(const QStringList& sources) { recent_ = sources; }

    /// The frame on screen; null until the first one is there.
    [[nodiscard]] const FramePtr& shown() const noexcept { return shown_; }
    /// Of the source; null until the first frame is there.
    [[nodiscard]] const std::shared_ptr<const VideoInfo>& info() const noexcept { return info_; }
    /// The newest one; its frame is older than the shown one while that is computed.
    [[nodiscard]] const LiveAnswer& answer() const noexcept { return answer_; }
    /// What is on screen: the shown frame, and the newest motion and similarity that there are, by
    /// the layers of the active view, with the mark of the point.
    [[nodiscard]] LivePicture picture() const;
    /// Of the source that is open, or has ended.
    [[nodiscard]] const LiveCounts& counts() const noexcept { return counts_; }

    /// The shown frame stays, and its motion is computed in the detail of the active view; reading
    /// and recording go on.
    void setFrozen(bool frozen);
    [[nodiscard]] bool frozen() const noexcept { return frozen_; }

    /// Writes every frame that comes in from now on into `path`, an MP4, which is replaced.
    void record(const QString& path);
    void endRecording();
    [[nodiscard]] bool recording() const noexcept { return !orders_.record.empty(); }
    [[nodiscard]] const RecordingProgress& recordingProgress() const noexcept { return progress_; }
    /// Writes what is on screen from now on (`picture`) into `path`, an MP4, which is replaced.
    void recordSeen(const QString& path);
    void endSeen() { seen_.end(); }
    [[nodiscard]] const SeenRecorder& seen() const noexcept { return seen_; }
    /// Writes the newest frames, as many as are in memory, into `path`, an MP4, which is replaced;
    /// `kept` is emitted when it is written.
    void keep(const QString& path);

    /// Searches the point of the shown frame in the following ones. Ignored outside of it.
    void setPoint(PointF where);
    void clearPoint();
    [[nodiscard]] const std::optional<LivePoint>& point() const noexcept { return point_; }

Q_SIGNALS:
    void changed();
    /// The first frame of a source is there.
    void started();
    /// A recording of what comes in, or of what is seen, is complete.
    void recorded(const QString& path);
    void kept(const QString& path);
    void noticed(const mcj::Notice& notice);

private:
    /// What is missing for the shown frame, the method or the point or both.
    struct Task {
        FramePtr frame;
        FramePtr before;
        std::string method;
        std::optional<LivePoint> point;
        int level = 0;
        std::shared_ptr<InferenceEngine> engine;
    };

    void connectSeen();
    void sayThatNothingComes();
    void readOn();
    void startStep();
    void adoptStep(const LiveStep& step, const std::shared_ptr<LiveFeed>& feed);
    void tellFiles(const LiveStep& step);
    void serve();
    [[nodiscard]] std::optional<Task> nextTask() const;
    [[nodiscard]] std::string wantedMethod() const;
    [[nodiscard]] static LiveAnswer compute(const Task& task, const StopToken& stop);
    void adoptAnswer(const Task& task, const Outcome<LiveAnswer>& outcome);

    Parts parts_;
    StopSource stop_;  ///< of the source that is open
    std::shared_ptr<LiveFeed> feed_;
    std::shared_ptr<LiveFeed> ending_;  ///< stopped, with a recording to complete
    std::optional<LiveRequest> next_;   ///< waits until the reading of the one before has ended
    LiveOrders orders_;
    LiveState state_ = LiveState::Off;
    QString source_;
    QStringList recent_;
    std::shared_ptr<const VideoInfo> info_;
    FramePtr shown_;
    FramePtr before_;  ///< the frame before `shown_`
    LiveAnswer answer_;
    std::optional<LivePoint> point_;
    LiveCounts counts_;
    RecordingProgress progress_;  ///< of what comes in
    SeenRecorder seen_;
    QTimer patience_;  ///< for the first frame
    bool frozen_ = false;
    bool failureSaid_ = false;
    Lane lane_{"live"};  ///< last: its job uses what the others hold
};

}  // namespace mcj
