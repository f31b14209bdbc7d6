#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "media/io/frame_source.h"
#include "media/io/frame_table.h"
#include "media/io/video_decoder.h"

namespace mcj {

/// Whether a decoder gives the same pictures from this packet on, wherever decoding began: every
/// packet of an intra-only codec, and pictures of H.264 and HEVC at which decoders forget all
/// pictures before (IDR). False for other codecs and packets.
[[nodiscard]] bool decodesAfresh(const AVPacket& packet, const AVStream& stream);

/// Scans the second half of a video beside the pass from its start, on a decoder of its own, so
/// that two cores are used where a decoder's own threads gain little. Its frames count only after
/// the pass from the start has reached them and found them equal (`VideoReader`). One thread at a
/// time.
class ScanAhead {
public:
    /// From the key frame before `middleTicks`. Null where the file cannot seek there or decoding
    /// does not begin afresh.
    [[nodiscard]] static std::unique_ptr<ScanAhead> start(std::unique_ptr<VideoDecoder> decoder,
                                                          std::int64_t middleTicks);

    /// Scans on until `limit`. Does not throw.
    void run(const ReadLimit& limit) noexcept;

    /// Something went wrong: the frames found must not be used.
    [[nodiscard]] bool broken() const noexcept { return broken_; }
    /// In the order of the decoder, from the first frame after the seek; never empty unless broken.
    [[nodiscard]] const FrameTable& table() const noexcept { return table_; }
    /// The first frame that is interlaced, and every frame whose size differs from the one before.
    struct Look {
        FrameIndex frame = 0;  ///< of `table`
        bool interlaced = false;
        SizePx size;
    };
    [[nodiscard]] const std::vector<Look>& looks() const noexcept { return looks_; }
    [[nodiscard]] std::int64_t lastTicks() const noexcept { return lastTicks_; }
    /// How many pictures the decoder kept back to put them in order when it began. Decoders of
    /// H.264 may raise that number on the way.
    [[nodiscard]] int firstDelay() const noexcept { return firstDelay_; }
    /// The decoder, for continuing after the last frame of `table`.
    [[nodiscard]] std::unique_ptr<VideoDecoder> takeDecoder() { return std::move(decoder_); }

private:
    explicit ScanAhead(std::unique_ptr<VideoDecoder> decoder) : decoder_(std::move(decoder)) {}
    [[nodiscard]] bool next();

    std::unique_ptr<VideoDecoder> decoder_;
    FrameTable table_;
    std::vector<Look> looks_;
    std::int64_t lastTicks_ = 0;
    int firstDelay_ = 0;
    bool ended_ = false;
    bool broken_ = false;
};

}  // namespace mcj
