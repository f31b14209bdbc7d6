#include "media/io/video_decoder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <string_view>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/log.h>
}

#include "media/base/error.h"
#include "media/io/picture_end.h"
#include "media/io/scan_ahead.h"

namespace mcj {

namespace {

// Key packets between demuxer and decoder output: frame threads plus the reorder window.
constexpr std::size_t kRememberedKeyPackets = 256;
// A decoder that fails this often without taking a packet will not return another frame.
constexpr int kFailuresInARow = 1024;
// Sent beside each packet; the decoder hands it on with the packet's picture.
constexpr std::int64_t kClosedGroup = 1;
constexpr std::int64_t kOtherGroup = 0;

std::string avErrorText(int code) {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(code, text.data(), text.size());
    return text.data();
}

std::optional<std::int64_t> knownTime(std::int64_t time) {
    return time == AV_NOPTS_VALUE ? std::nullopt : std::optional<std::int64_t>(time);
}

/// Whether the format has one of `names`.
template <std::size_t Count>
bool isOneOf(const AVInputFormat* format, const std::array<std::string_view, Count>& names) {
    if (format == nullptr) return false;
    const std::string_view all = format->name;
    const std::string_view first = all.substr(0, all.find(','));
    return std::find(names.begin(), names.end(), first) != names.end();
}

// "file:" keeps names like "concat:a|b" from being taken for a protocol.
constexpr std::string_view kFileProtocol = "file:";
constexpr std::array<std::string_view, 1> kIndexedLater = {"matroska"};
constexpr std::array<std::string_view, 1> kRawHevc = {"hevc"};
constexpr std::array<std::string_view, 2> kTransportStreams = {"mpegts", "mpegtsraw"};
constexpr std::array<std::string_view, 6> kPlaylists = {"hls", "dash", "concat",
                                                        "sdp", "rtsp", "imf"};
/// FFmpeg renders any text file as a screen of characters; nobody means to open that as a video.
constexpr std::array<std::string_view, 5> kTextScreens = {"tty", "bin", "xbin", "adf", "idf"};

}  // namespace

void FormatContextDeleter::operator()(AVFormatContext* context) const {
    avformat_close_input(&context);
}
void CodecContextDeleter::operator()(AVCodecContext* context) const {
    avcodec_free_context(&context);
}
void AvFrameDeleter::operator()(AVFrame* frame) const { av_frame_free(&frame); }
void AvPacketDeleter::operator()(AVPacket* packet) const { av_packet_free(&packet); }

bool isOfClosedGroup(const AVFrame& picture) { return picture.reordered_opaque == kClosedGroup; }

VideoDecoder::VideoDecoder(const std::filesystem::path& path, int threads)
    : packet_(av_packet_alloc()), frame_(av_frame_alloc()) {
    if (!packet_ || !frame_) throw std::bad_alloc();
    av_log_set_callback(noteMessage);
    openFormat(path);
    openCodec(path, threads);
}

VideoDecoder::~VideoDecoder() = default;

// FFmpeg's messages name no file and come from many threads: they are counted for the decoder they
// belong to, not shown. (Threads decode with copies of the context; all carry `opaque`.) Demuxers
// speak on the thread that reads.
void VideoDecoder::noteMessage(void* about, int level, const char* format, std::va_list values) {
    if (about == nullptr || level > AV_LOG_WARNING) return;
    const AVClass* kind = *static_cast<const AVClass**>(about);
    if (kind == avcodec_get_class() && level <= AV_LOG_ERROR) {
        auto* counter =
            static_cast<std::atomic<std::int64_t>*>(static_cast<AVCodecContext*>(about)->opaque);
        if (counter != nullptr) ++*counter;
        return;
    }
    // A packet's flag of this is lost where a parser divides the stream anew, so the message is
    // the only reliable sign: "Packet corrupt (stream = %d, dts = %s)".
    constexpr std::string_view kCorrupt = "Packet corrupt (stream = %d, dts = %s)";
    if (kind != avformat_get_class() || !std::string_view(format).starts_with(kCorrupt)) return;
    auto* demuxing = static_cast<Demuxing*>(static_cast<AVFormatContext*>(about)->opaque);
    if (demuxing == nullptr) return;
    std::va_list copy;
    va_copy(copy, values);
    const int stream = va_arg(copy, int);
    const char* time = va_arg(copy, const char*);
    va_end(copy);
    std::int64_t dts = 0;
    const auto parsed = std::from_chars(time, time + std::strlen(time), dts);
    // The start of a file is read more than once; the time keeps it from being counted twice.
    if (parsed.ec != std::errc{}) return;
    if (demuxing->breaks.emplace(stream, dts).second) demuxing->breaksAhead.emplace(stream, dts);
}

// A demuxer may try to open further files (playlists, references to other media). Only the file
// that the user named is opened.
int VideoDecoder::openOnlyTheNamedFile(AVFormatContext* context, AVIOContext** io, const char* url,
                                       int flags, AVDictionary** options) {
    const auto* demuxing = static_cast<const Demuxing*>(context->opaque);
    if (demuxing == nullptr || demuxing->url != url || (flags & AVIO_FLAG_WRITE) != 0) {
        return AVERROR(EPERM);
    }
    return avio_open2(io, url, flags, &context->interrupt_callback, options);
}

void VideoDecoder::openFormat(const std::filesystem::path& path) {
    std::string& url = demuxing_->url;
    url = std::string(kFileProtocol) + std::filesystem::absolute(path).string();
    AVFormatContext* context = avformat_alloc_context();
    if (context == nullptr) throw std::bad_alloc();
    context->opaque = demuxing_.get();
    context->io_open = openOnlyTheNamedFile;
    AVDictionary* settings = nullptr;
    av_dict_set(&settings, "protocol_whitelist", "file", 0);
    int result = avformat_open_input(&context, url.c_str(), nullptr, &settings);
    av_dict_free(&settings);
    if (result < 0) {
        if (result == AVERROR(EPERM)) {
            throw Error(
                ErrorCode::Input, "\"" + path.string() + "\" refers to other files or addresses",
                "Only single local files can be opened: join the parts into one file first.");
        }
        throw Error(ErrorCode::Input,
                    "\"" + path.string() + "\" cannot be read as a video: " + avErrorText(result),
                    "It may be cut off, damaged or not a video. Copy it again from its source, "
                    "or convert it to MP4.");
    }
    format_.reset(context);
    if (isOneOf(format_->iformat, kTextScreens)) {
        throw Error(ErrorCode::Input, "\"" + path.string() + "\" is text, not a video",
                    "Open a video file, a folder of images or a glob.");
    }
    if (isOneOf(format_->iformat, kPlaylists)) {
        throw Error(ErrorCode::Input, "\"" + path.string() + "\" is a playlist, not a video",
                    "Open the video file that it names.");
    }
    result = avformat_find_stream_info(format_.get(), nullptr);
    if (result < 0) {
        throw Error(ErrorCode::Input,
                    "\"" + path.string() + "\" cannot be read as a video: " + avErrorText(result));
    }
}

void VideoDecoder::openCodec(const std::filesystem::path& path, int threads) {
    const int index = av_find_best_stream(format_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    if (index < 0 || (format_->streams[index]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) {
        throw Error(ErrorCode::Input, "\"" + path.string() + "\" has no video stream",
                    "It may contain only sound, or not be a video.");
    }
    stream_ = format_->streams[index];
    for (unsigned i = 0; i < format_->nb_streams; ++i) {
        if (static_cast<int>(i) != index) format_->streams[i]->discard = AVDISCARD_ALL;
    }
    if (endIsUnknown()) lastPictures_ = std::make_unique<LastPictures>();
    const AVCodecID id = stream_->codecpar->codec_id;
    const AVCodec* decoder = avcodec_find_decoder(id);
    if (decoder == nullptr) {
        throw Error(ErrorCode::Input,
                    "\"" + path.string() + "\" is encoded as " + avcodec_get_name(id) +
                        ", for which no decoder is available",
                    "Convert it to H.264.");
    }
    codec_.reset(avcodec_alloc_context3(decoder));
    if (!codec_) throw std::bad_alloc();
    int result = avcodec_parameters_to_context(codec_.get(), stream_->codecpar);
    codec_->opaque = &complaints_;
    codec_->pkt_timebase = stream_->time_base;
    codec_->thread_count = std::max(1, threads);
    codec_->thread_type = FF_THREAD_FRAME | FF_THREAD_SLICE;
    if (result >= 0) result = avcodec_open2(codec_.get(), decoder, nullptr);
    if (result < 0) {
        throw Error(ErrorCode::Input, "the video in \"" + path.string() +
                                          "\" cannot be decoded: " + avErrorText(result));
    }
}

void VideoDecoder::remember(const AVPacket& packet) {
    if ((packet.flags & AV_PKT_FLAG_KEY) == 0) return;
    keyPackets_.push_back({knownTime(packet.pts), knownTime(packet.dts), packet.pos});
    if (keyPackets_.size() > kRememberedKeyPackets) keyPackets_.pop_front();
}

void VideoDecoder::noteGroup(const AVPacket& packet) {
    const bool key = (packet.flags & AV_PKT_FLAG_KEY) != 0;
    if (beganAfresh_ && !key) return;
    const bool afresh = decodesAfresh(packet, *stream_);
    if (!beganAfresh_) beganAfresh_ = afresh;
    const AVCodecID codec = stream_->codecpar->codec_id;
    groupIsClosed_ = afresh && (codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC);
}

// Whether neither the container nor the decoder's messages tell that the last picture is cut.
bool VideoDecoder::endIsUnknown() const {
    return stream_->codecpar->codec_id == AV_CODEC_ID_HEVC &&
           (isOneOf(format_->iformat, kRawHevc) || isOneOf(format_->iformat, kTransportStreams));
}

void VideoDecoder::noteEnd(int result) {
    const AVIOContext* io = format_->pb;
    if (result != AVERROR_EOF) damage_.readError = avErrorText(result);
    if (result == AVERROR_EOF && io != nullptr && io->error < 0) {
        damage_.readError = avErrorText(io->error);
    }
    noteGapsUntil(std::numeric_limits<std::int64_t>::max());
    const std::string path = demuxing_->url.substr(kFileProtocol.size());
    damage_.fileEnd = fileEndOf(path, format_->iformat->name);
    if (!lastPictures_ || damage_.fileEnd.cut || !damage_.readError.empty()) return;
    damage_.fileEnd.cut = lastPictures_->endInsidePicture(*stream_->codecpar);
}

void VideoDecoder::noteGapsUntil(std::int64_t dts) {
    auto& ahead = demuxing_->breaksAhead;
    auto place = ahead.lower_bound({stream_->index, std::numeric_limits<std::int64_t>::min()});
    while (place != ahead.end() && place->first == stream_->index && place->second <= dts) {
        ++damage_.gaps;
        place = ahead.erase(place);
    }
}

void VideoDecoder::noteGapsAtStart() {
    const std::int64_t first = frame_->pkt_dts;
    if (first == AV_NOPTS_VALUE) return;
    const auto& breaks = demuxing_->breaks;
    damage_.gapsAtStart = std::count_if(breaks.begin(), breaks.end(), [&](const auto& place) {
        return place.first == stream_->index && place.second < first;
    });
}

// Sends one packet, or the end, to the decoder. False once there is nothing more to send.
bool VideoDecoder::feed() {
    while (!packetPending_ && !flushing_) {
        av_packet_unref(packet_.get());
        const int result = av_read_frame(format_.get(), packet_.get());
        if (result < 0) {
            noteEnd(result);
            avcodec_send_packet(codec_.get(), nullptr);
            return true;
        }
        if (packet_->stream_index != stream_->index) continue;
        // In a transport stream it says that a counter does not continue, whether anything is
        // missing or not (`noteMessage`).
        const bool corrupt = (packet_->flags & AV_PKT_FLAG_CORRUPT) != 0;
        if (corrupt && !isOneOf(format_->iformat, kTransportStreams)) ++damage_.cutPackets;
        noteGapsUntil(packet_->dts);
        if (lastPictures_) lastPictures_->add(*packet_);
        if ((packet_->flags & AV_PKT_FLAG_KEY) != 0) keySeen_ = true;
        if (!keySeen_ && !anyFrame_) ++damage_.packetsBeforeKey;
        noteGroup(*packet_);
        remember(*packet_);
        packetPending_ = true;
    }
    if (flushing_) return false;
    codec_->reordered_opaque = groupIsClosed_ ? kClosedGroup : kOtherGroup;
    const int result = avcodec_send_packet(codec_.get(), packet_.get());
    if (result == AVERROR(EAGAIN)) return true;
    packetPending_ = false;
    if (result < 0) ++(anyFrame_ ? damage_.badPackets : damage_.badPacketsAtStart);
    return true;
}

const AVFrame* VideoDecoder::next() {
    for (int failures = 0; !ended_ && failures < kFailuresInARow;) {
        const int result = avcodec_receive_frame(codec_.get(), frame_.get());
        if (result >= 0) {
            // A decoder that begins without a key packet has lost nothing.
            if (!anyFrame_ && frame_->key_frame == 0) damage_.packetsBeforeKey = 0;
            if (!anyFrame_) noteGapsAtStart();
            anyFrame_ = true;
            const std::int64_t complaints = complaints_.load();
            const bool complained = complaints > complaintsAtLastFrame_;
            complaintsAtLastFrame_ = complaints;
            if (frame_->decode_error_flags != 0 || (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0) {
                ++damage_.concealedFrames;
            } else if (damage_.gaps > 0 && complained) {
                ++damage_.suspectFrames;
            }
            return frame_.get();
        }
        if (result == AVERROR_EOF) {
            ended_ = true;
        } else if (result == AVERROR(EAGAIN)) {
            if (!feed()) ended_ = true;
            failures = 0;
        } else {
            ++failures;
            // With frame threads a refused packet shows here, not where it was sent.
            ++(anyFrame_ ? damage_.badPackets : damage_.badPacketsAtStart);
        }
    }
    return nullptr;
}

std::optional<PacketPlace> VideoDecoder::keyPacketOf(const AVFrame& frame) const {
    const auto framePts = knownTime(frame.pts);
    for (auto place = keyPackets_.rbegin(); place != keyPackets_.rend(); ++place) {
        const bool samePos = place->bytePos >= 0 && place->bytePos == frame.pkt_pos;
        // Packets of formats with coarse positions (several in one PES packet) differ in time.
        if (samePos && (!place->pts || !framePts || *place->pts == *framePts)) return *place;
        if (place->bytePos < 0 && place->pts && framePts && *place->pts == *framePts) {
            return *place;
        }
    }
    return std::nullopt;
}

bool VideoDecoder::hasIndex() const {
    // Matroska's index is read at the first seek; recordings without one have no duration either.
    return avformat_index_get_entries_count(stream_) > 1 ||
           isOneOf(format_->iformat, kIndexedLater);
}

int VideoDecoder::outputDelay() const { return codec_->has_b_frames; }

SeekMethod VideoDecoder::preferredSeek() const {
    const int flags = format_->iformat->flags;
    const bool timesAreVague = (flags & (AVFMT_TS_DISCONT | AVFMT_NOTIMESTAMPS)) != 0;
    return timesAreVague && (flags & AVFMT_NO_BYTE_SEEK) == 0 ? SeekMethod::Byte
                                                              : SeekMethod::Timestamp;
}

bool VideoDecoder::seek(const PacketPlace& place, SeekMethod method) {
    int result = -1;
    if (method == SeekMethod::Byte) {
        const int flags = format_->iformat->flags;
        // Only formats that find the next packet by themselves can start anywhere.
        if (place.bytePos < 0 || (flags & AVFMT_NO_BYTE_SEEK) != 0) return false;
        result = av_seek_frame(format_.get(), stream_->index, place.bytePos, AVSEEK_FLAG_BYTE);
    } else {
        // Demuxers search their index by decoding time, except those that say otherwise.
        const bool byPts = (format_->iformat->flags & AVFMT_SEEK_TO_PTS) != 0;
        const auto& first = byPts ? place.pts : place.dts;
        const auto time = first ? first : (byPts ? place.dts : place.pts);
        if (!time) return false;
        result = av_seek_frame(format_.get(), stream_->index, *time, AVSEEK_FLAG_BACKWARD);
    }
    if (result < 0) return false;
    avcodec_flush_buffers(codec_.get());
    av_packet_unref(packet_.get());
    keyPackets_.clear();
    if (lastPictures_) lastPictures_->clear();
    beganAfresh_.reset();
    groupIsClosed_ = false;
    packetPending_ = false;
    flushing_ = false;
    ended_ = false;
    return true;
}

}  // namespace mcj
