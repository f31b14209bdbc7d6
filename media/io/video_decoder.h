#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "media/io/file_end.h"

struct AVCodecContext;
struct AVFormatContext;
struct AVFrame;
struct AVPacket;
struct AVStream;

namespace mcj {

struct FormatContextDeleter {
    void operator()(AVFormatContext* context) const;
};
struct CodecContextDeleter {
    void operator()(AVCodecContext* context) const;
};
struct AvFrameDeleter {
    void operator()(AVFrame* frame) const;
};
struct AvPacketDeleter {
    void operator()(AVPacket* packet) const;
};
using AvFramePtr = std::unique_ptr<AVFrame, AvFrameDeleter>;

/// Where the packet of a decoded frame lies in the file: what a seek to that frame needs.
struct PacketPlace {
    std::optional<std::int64_t> pts;
    std::optional<std::int64_t> dts;
    std::int64_t bytePos = -1;  ///< -1: the format does not say
};

/// Ways to place the demuxer before a packet.
enum class SeekMethod { Timestamp, Byte };

/// What went wrong while packets were read and decoded.
struct DecodeDamage {
    std::int64_t badPackets = 0;         ///< packets the decoder refused
    std::int64_t concealedFrames = 0;    ///< frames given with made-up parts
    std::int64_t badPacketsAtStart = 0;  ///< refused before the first frame came out
    std::int64_t cutPackets = 0;         ///< packets of which the file holds only a part
    /// Places of a transport stream where its packets do not continue: recordings were joined, or
    /// packets were lost. What is lost with them shows as one of the above.
    std::int64_t gaps = 0;
    std::int64_t suspectFrames = 0;  ///< frames at which the decoder complained after a gap
    FileEnd fileEnd;                 ///< known once the end was reached
    std::string readError;           ///< why reading ended before the file's end; else empty

    /// Whether pictures may depend on how the decoder's threads met the damage.
    [[nodiscard]] bool insideStream() const noexcept {
        return badPackets + concealedFrames + suspectFrames + cutPackets > 0;
    }
};

/// One demuxer and one decoder on the main video stream of a local file: frames come in the order
/// in which the decoder gives them. Knows nothing of ordinals. One thread at a time.
class VideoDecoder {
public:
    /// Opens `path`; `threads` decoder threads (at least 1). Nothing but this very file is opened,
    /// whatever it says inside. Throws `Error{Input}` where there is no video to decode.
    VideoDecoder(const std::filesystem::path& path, int threads);
    ~VideoDecoder();
    VideoDecoder(const VideoDecoder&) = delete;
    VideoDecoder& operator=(const VideoDecoder&) = delete;

    /// The next frame, valid until the next call; null at the end.
    [[nodiscard]] const AVFrame* next();

    /// Where the packet lies that the frame came from, if it is a key packet read not long ago.
    [[nodiscard]] std::optional<PacketPlace> keyPacketOf(const AVFrame& frame) const;

    /// Goes on from the key packet at `place`. False where the format cannot; then the position is
    /// undefined and the decoder must seek again or be opened anew.
    [[nodiscard]] bool seek(const PacketPlace& place, SeekMethod method);
    /// The method that suits the file's format better.
    [[nodiscard]] SeekMethod preferredSeek() const;

    [[nodiscard]] const AVFormatContext& format() const { return *format_; }
    [[nodiscard]] const AVStream& stream() const { return *stream_; }
    [[nodiscard]] const AVCodecContext& codec() const { return *codec_; }
    /// Damage met since the file was opened; seeks do not reset it.
    [[nodiscard]] const DecodeDamage& damage() const { return damage_; }
    /// How often the decoder has complained, for whatever reason. All that concerns a frame is
    /// counted when `next` returns it; with several threads this is the only sure sign of damage.
    [[nodiscard]] std::int64_t complaints() const { return complaints_.load(); }

private:
    void openFormat(const std::filesystem::path& path);
    void openCodec(const std::filesystem::path& path, int threads);
    bool feed();
    void remember(const AVPacket& packet);

    std::unique_ptr<AVFormatContext, FormatContextDeleter> format_;
    AVStream* stream_ = nullptr;
    std::atomic<std::int64_t> complaints_{0};  // outlives codec_, whose threads count here
    std::unique_ptr<AVCodecContext, CodecContextDeleter> codec_;
    std::unique_ptr<AVPacket, AvPacketDeleter> packet_;
    AvFramePtr frame_;
    std::string url_;
    std::deque<PacketPlace> keyPackets_;
    DecodeDamage damage_;
    std::int64_t complaintsAtLastFrame_ = 0;
    bool packetPending_ = false;
    bool flushing_ = false;
    bool ended_ = false;
    bool anyFrame_ = false;
};

}  // namespace mcj
