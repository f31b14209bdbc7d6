#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "media/base/error.h"
#include "media/base/frame.h"
#include "media/base/stop_token.h"
#include "media/io/live_reader.h"
#include "media/io/live_recording.h"

namespace mcj {

/// A live source as the user asks for it.
struct LiveRequest {
    std::string source;  ///< see `liveKindOf`
    CameraMode camera;
};

/// What the next step does besides reading.
struct LiveOrders {
    std::filesystem::path record;  ///< every frame from now on is written there; empty: none
    std::filesystem::path keep;    ///< the frames in memory are written there; empty: not
};

/// What a step has brought.
struct LiveStep {
    std::shared_ptr<const VideoInfo> info;
    FramePtr newest;  ///< null where none came
    FramePtr before;  ///< the frame before it in the source; null for the first one
    std::chrono::steady_clock::time_point arrived;  ///< when the newest frame was read
    RecordingProgress recorded;                     ///< of the recording that is under way
    std::filesystem::path written;                  ///< a recording that is complete
    std::filesystem::path kept;                     ///< the file of `LiveOrders::keep`
    std::filesystem::path failed;  ///< a recording that has ended before it was asked to
    std::optional<Error> writing;  ///< why a file could not be written; reading goes on
    std::optional<Error> reading;  ///< why reading ended; none at the end of the source
    bool ended = false;
};

/// The reading side of a live view: a reader and the recording of what it reads. One thread.
class LiveFeed {
public:
    /// The source is opened by the first step.
    LiveFeed(LiveRequest wanted, StopToken stop, RecordingRoom room = {});

    /// Follows the orders and waits for the next frame; goes on to the newest one that has arrived.
    /// At the end of the source and once a stop is asked for, the recording is completed. Does not
    /// throw.
    [[nodiscard]] LiveStep step(const LiveOrders& orders);
    /// Completes the recording if there is one, and returns its file or the failure. Call it when
    /// no further step follows.
    [[nodiscard]] LiveStep finish();

private:
    void follow(const LiveOrders& orders, LiveStep& step);
    void readNewest(LiveStep& step);
    void record(const Frame& frame, LiveStep& step);
    void finishRecording(LiveStep& step);
    void endForRoom(LiveStep& step);
    void giveUp(const Error& error, LiveStep& step);
    void writeKept(const std::filesystem::path& path) const;

    LiveRequest wanted_;
    StopToken stop_;
    RecordingRoom room_;
    std::unique_ptr<LiveReader> reader_;
    std::shared_ptr<const VideoInfo> info_;
    std::optional<LiveRecording> recording_;
    std::filesystem::path recordingPath_;  ///< empty: none
    FramePtr newest_;
};

}  // namespace mcj
