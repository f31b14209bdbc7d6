#include "media/io/video_writer.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include "media/base/error.h"
#include "media/base/partial_path.h"
#include "media/io/video_decoder.h"

namespace mcj {

namespace fs = std::filesystem;

namespace {

// MPEG-4 part 2 stores the time base in 16 bits.
constexpr int kMpeg4TicksPerSec = 60000;
constexpr const char* kQuality = "18";
constexpr std::size_t kRowAlignment = 64;
// H.264 stores both numbers of an aspect in 16 bits.
constexpr std::int64_t kMostAspect = 65535;

std::string avErrorText(int code) {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(code, text.data(), text.size());
    return text.data();
}

int evenUp(int side) { return side + (side & 1); }

const char* containerOf(VideoFormat format) {
    switch (format) {
    case VideoFormat::H264: return "mp4";
    case VideoFormat::ProRes4444: return "mov";
    case VideoFormat::Ffv1Alpha: break;
    }
    return "matroska";
}

// The muxer's file is closed here; format contexts for reading are closed otherwise.
struct OutputDeleter {
    void operator()(AVFormatContext* context) const {
        if (context->pb != nullptr) avio_closep(&context->pb);
        avformat_free_context(context);
    }
};

struct ScalerDeleter {
    void operator()(SwsContext* context) const { sws_freeContext(context); }
};

}  // namespace

struct VideoWriter::Impl {
    fs::path path;
    fs::path partial;
    SizePx size;
    VideoFormat format;
    AVRational inputBase{0, 1};
    AVRational sampleAspect{1, 1};
    std::unique_ptr<AVFormatContext, OutputDeleter> output;
    std::unique_ptr<AVCodecContext, CodecContextDeleter> codec;
    std::unique_ptr<SwsContext, ScalerDeleter> scaler;
    AvFramePtr picture;
    std::unique_ptr<AVPacket, AvPacketDeleter> packet;
    AVStream* stream = nullptr;
    std::vector<std::uint8_t> padded;
    std::int64_t lastPts = AV_NOPTS_VALUE;
    std::int64_t lastStep = 0;
    bool finished = false;

    Impl(fs::path target, SizePx frameSize, Rational timeBase, Rational aspect,
         VideoFormat videoFormat);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void openEncoder();
    /// Each chooses the encoder and returns it with `codec` set up, but not open.
    const AVCodec* chooseH264();
    const AVCodec* chooseAlpha();
    void openScaler();
    void openFile();
    void fill(const Raster<std::uint8_t>& pixels);
    void encode(const AVFrame* frame);
    [[noreturn]] void fail(const std::string& what, int code) const;
};

VideoWriter::Impl::Impl(fs::path target, SizePx frameSize, Rational timeBase, Rational aspect,
                        VideoFormat videoFormat)
    : path(std::move(target)), size(frameSize), format(videoFormat), picture(av_frame_alloc()),
      packet(av_packet_alloc()) {
    if (timeBase.num <= 0 || timeBase.den <= 0) {
        throw Error(ErrorCode::Usage,
                    "\"" + path.string() + "\" needs a time base to be written as a video");
    }
    if (size.empty()) {
        throw Error(ErrorCode::Usage, "\"" + path.string() + "\" would have an empty picture");
    }
    if (!picture || !packet) throw std::bad_alloc();
    av_log_set_level(AV_LOG_QUIET);
    constexpr std::int64_t kMost = 1 << 30;
    int num = 0;
    int den = 1;
    av_reduce(&num, &den, timeBase.num, timeBase.den, kMost);
    inputBase = {num, den};
    if (aspect.num > 0 && aspect.den > 0) {
        av_reduce(&sampleAspect.num, &sampleAspect.den, aspect.num, aspect.den, kMostAspect);
    }
    partial = partialPath(path, ".", "." + std::to_string(::getpid()) + ".part");
    try {
        openEncoder();
        openFile();
    } catch (...) {
        output.reset();
        std::error_code ignored;
        fs::remove(partial, ignored);
        throw;
    }
}

VideoWriter::Impl::~Impl() {
    if (finished) return;
    output.reset();
    std::error_code ignored;
    fs::remove(partial, ignored);
}

void VideoWriter::Impl::fail(const std::string& what, int code) const {
    throw Error(ErrorCode::Input, "\"" + path.string() + "\" " + what + ": " + avErrorText(code),
                "Check that the folder exists, may be written to and has room left.");
}

const AVCodec* VideoWriter::Impl::chooseH264() {
    const AVCodec* encoder = avcodec_find_encoder_by_name("libx264");
    const bool isX264 = encoder != nullptr;
    if (!isX264) encoder = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
    if (encoder == nullptr) fail("cannot be encoded", AVERROR_ENCODER_NOT_FOUND);
    codec.reset(avcodec_alloc_context3(encoder));
    if (!codec) throw std::bad_alloc();
    codec->pix_fmt = AV_PIX_FMT_YUV420P;
    codec->time_base = isX264 ? inputBase : AVRational{1, kMpeg4TicksPerSec};
    if (isX264) {
        av_opt_set(codec->priv_data, "preset", "veryfast", 0);
        av_opt_set(codec->priv_data, "crf", kQuality, 0);
    } else {
        codec->flags |= AV_CODEC_FLAG_QSCALE;
        codec->global_quality = FF_QP2LAMBDA * 3;
    }
    return encoder;
}

const AVCodec* VideoWriter::Impl::chooseAlpha() {
    const bool isProRes = format == VideoFormat::ProRes4444;
    const AVCodec* encoder = isProRes ? avcodec_find_encoder_by_name("prores_ks")
                                      : avcodec_find_encoder(AV_CODEC_ID_FFV1);
    if (encoder == nullptr) fail("cannot be encoded", AVERROR_ENCODER_NOT_FOUND);
    codec.reset(avcodec_alloc_context3(encoder));
    if (!codec) throw std::bad_alloc();
    // ProRes chooses its profile 4444 by these pixels.
    codec->pix_fmt = isProRes ? AV_PIX_FMT_YUVA444P10LE : AV_PIX_FMT_RGB32;
    codec->time_base = inputBase;
    if (!isProRes) {
        // Version 3 has checksums and slices; every frame is a key frame.
        codec->level = 3;
        codec->gop_size = 1;
    }
    return encoder;
}

void VideoWriter::Impl::openEncoder() {
    const AVCodec* encoder = format == VideoFormat::H264 ? chooseH264() : chooseAlpha();
    const bool isRgb = format == VideoFormat::Ffv1Alpha;
    codec->width = isRgb ? size.width : evenUp(size.width);
    codec->height = isRgb ? size.height : evenUp(size.height);
    codec->colorspace = isRgb ? AVCOL_SPC_RGB : AVCOL_SPC_BT709;
    codec->color_primaries = AVCOL_PRI_BT709;
    codec->color_trc = AVCOL_TRC_BT709;
    codec->color_range = isRgb ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    codec->sample_aspect_ratio = sampleAspect;
    codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    const int result = avcodec_open2(codec.get(), encoder, nullptr);
    if (result < 0) fail("cannot be encoded", result);
    openScaler();
    picture->format = codec->pix_fmt;
    picture->width = codec->width;
    picture->height = codec->height;
    if (av_frame_get_buffer(picture.get(), 0) < 0) throw std::bad_alloc();
}

void VideoWriter::Impl::openScaler() {
    const AVPixelFormat given = channelsOf(format) == 4 ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24;
    scaler.reset(sws_getContext(
        codec->width, codec->height, given, codec->width, codec->height, codec->pix_fmt,
        SWS_BILINEAR | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP,
        nullptr, nullptr, nullptr));
    if (!scaler) throw std::bad_alloc();
    // RGB is only put into another order.
    if (format == VideoFormat::Ffv1Alpha) return;
    constexpr int kUnit = 1 << 16;
    sws_setColorspaceDetails(scaler.get(), sws_getCoefficients(SWS_CS_DEFAULT), 1,
                             sws_getCoefficients(SWS_CS_ITU709), 0, 0, kUnit, kUnit);
}

void VideoWriter::Impl::openFile() {
    AVFormatContext* context = nullptr;
    const std::string url = "file:" + fs::absolute(partial).string();
    int result =
        avformat_alloc_output_context2(&context, nullptr, containerOf(format), url.c_str());
    if (result < 0) fail("cannot be written", result);
    output.reset(context);
    stream = avformat_new_stream(context, nullptr);
    if (stream == nullptr) throw std::bad_alloc();
    avcodec_parameters_from_context(stream->codecpar, codec.get());
    stream->time_base = codec->time_base;
    stream->sample_aspect_ratio = sampleAspect;
    result = avio_open(&context->pb, url.c_str(), AVIO_FLAG_WRITE);
    if (result < 0) fail("cannot be written", result);
    AVDictionary* settings = nullptr;
    const bool isMov = format != VideoFormat::Ffv1Alpha;
    if (isMov) av_dict_set(&settings, "movflags", "+faststart", 0);
    // Otherwise the muxer would choose a finer scale, but times must be read back unchanged.
    if (isMov && codec->time_base.num == 1) {
        av_dict_set_int(&settings, "video_track_timescale", codec->time_base.den, 0);
    }
    result = avformat_write_header(context, &settings);
    av_dict_free(&settings);
    if (result < 0) fail("cannot be written", result);
}

// The pixels, with even sides where the encoder needs them, into its picture; the last column and
// row are repeated.
void VideoWriter::Impl::fill(const Raster<std::uint8_t>& pixels) {
    const int width = codec->width;
    const int height = codec->height;
    const auto pixelBytes = static_cast<std::size_t>(channelsOf(format));
    const std::size_t rowBytes =
        (static_cast<std::size_t>(width) * pixelBytes + 2 * kRowAlignment - 1) / kRowAlignment *
        kRowAlignment;
    padded.resize(rowBytes * static_cast<std::size_t>(height) + kRowAlignment);
    for (int y = 0; y < height; ++y) {
        const std::uint8_t* from = pixels.row(std::min(y, size.height - 1));
        std::uint8_t* to = padded.data() + rowBytes * static_cast<std::size_t>(y);
        const std::size_t bytes = static_cast<std::size_t>(size.width) * pixelBytes;
        std::memcpy(to, from, bytes);
        if (width > size.width) std::memcpy(to + bytes, from + bytes - pixelBytes, pixelBytes);
    }
    if (av_frame_make_writable(picture.get()) < 0) throw std::bad_alloc();
    const std::uint8_t* planes[4] = {padded.data(), nullptr, nullptr, nullptr};
    const int strides[4] = {static_cast<int>(rowBytes), 0, 0, 0};
    sws_scale(scaler.get(), planes, strides, 0, height, picture->data, picture->linesize);
}

void VideoWriter::Impl::encode(const AVFrame* frame) {
    int result = avcodec_send_frame(codec.get(), frame);
    if (result < 0) fail("cannot be encoded", result);
    for (;;) {
        result = avcodec_receive_packet(codec.get(), packet.get());
        if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
        if (result < 0) fail("cannot be encoded", result);
        packet->stream_index = stream->index;
        if (packet->duration == 0) packet->duration = lastStep;
        av_packet_rescale_ts(packet.get(), codec->time_base, stream->time_base);
        result = av_interleaved_write_frame(output.get(), packet.get());
        if (result < 0) fail("cannot be written", result);
    }
}

VideoWriter::VideoWriter(fs::path path, SizePx size, Rational timeBase, Rational sampleAspect,
                         VideoFormat format)
    : impl_(std::make_unique<Impl>(std::move(path), size, timeBase, sampleAspect, format)) {}

VideoWriter::~VideoWriter() = default;

void VideoWriter::add(const Raster<std::uint8_t>& picture, std::int64_t pts) {
    Impl& impl = *impl_;
    if (picture.size() != impl.size || picture.channels() != channelsOf(impl.format)) {
        throw Error(ErrorCode::Internal, "a picture of another size or kind was added to \"" +
                                             impl.path.string() + "\"");
    }
    const std::int64_t time = av_rescale_q(pts, impl.inputBase, impl.codec->time_base);
    if (impl.lastPts != AV_NOPTS_VALUE) {
        if (time <= impl.lastPts) {
            throw Error(ErrorCode::Internal, "the times of the pictures for \"" +
                                                 impl.path.string() + "\" do not increase");
        }
        impl.lastStep = time - impl.lastPts;
    }
    impl.lastPts = time;
    impl.fill(picture);
    impl.picture->pts = time;
    impl.encode(impl.picture.get());
}

void VideoWriter::finish() {
    Impl& impl = *impl_;
    if (impl.finished) return;
    if (impl.lastPts == AV_NOPTS_VALUE) {
        throw Error(ErrorCode::Internal, "no picture was added to \"" + impl.path.string() + "\"");
    }
    impl.encode(nullptr);
    int result = av_write_trailer(impl.output.get());
    if (result < 0) impl.fail("cannot be written", result);
    result = avio_closep(&impl.output->pb);
    if (result < 0) impl.fail("cannot be written", result);
    std::error_code failure;
    fs::rename(impl.partial, impl.path, failure);
    if (failure) {
        throw Error(ErrorCode::Input,
                    "\"" + impl.path.string() + "\" cannot be written: " + failure.message());
    }
    impl.finished = true;
}

}  // namespace mcj
