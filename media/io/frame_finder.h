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

/// Finds frames that a table knows, with a decoder of its own that seeks to a key frame, finds out
/// by the digest which frame it landed on, and checks every frame on the way to the wanted one
/// against the table. Whatever does not agree (open GOPs, formats that seek badly, streams without
/// times) is mended by another way to seek, by earlier key frames, and at last by decoding from the
/// start. One thread at a time.
class FrameFinder {
public:
    enum class State {
        Found,
        NotYet,  ///< the limit came first; asked for the same frame again, it goes on
        Lost,    ///< the decoder gives other pictures than the table says, whichever way
    };
    struct Result {
        State state = State::NotYet;
        PicturePtr picture;  ///< with `State::Found`
    };
    struct Hooks {
        /// Opens the file anew; throws where that is not possible.
        std::function<std::unique_ptr<VideoDecoder>()> open;
        /// From now on `open` must give decoders of one thread, which repeat themselves.
        std::function<void()> useOneThread;
        /// A frame that was decoded on the way to the wanted one.
        std::function<void(const AVFrame& picture, FrameIndex at)> passed;
    };

    /// `table` must outlive the finder; it may grow between calls, never shrink.
    FrameFinder(FrameTable& table, Hooks hooks) : table_(table), hooks_(std::move(hooks)) {}

    /// Looks for frame `index`, which the table knows. Throws `Error{Input}` where the file cannot
    /// be read now; a later call starts anew.
    [[nodiscard]] Result find(FrameIndex index, const ReadLimit& limit);

    /// Forgets the decoder and where it stands.
    void reset();
    /// Whether the file's end cannot be read at all: then a read error is no reason to wait.
    void setEndUnreadable(bool unreadable) noexcept { endUnreadable_ = unreadable; }

private:
    enum class Phase { Identify, Walk };
    struct Search {
        FrameIndex target = 0;
        int attempt = -1;  ///< -1: on from where the decoder stands
        Phase phase = Phase::Walk;
        int unknown = 0;  ///< frames since the seek that the table does not know
    };

    void begin(FrameIndex index);
    [[nodiscard]] bool tryNext();
    [[nodiscard]] bool seekForAttempt();
    [[nodiscard]] SeekMethod methodOf(int attempt) const;
    [[nodiscard]] SeekPoint* pointOf(int attempt);
    void distrustSeek(FrameIndex goodFrom);
    /// The wanted picture where this step came to it. Clears `search_` where nothing is left to
    /// try.
    [[nodiscard]] PicturePtr step();
    [[nodiscard]] PicturePtr identify();
    [[nodiscard]] PicturePtr walk();
    [[nodiscard]] const AVFrame* nextPicture();

    FrameTable& table_;
    Hooks hooks_;
    std::unique_ptr<VideoDecoder> decoder_;
    FrameIndex next_ = -1;  ///< what the decoder gives next; -1: not known
    std::optional<Search> search_;
    bool endUnreadable_ = false;
};

}  // namespace mcj
