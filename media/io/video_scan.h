#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "media/io/frame_conversion.h"
#include "media/io/frame_finder.h"
#include "media/io/frame_index.h"
#include "media/io/frame_source.h"
#include "media/io/frame_table.h"
#include "media/io/scan_ahead.h"
#include "media/io/video_decoder.h"

namespace mcj {

/// The scan of a video. A decoder runs from the start and never seeks: its frames are the
/// reference. They are numbered in the order in which they come, and each is recorded in the table
/// by a mark (time, place, digest of samples). A complete table is kept on disk
/// (`FrameIndexFolder`); the next opening uses it after checking the first picture, without a
/// decoder. One thread at a time.
class VideoScan {
public:
    /// Opens `path` and decodes its first picture. Throws `Error{Input}`.
    VideoScan(const std::string& path, const SourceOptions& options);

    [[nodiscard]] const VideoInfo& info() const { return info_; }
    [[nodiscard]] FrameTable& table() { return table_; }
    [[nodiscard]] bool complete() const { return info_.frames.has_value(); }
    [[nodiscard]] FrameIndex framesAhead() const { return ahead_ ? ahead_->table().size() : 0; }
    /// The first picture; null after the first call.
    [[nodiscard]] PicturePtr takeFirst() { return std::move(first_); }
    [[nodiscard]] SizePx storedSize() const { return storedSize_; }
    [[nodiscard]] const Orientation& orientation() const { return orientation_; }
    [[nodiscard]] const std::optional<std::int64_t>& startTicks() const { return startTicks_; }
    /// Whether the end of the file cannot be read.
    [[nodiscard]] bool endUnreadable() const { return endUnreadable_; }

    /// A further decoder on the same file. Throws `Error{Input}` where it was changed meanwhile.
    [[nodiscard]] std::unique_ptr<VideoDecoder> open(int threads) const;
    /// Threads with which decoders give reproducible pictures. One once damage was found.
    [[nodiscard]] int threads() const { return threads_; }
    void useOneThread() { threads_ = 1; }

    /// Begins a second scan of what is left, where the file is long enough and allows it.
    void startAhead();
    /// Holds the second scan back while `advanceUntil` reads one frame after the other.
    [[nodiscard]] std::unique_ptr<ScanAhead> pauseAhead() { return std::move(ahead_); }
    void resumeAhead(std::unique_ptr<ScanAhead> paused);
    /// Decodes until the end, `limit`, or until `reached` returns true. It gets each frame that is
    /// new in the table, as the last one there, or null where a step gave none.
    void advanceUntil(const ReadLimit& limit, const std::function<bool(const AVFrame*)>& reached);

    [[nodiscard]] bool fromKeptScan() const { return fromKeptScan_; }
    /// For a kept table that was wrong: continues as if the video had been opened without one.
    void startOver();

private:
    /// Of a file, to notice that it was changed.
    struct Stamp {
        std::uintmax_t bytes = 0;
        std::filesystem::file_time_type written;
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    [[nodiscard]] static Stamp stampOf(const std::filesystem::path& path);

    void begin(const AVFrame& first);
    /// The decoder's next frame that was not in the table; null at the end. May return null before
    /// the end while known frames are being skipped: check `complete()`.
    const AVFrame* advance();
    void passAgain(int threads);
    void finish();
    void noteChanges(bool interlaced, SizePx size, FrameIndex at);
    [[nodiscard]] bool takeKeptScan(const std::filesystem::path& folder, const FrameMark& first);
    void keepScan(bool endReached) const;
    void joinAhead();
    void takeOver(FrameIndex at, FrameIndex common);

    std::filesystem::path path_;
    Stamp stamp_;
    int threads_;
    VideoInfo info_;
    VideoInfo openingInfo_;  ///< before anything was scanned
    FrameTable table_;
    PicturePtr first_;
    SizePx storedSize_;
    Orientation orientation_;
    std::optional<std::int64_t> startTicks_;

    std::optional<FrameIndexFolder> indexes_;
    std::string identity_;
    bool fromKeptScan_ = false;

    std::unique_ptr<VideoDecoder> linear_;  ///< null once the end was reached
    FrameIndex linearNext_ = 0;
    FrameIndex firstDamageAt_ = -1;
    std::int64_t lastTicks_ = 0;
    bool sizeWarned_ = false;
    bool endUnreadable_ = false;

    FrameIndex scanAheadFrom_;
    bool aheadTried_ = false;
    bool aheadIsOver_ = false;  ///< the scan ahead, which may be running, is not to be joined
    bool halved_ = false;       ///< `linear_` has half of the threads
    std::unique_ptr<ScanAhead> ahead_;
};

}  // namespace mcj
