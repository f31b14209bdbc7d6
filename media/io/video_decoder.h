#pragma once

#include <atomic>
#include <cstdarg>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "media/io/file_end.h"

struct AVCodecContext;
struct AVDictionary;
struct AVFormatContext;
struct AVFrame;
struct AVIOContext;
struct AVPacket;
struct AVStream;

namespace mcj {

class LastPictures;

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

/// Where the packet of a decoded frame is in the file, as needed for a seek to that frame.
struct PacketPlace {
    std::optional<std::int64_t> pts;
    std::optional<std::int64_t> dts;
    std::int64_t bytePos = -1;  ///< -1: the format does not provide it
};

/// Ways to place the demuxer before a packet.
enum class SeekMethod { Timestamp, Byte };

/// Problems found while packets were read and decoded.
struct DecodeDamage {
    std::int64_t badPackets = 0;         ///< packets the decoder refused
    std::int64_t concealedFrames = 0;    ///< frames with concealed errors
    std::int64_t badPacketsAtStart = 0;  ///< refused before the first frame came out
    /// Packets before the first key packet that gave no frame: what they depend on is not there.
    std::int64_t packetsBeforeKey = 0;
    std::int64_t cutPackets = 0;  ///< packets that the file contains only in part
    /// Places in a transport stream where its packets do not continue: recordings were joined, or
    /// packets were lost. Lost packets mostly show as one of the above, too; FFmpeg's HEVC decoder
    /// conceals them without a message.
    std::int64_t gaps = 0;
    std::int64_t gapsAtStart = 0;    ///< those of `gaps` before the first frame
    std::int64_t suspectFrames = 0;  ///< frames for which the decoder logged a message after a gap
    FileEnd fileEnd;                 ///< known once the end was reached
    std::string readError;           ///< why reading stopped before the file's end, or empty

    /// Whether pictures may depend on the timing of the decoder's threads.
    [[nodiscard]] bool insideStream() const noexcept {
        return badPackets + concealedFrames + suspectFrames + cutPackets > 0;
    }
};

/// Whether the last key packet at or before the picture's own, in the order of decoding, is an IDR
/// picture of H.264 or HEVC: then decoding from it, wherever it began before, gives this picture
/// without any trace of what lies before it. `picture` is one that `VideoDecoder::next` returned.
[[nodiscard]] bool isOfClosedGroup(const AVFrame& picture);

/// One demuxer and one decoder on the main video stream of a local file. Frames come in the
/// decoder's order; it does not number them. One thread at a time.
class VideoDecoder {
public:
    /// Opens `path` with `threads` decoder threads (at least 1). Files that it refers to are not
    /// opened. Throws `Error{Input}` where there is no video to decode.
    VideoDecoder(const std::filesystem::path& path, int threads);
    ~VideoDecoder();
    VideoDecoder(const VideoDecoder&) = delete;
    VideoDecoder& operator=(const VideoDecoder&) = delete;

    /// The next frame, valid until the next call; null at the end.
    [[nodiscard]] const AVFrame* next();

    /// The position of the frame's packet, if it is a key packet that was read recently.
    [[nodiscard]] std::optional<PacketPlace> keyPacketOf(const AVFrame& frame) const;

    /// Continues from the key packet at `place`. False where the format cannot; then the position
    /// is undefined and the decoder must seek again or be reopened.
    [[nodiscard]] bool seek(const PacketPlace& place, SeekMethod method);
    /// Whether the first packet since the last seek, or since the file was opened, decodes without
    /// any packet before it (`decodesAfresh`).
    [[nodiscard]] bool beganAfresh() const { return beganAfresh_.value_or(false); }
    /// The method that suits the file's format better.
    [[nodiscard]] SeekMethod preferredSeek() const;

    [[nodiscard]] const AVFormatContext& format() const { return *format_; }
    [[nodiscard]] const AVStream& stream() const { return *stream_; }
    [[nodiscard]] const AVCodecContext& codec() const { return *codec_; }
    /// Whether the container has an index of its packets, so that a seek reads little.
    [[nodiscard]] bool hasIndex() const;
    /// Pictures that the decoder keeps back to put them in order.
    [[nodiscard]] int outputDelay() const;
    /// Damage found since the file was opened; seeks do not reset it.
    [[nodiscard]] const DecodeDamage& damage() const { return damage_; }
    /// How many messages the decoder has logged. Those about a frame are counted before `next`
    /// returns it; with several threads this is the only reliable sign of damage.
    [[nodiscard]] std::int64_t complaints() const { return complaints_.load(); }

private:
    void openFormat(const std::filesystem::path& path);
    void openCodec(const std::filesystem::path& path, int threads);
    bool feed();
    void remember(const AVPacket& packet);
    void noteGroup(const AVPacket& packet);
    void noteEnd(int result);
    void noteGapsUntil(std::int64_t dts);
    void noteGapsAtStart();
    [[nodiscard]] bool endIsUnknown() const;

    /// Data that is exchanged with the demuxer's callbacks; at a fixed address.
    struct Demuxing {
        std::string url;
        /// Stream and decoding time of packets with a break in the counter of transport packets.
        std::set<std::pair<int, std::int64_t>> breaks;
        /// Those that lie beyond the packets read so far: the demuxer looks ahead.
        std::set<std::pair<int, std::int64_t>> breaksAhead;
    };
    static void noteMessage(void* about, int level, const char* format, std::va_list values);
    static int openOnlyTheNamedFile(AVFormatContext* context, AVIOContext** io, const char* url,
                                    int flags, AVDictionary** options);

    std::unique_ptr<Demuxing> demuxing_ = std::make_unique<Demuxing>();
    std::unique_ptr<AVFormatContext, FormatContextDeleter> format_;
    AVStream* stream_ = nullptr;
    std::atomic<std::int64_t> complaints_{0};  // outlives codec_, whose threads count here
    std::unique_ptr<AVCodecContext, CodecContextDeleter> codec_;
    std::unique_ptr<AVPacket, AvPacketDeleter> packet_;
    AvFramePtr frame_;
    std::deque<PacketPlace> keyPackets_;
    std::unique_ptr<LastPictures> lastPictures_;  // null where the end is known otherwise
    DecodeDamage damage_;
    std::int64_t complaintsAtLastFrame_ = 0;
    std::optional<bool> beganAfresh_;
    bool groupIsClosed_ = false;  ///< of the packet that is sent next (`isOfClosedGroup`)
    bool keySeen_ = false;
    bool packetPending_ = false;
    bool flushing_ = false;
    bool ended_ = false;
    bool anyFrame_ = false;
};

}  // namespace mcj
