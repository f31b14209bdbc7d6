#pragma once

#include <QObject>
#include <QString>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "inference/analysis/live_picture.h"
#include "media/io/live_recording.h"
#include "viewer/session/lanes.h"
#include "viewer/session/notice.h"

namespace mcj {

/// Records what a live view shows, at the size of the source's pictures: draws and writes on a lane
/// of its own, so that neither the screen nor reading waits. A picture that comes while one is
/// drawn replaces the one that waits. Times are those of the screen: a frozen picture lasts as long
/// in the video as it lasted. GUI thread.
class SeenRecorder : public QObject {
    Q_OBJECT
public:
    explicit SeenRecorder(RecordingRoom room = {}, QObject* parent = nullptr);
    /// Completes the recording.
    ~SeenRecorder() override;

    /// Into `path`, an MP4, which is replaced. Ignored while `busy`.
    void begin(const QString& path, const VideoInfo& source);
    /// What is shown from now on. Ignored unless `recording`, and where it is what was shown.
    void show(const LivePicture& picture);
    /// Completes the recording, which `recorded` tells.
    void end();
    [[nodiscard]] bool recording() const noexcept { return state_ == State::Recording; }
    /// A recording is under way or is being completed.
    [[nodiscard]] bool busy() const noexcept { return state_ != State::Idle; }
    [[nodiscard]] const RecordingProgress& progress() const noexcept { return progress_; }

Q_SIGNALS:
    void changed();
    void recorded(const QString& path);
    void noticed(const mcj::Notice& notice);

private:
    using Clock = std::chrono::steady_clock;
    enum class State { Idle, Recording, Ending };

    /// What the lane's jobs use, one at a time.
    struct Writing {
        std::filesystem::path path;
        VideoInfo source;
        RecordingRoom room;
        std::optional<LiveRecording> recording;  ///< once there is a picture
    };
    /// What a job has brought.
    struct Written {
        RecordingProgress progress;
        bool finished = false;          ///< the file is there, or there was no picture
        std::optional<Error> nearFull;  ///< why it has finished by itself
    };
    struct Timed {
        LivePicture picture;
        std::int64_t ms = 0;
    };

    void serve();
    [[nodiscard]] static Written add(Writing& writing, const Timed& seen);
    [[nodiscard]] static Written finish(Writing& writing);
    void adopt(const Outcome<Written>& outcome);
    [[nodiscard]] std::int64_t msNow() const;

    RecordingRoom room_;
    State state_ = State::Idle;
    Clock::time_point begin_;
    std::shared_ptr<Writing> writing_;
    LivePicture shown_;
    std::optional<Timed> waiting_;
    RecordingProgress progress_;
    Lane lane_{"seen"};  ///< last: its job uses what the others hold
};

}  // namespace mcj
