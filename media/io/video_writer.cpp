#include "media/io/video_writer.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <utility>
#include <vector>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include "media/base/error.h"
#include "media/io/encoded_file.h"

namespace mcj {

namespace fs = std::filesystem;

namespace {

// MPEG-4 part 2 stores the time base in 16 bits.
constexpr int kMpeg4TicksPerSec = 60000;
constexpr const char* kQuality = "18";
constexpr std::size_t kRowAlignment = 64;
// H.264 stores both numbers of an aspect in 16 bits.
constexpr std::int64_t kMostAspect = 65535;

int evenUp(int side) { return side + (side & 1); }

const char* containerOf(VideoFormat format) {
    switch (format) {
    case VideoFormat::H264: return "mp4";
    case VideoFormat::ProRes4444: return "mov";
    case VideoFormat::Ffv1Alpha: break;
    }
    return "matroska";
}

struct ScalerDeleter {
    void operator()(SwsContext* context) const { sws_freeContext(context); }
};

}  // namespace

struct VideoWriter::Impl {
    EncodedFile file;
    SizePx size;
    VideoFormat format;
    AVRational inputBase{0, 1};
    std::unique_ptr<SwsContext, ScalerDeleter> scaler;
    std::vector<std::uint8_t> padded;
    std::int64_t lastPts = AV_NOPTS_VALUE;
    std::int64_t lastStep = 0;

    Impl(fs::path target, SizePx frameSize, Rational timeBase, Rational aspect,
         VideoFormat videoFormat);

    void chooseEncoder(Rational aspect);
    /// Each chooses the encoder with its pixels, time base and options.
    AVCodecContext& chooseH264();
    AVCodecContext& chooseAlpha();
    void openScaler();
    void fill(const Raster<std::uint8_t>& pixels);
};

VideoWriter::Impl::Impl(fs::path target, SizePx frameSize, Rational timeBase, Rational aspect,
                        VideoFormat videoFormat)
    : file(std::move(target)), size(frameSize), format(videoFormat) {
    const std::string name = "\"" + file.path().string() + "\"";
    if (timeBase.num <= 0 || timeBase.den <= 0) {
        throw Error(ErrorCode::Usage, name + " needs a time base to be written as a video");
    }
    if (size.empty()) throw Error(ErrorCode::Usage, name + " would have empty frames");
    constexpr std::int64_t kMost = 1 << 30;
    int num = 0;
    int den = 1;
    av_reduce(&num, &den, timeBase.num, timeBase.den, kMost);
    inputBase = {num, den};
    chooseEncoder(aspect);
    AVDictionary* settings = nullptr;
    if (format != VideoFormat::Ffv1Alpha) {
        av_dict_set(&settings, "movflags", "+faststart", 0);
        // Otherwise the muxer would choose a finer scale, but times must be read back unchanged.
        const AVRational ticks = file.codec().time_base;
        if (ticks.num == 1) av_dict_set_int(&settings, "video_track_timescale", ticks.den, 0);
    }
    file.open(containerOf(format), settings);
    openScaler();
}

AVCodecContext& VideoWriter::Impl::chooseH264() {
    const AVCodec* encoder = avcodec_find_encoder_by_name("libx264");
    const bool isX264 = encoder != nullptr;
    if (!isX264) encoder = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
    AVCodecContext& codec = file.choose(encoder);
    codec.pix_fmt = AV_PIX_FMT_YUV420P;
    codec.time_base = isX264 ? inputBase : AVRational{1, kMpeg4TicksPerSec};
    if (isX264) {
        av_opt_set(codec.priv_data, "preset", "veryfast", 0);
        av_opt_set(codec.priv_data, "crf", kQuality, 0);
    } else {
        codec.flags |= AV_CODEC_FLAG_QSCALE;
        codec.global_quality = FF_QP2LAMBDA * 3;
    }
    return codec;
}

AVCodecContext& VideoWriter::Impl::chooseAlpha() {
    const bool isProRes = format == VideoFormat::ProRes4444;
    AVCodecContext& codec = file.choose(isProRes ? avcodec_find_encoder_by_name("prores_ks")
                                                 : avcodec_find_encoder(AV_CODEC_ID_FFV1));
    // ProRes chooses its profile 4444 by these pixels.
    codec.pix_fmt = isProRes ? AV_PIX_FMT_YUVA444P10LE : AV_PIX_FMT_RGB32;
    codec.time_base = inputBase;
    if (!isProRes) {
        // Version 3 has checksums and slices; every frame is a key frame.
        codec.level = 3;
        codec.gop_size = 1;
    }
    return codec;
}

void VideoWriter::Impl::chooseEncoder(Rational aspect) {
    AVCodecContext& codec = format == VideoFormat::H264 ? chooseH264() : chooseAlpha();
    const bool isRgb = format == VideoFormat::Ffv1Alpha;
    codec.width = isRgb ? size.width : evenUp(size.width);
    codec.height = isRgb ? size.height : evenUp(size.height);
    codec.colorspace = isRgb ? AVCOL_SPC_RGB : AVCOL_SPC_BT709;
    codec.color_primaries = AVCOL_PRI_BT709;
    codec.color_trc = AVCOL_TRC_BT709;
    codec.color_range = isRgb ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    codec.sample_aspect_ratio = {1, 1};
    if (aspect.num > 0 && aspect.den > 0) {
        av_reduce(&codec.sample_aspect_ratio.num, &codec.sample_aspect_ratio.den, aspect.num,
                  aspect.den, kMostAspect);
    }
    codec.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
}

void VideoWriter::Impl::openScaler() {
    const int width = file.codec().width;
    const int height = file.codec().height;
    const AVPixelFormat given = channelsOf(format) == 4 ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24;
    scaler.reset(sws_getContext(
        width, height, given, width, height, file.codec().pix_fmt,
        SWS_BILINEAR | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP,
        nullptr, nullptr, nullptr));
    if (!scaler) throw std::bad_alloc();
    // RGB is only put into another order.
    if (format == VideoFormat::Ffv1Alpha) return;
    constexpr int kUnit = 1 << 16;
    sws_setColorspaceDetails(scaler.get(), sws_getCoefficients(SWS_CS_DEFAULT), 1,
                             sws_getCoefficients(SWS_CS_ITU709), 0, 0, kUnit, kUnit);
}

// The pixels, with even sides where the encoder needs them, into its picture; the last column and
// row are repeated.
void VideoWriter::Impl::fill(const Raster<std::uint8_t>& pixels) {
    const int width = file.codec().width;
    const int height = file.codec().height;
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
    AVFrame& picture = file.picture();
    const std::uint8_t* planes[4] = {padded.data(), nullptr, nullptr, nullptr};
    const int strides[4] = {static_cast<int>(rowBytes), 0, 0, 0};
    sws_scale(scaler.get(), planes, strides, 0, height, picture.data, picture.linesize);
}

VideoWriter::VideoWriter(fs::path path, SizePx size, Rational timeBase, Rational sampleAspect,
                         VideoFormat format)
    : impl_(std::make_unique<Impl>(std::move(path), size, timeBase, sampleAspect, format)) {}

VideoWriter::~VideoWriter() = default;

void VideoWriter::add(const Raster<std::uint8_t>& picture, std::int64_t pts) {
    Impl& impl = *impl_;
    if (picture.size() != impl.size || picture.channels() != channelsOf(impl.format)) {
        throw Error(ErrorCode::Internal, "a picture of another size or kind was added to \"" +
                                             impl.file.path().string() + "\"");
    }
    const std::int64_t time = av_rescale_q(pts, impl.inputBase, impl.file.codec().time_base);
    if (impl.lastPts != AV_NOPTS_VALUE) {
        if (time <= impl.lastPts) {
            throw Error(ErrorCode::Internal, "the times of the pictures for \"" +
                                                 impl.file.path().string() + "\" do not increase");
        }
        impl.lastStep = time - impl.lastPts;
    }
    impl.lastPts = time;
    impl.fill(picture);
    impl.file.encode(time, impl.lastStep);
}

std::uint64_t VideoWriter::writtenBytes() const noexcept { return impl_->file.writtenBytes(); }

void VideoWriter::finish() {
    Impl& impl = *impl_;
    if (impl.lastPts == AV_NOPTS_VALUE) {
        throw Error(ErrorCode::Internal,
                    "no picture was added to \"" + impl.file.path().string() + "\"");
    }
    impl.file.finish(impl.lastStep);
}

}  // namespace mcj
