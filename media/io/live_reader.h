#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include "media/base/frame.h"
#include "media/base/stop_token.h"
#include "media/io/live_input.h"

namespace mcj {

struct LiveOptions {
    std::size_t keptBytes = std::size_t{256} << 20;  ///< of the newest frames; at least one is kept
    int threads = 0;                                 ///< decoder threads; 0: one per core
    CameraMode camera;                               ///< for a camera only
};

/// Frames of a live source in the order in which they come: a V4L2 device, a FIFO, or a picture
/// that FFmpeg generates (`liveKindOf`). They are numbered from 0. The newest ones are kept in
/// memory, so that they can still be saved. One thread; the frames may be shared.
class LiveReader {
public:
    /// Waits for the first frame. Throws what `LiveInput` throws, and `Error{Input}` where there is
    /// no video.
    LiveReader(const std::string& source, const LiveOptions& options, StopToken stop);
    ~LiveReader();
    LiveReader(const LiveReader&) = delete;
    LiveReader& operator=(const LiveReader&) = delete;

    /// The facts about the source. `frames` and `pts` stay empty, because a live source has no
    /// known end.
    [[nodiscard]] const VideoInfo& info() const noexcept;
    /// Waits for the next frame; null where the source has ended. Throws `Error{Interrupted}` once
    /// the stop is asked for, and `Error{Input}` where a camera fails: see `failureAtEnd`.
    [[nodiscard]] FramePtr next();
    /// Whether further frames have arrived meanwhile: a caller that cannot keep up reads them
    /// first.
    [[nodiscard]] bool isBehind() const;
    /// The newest frames, within the bytes of the options; the last one is what `next` returned.
    [[nodiscard]] const std::deque<FramePtr>& kept() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mcj
