#include "media/io/live_reader.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <new>
#include <thread>
#include <utility>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/log.h>
#include <libavutil/pixdesc.h>
}

#include "media/base/error.h"
#include "media/io/frame_conversion.h"
#include "media/io/live_input.h"
#include "media/io/source_id.h"

namespace mcj {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLongestRest = std::chrono::milliseconds(20);
constexpr auto kBetweenLooks = std::chrono::milliseconds(4);  // at a camera without a new frame
constexpr double kUsualFps = 25.0;  // of generators, where they do not say

}  // namespace

struct LiveReader::Impl {
    LiveInput input;
    StopToken stop;
    std::string source;
    std::size_t keptBytes;
    AVStream* stream = nullptr;
    std::unique_ptr<AVCodecContext, CodecContextDeleter> codec;
    std::unique_ptr<AVPacket, AvPacketDeleter> packet;
    AvFramePtr picture;
    std::unique_ptr<FrameConverter> converter;
    SourceId id = nextSourceId();
    VideoInfo facts;
    std::deque<FramePtr> frames;
    std::size_t frameBytes = 0;
    FramePtr first;  ///< read by the constructor, given out by the first `next`
    FrameIndex count = 0;
    Clock::time_point begin;
    int lastRead = 0;  ///< FFmpeg's code of the read that failed
    bool flushing = false;
    bool ended = false;

    Impl(const std::string& name, const LiveOptions& options, StopToken token)
        : input(name, options.camera, token), stop(std::move(token)), source(name),
          keptBytes(options.keptBytes), packet(av_packet_alloc()), picture(av_frame_alloc()) {
        if (!packet || !picture) throw std::bad_alloc();
        openCodec(options.threads);
        if (!decode()) {
            stop.throwIfStopped("waiting for " + source);
            throwIfFailed();
            throw Error(ErrorCode::Input, "\"" + source + "\" ended before its first frame",
                        "Check the program that writes into it.");
        }
        describe();
        begin = Clock::now();
        first = converted();
    }

    void openCodec(int threads) {
        AVFormatContext& format = input.format();
        const int index = av_find_best_stream(&format, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
        if (index < 0) {
            throw Error(ErrorCode::Input, "\"" + source + "\" has no video stream",
                        "It may contain only sound.");
        }
        stream = format.streams[index];
        const AVCodec* decoder = avcodec_find_decoder(stream->codecpar->codec_id);
        if (decoder == nullptr) {
            throw Error(ErrorCode::Input,
                        "\"" + source + "\" is encoded as " +
                            avcodec_get_name(stream->codecpar->codec_id) +
                            ", for which no decoder is available",
                        "Encode the stream as H.264.");
        }
        codec.reset(avcodec_alloc_context3(decoder));
        if (!codec) throw std::bad_alloc();
        const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
        codec->thread_count = threads > 0 ? threads : cores;
        // Frame threads would hold back a picture for each of them.
        codec->thread_type = FF_THREAD_SLICE;
        codec->pkt_timebase = stream->time_base;
        if (avcodec_parameters_to_context(codec.get(), stream->codecpar) < 0 ||
            avcodec_open2(codec.get(), decoder, nullptr) < 0) {
            throw Error(ErrorCode::Input, "the video of \"" + source + "\" cannot be decoded",
                        "Encode the stream as H.264.");
        }
    }

    void throwIfFailed() const {
        if (const auto failure = failureAtEnd(input.kind(), source, lastRead)) throw *failure;
    }

    /// The next picture into `picture`; false at the end and at a stop.
    bool decode() {
        while (!ended) {
            const int result = avcodec_receive_frame(codec.get(), picture.get());
            if (result >= 0) return true;
            if (result == AVERROR_EOF || flushing) {
                ended = true;
            } else {
                feed();
            }
        }
        return false;
    }

    /// A camera is asked again while it has nothing. Returns FFmpeg's code.
    int readPacket() {
        int result = av_read_frame(&input.format(), packet.get());
        while (result == AVERROR(EAGAIN) && !stop.stopRequested()) {
            std::this_thread::sleep_for(kBetweenLooks);
            result = av_read_frame(&input.format(), packet.get());
        }
        return result;
    }

    void feed() {
        while (!flushing) {
            av_packet_unref(packet.get());
            lastRead = readPacket();
            if (lastRead < 0) {
                if (stop.stopRequested()) {
                    ended = true;
                    return;
                }
                flushing = true;
                avcodec_send_packet(codec.get(), nullptr);
                return;
            }
            if (packet->stream_index != stream->index) continue;
            // A stream that is joined in its middle begins with packets that cannot be decoded.
            if (avcodec_send_packet(codec.get(), packet.get()) >= 0) return;
        }
    }

    void describe() {
        const Orientation orientation = orientationOf(*stream, *picture, facts.warnings);
        facts.path = source;
        facts.size = orientation.apply({picture->width, picture->height});
        facts.timeBase = {stream->time_base.num, stream->time_base.den};
        facts.rotationDeg = orientation.clockwiseDeg;
        if (stream->avg_frame_rate.num > 0 && stream->avg_frame_rate.den > 0) {
            facts.averageFps = av_q2d(stream->avg_frame_rate);
        }
        AVRational aspect = picture->sample_aspect_ratio;
        if (orientation.clockwiseDeg % 180 != 0) std::swap(aspect.num, aspect.den);
        if (aspect.num > 0 && aspect.den > 0) facts.sampleAspect = {aspect.num, aspect.den};
        const char* format = av_get_pix_fmt_name(static_cast<AVPixelFormat>(picture->format));
        facts.pixelFormat = format != nullptr ? format : "unknown";
        facts.codec = avcodec_get_name(stream->codecpar->codec_id);
        facts.colorMatrix = colorRuleOf(*picture).text;
        facts.interlaced = picture->interlaced_frame != 0;
        facts.clockMayJump = true;
        converter =
            std::make_unique<FrameConverter>(SizePx{picture->width, picture->height}, orientation);
    }

    FramePtr converted() {
        auto frame = std::make_shared<Frame>();
        frame->source = id;
        frame->index = count++;
        if (picture->best_effort_timestamp != AV_NOPTS_VALUE) {
            frame->pts = picture->best_effort_timestamp;
        }
        frame->rgb = converter->convert(*picture);
        frameBytes = frame->rgb.bytes();
        frames.push_back(frame);
        while (frames.size() > 1 && frames.size() * frameBytes > keptBytes) frames.pop_front();
        return frame;
    }

    /// When frame `index` of a generated source is due.
    [[nodiscard]] Clock::time_point due(FrameIndex index) const {
        const double fps = facts.averageFps > 0.0 ? facts.averageFps : kUsualFps;
        return begin + std::chrono::duration_cast<Clock::duration>(
                           std::chrono::duration<double>(static_cast<double>(index) / fps));
    }

    // A generator is as fast as it is asked; a camera is not.
    void waitUntilDue() const {
        if (input.kind() != LiveKind::Generated) return;
        const Clock::time_point until = due(count);
        while (Clock::now() < until && !stop.stopRequested()) {
            std::this_thread::sleep_for(
                std::min<Clock::duration>(kLongestRest, until - Clock::now()));
        }
    }
};

LiveReader::LiveReader(const std::string& source, const LiveOptions& options, StopToken stop) {
    // FFmpeg's messages name no source.
    av_log_set_level(AV_LOG_QUIET);
    impl_ = std::make_unique<Impl>(source, options, std::move(stop));
}

LiveReader::~LiveReader() = default;

const VideoInfo& LiveReader::info() const noexcept { return impl_->facts; }

FramePtr LiveReader::next() {
    if (impl_->first) return std::exchange(impl_->first, nullptr);
    impl_->waitUntilDue();
    impl_->stop.throwIfStopped("reading " + impl_->source);
    const bool decoded = impl_->decode();
    impl_->stop.throwIfStopped("reading " + impl_->source);
    if (decoded) return impl_->converted();
    impl_->throwIfFailed();
    return nullptr;
}

bool LiveReader::isBehind() const {
    if (impl_->first) return false;
    if (impl_->input.kind() == LiveKind::Generated) {
        return Clock::now() >= impl_->due(impl_->count + 1);
    }
    return impl_->input.bytesWaiting();
}

const std::deque<FramePtr>& LiveReader::kept() const noexcept { return impl_->frames; }

}  // namespace mcj
