#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "media/base/frame.h"
#include "media/base/progress.h"
#include "media/base/stop_token.h"

namespace mcj {

struct SourceOptions {
    int threads = 0;                                  ///< decoder threads; 0: one per core
    std::size_t cacheBytes = std::size_t{256} << 20;  ///< byte budget of decoded frames kept
    /// Where scan results are kept for the next opening (`FrameIndexFolder`); empty: nowhere.
    std::filesystem::path indexFolder;
    /// Videos of at least this many frames are scanned from two places at once, where their codec
    /// allows it and there are two threads.
    FrameIndex scanAheadFrom = 3000;
};

/// How long one call may read before it returns.
struct ReadLimit {
    std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
    StopToken stop;

    [[nodiscard]] static ReadLimit within(std::chrono::milliseconds budget, StopToken stop = {}) {
        return {std::chrono::steady_clock::now() + budget, std::move(stop)};
    }
    [[nodiscard]] bool over() const {
        return stop.stopRequested() || std::chrono::steady_clock::now() >= until;
    }
};

enum class ReadState {
    Frame,   ///< the frame was read
    NotYet,  ///< the limit came first: call again; the work so far is kept
    End,     ///< the source has no such frame
};

struct FrameRead {
    ReadState state = ReadState::NotYet;
    FramePtr frame;  ///< with `ReadState::Frame`
};

/// A picture whose time is known, but not its frame number: `frame->index` is -1.
struct NearbyPicture {
    FramePtr frame;
    double secs = 0.0;  ///< since the first frame
};

/// A video file or a sequence of images, read by frame ordinal.
/// One thread at a time; frames it returns may be shared between threads.
class FrameSource {
public:
    virtual ~FrameSource() = default;

    /// The facts known so far; complete after `scan` has returned true.
    [[nodiscard]] virtual const VideoInfo& info() const = 0;

    /// Decodes until `limit` to find the number of frames and every timestamp, and returns true
    /// once the end is reached. Later calls are cheap. Damage found on the way is reported in
    /// `info().damaged`. Does not disturb `read`. Throws `Error{Input}` where the file cannot be
    /// read now; a later call continues.
    virtual bool scan(const ReadLimit& limit) = 0;
    /// Frames that are scanned beyond those that `info` knows, and whose numbers are not known yet.
    [[nodiscard]] virtual FrameIndex framesAhead() const { return 0; }
    bool scan(std::chrono::milliseconds budget) { return scan(ReadLimit::within(budget)); }

    /// Frame `index`, bit for bit the same pixels in whatever order frames are read. Works until
    /// `limit`, and makes some progress in each call even if that has passed. Throws `Error{Input}`
    /// where the file cannot be read now: a later call may succeed.
    /// If a kept index turns out to be wrong, `info().frames` becomes unknown again.
    [[nodiscard]] virtual FrameRead read(FrameIndex index, const ReadLimit& limit) = 0;

    /// The same without a limit; null if the frame does not exist. Throws `Error{Interrupted}` once
    /// `stop` asks for it.
    [[nodiscard]] FramePtr read(FrameIndex index, const StopToken& stop = {});

    /// A picture near `secs` after the first frame, found by a seek without a scan, to be shown
    /// until the exact frame is known. None where the source has no quick access by time.
    [[nodiscard]] virtual std::optional<NearbyPicture> pictureNear(double secs,
                                                                   const ReadLimit& limit) = 0;
    /// Whether `read` gives any frame without decoding others, as of a folder of images.
    [[nodiscard]] virtual bool readsAtOnce() const { return false; }
};

/// Opens a file that FFmpeg reads, a folder of images, or a glob of images (natural order).
/// Only local files are opened. Throws `Error{Input}` with the path and a hint.
[[nodiscard]] std::unique_ptr<FrameSource> openSource(const std::string& path,
                                                      const SourceOptions& options = {});

/// Scans to the end; `progress` may be null. Throws `Error{Interrupted}` where it asks for a stop.
void scanToEnd(FrameSource& source, const Progress& progress);

}  // namespace mcj
