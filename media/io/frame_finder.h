#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "media/io/frame_source.h"
#include "media/io/frame_table.h"
#include "media/io/video_decoder.h"

namespace mcj {

/// A decoded picture that keeps its buffers alive.
using PicturePtr = std::shared_ptr<const AVFrame>;
/// Shares the buffers of `picture`; throws `std::bad_alloc`.
[[nodiscard]] PicturePtr sharePicture(const AVFrame& picture);

/// Finds frames that are in a table. Its own decoder seeks to a key frame, identifies the frame it
/// landed on by its digest, and checks every frame on the way to the wanted one against the table.
/// On a mismatch (open GOPs, formats that seek badly, streams without times) it tries another way
/// to seek, then earlier key frames, and finally decodes from the start. One thread at a time.
class FrameFinder {
public:
    enum class State {
        Found,
        NotYet,  ///< the limit came first; a call for the same frame continues the search
        Lost,    ///< every way of seeking gives other pictures than the table has
    };
    struct Result {
        State state = State::NotYet;
        PicturePtr picture;  ///< with `State::Found`
    };
    struct Hooks {
        /// Opens the file again; throws where that is not possible.
        std::function<std::unique_ptr<VideoDecoder>()> open;
        /// From now on `open` must return single-threaded decoders, whose output is reproducible.
        std::function<void()> useOneThread;
        /// A frame that was decoded on the way to the wanted one.
        std::function<void(const AVFrame& picture, FrameIndex at)> passed;
    };

    /// `table` must outlive the finder; it may grow between calls, never shrink.
    FrameFinder(FrameTable& table, Hooks hooks) : table_(table), hooks_(std::move(hooks)) {}

    /// Looks for frame `index`, which is in the table. Throws `Error{Input}` where the file cannot
    /// be read now; a later call starts over.
    [[nodiscard]] Result find(FrameIndex index, const ReadLimit& limit);

    /// Drops the decoder and its position.
    void reset();
    /// Whether the file's end cannot be read at all: then waiting after a read error is pointless.
    void setEndUnreadable(bool unreadable) noexcept { endUnreadable_ = unreadable; }

private:
    enum class Phase { Identify, Walk };
    struct Search {
        FrameIndex target = 0;
        int attempt = -1;  ///< -1: continue from the decoder's position
        Phase phase = Phase::Walk;
        int unknown = 0;  ///< frames since the seek that are not in the table
    };

    void begin(FrameIndex index);
    [[nodiscard]] bool tryNext();
    [[nodiscard]] bool seekForAttempt();
    [[nodiscard]] SeekMethod methodOf(int attempt) const;
    [[nodiscard]] SeekPoint* pointOf(int attempt);
    void distrustSeek(FrameIndex goodFrom);
    /// The wanted picture if this step reached it. Clears `search_` when nothing is left to try.
    [[nodiscard]] PicturePtr step();
    [[nodiscard]] PicturePtr identify();
    [[nodiscard]] PicturePtr walk();
    [[nodiscard]] const AVFrame* nextPicture();

    FrameTable& table_;
    Hooks hooks_;
    std::unique_ptr<VideoDecoder> decoder_;
    FrameIndex next_ = -1;  ///< the decoder's next frame; -1: not known
    std::optional<Search> search_;
    bool endUnreadable_ = false;
};

}  // namespace mcj
