#include "media/io/gif_writer.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <new>
#include <string>
#include <system_error>
#include <utility>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
}

#include "media/base/error.h"
#include "media/base/partial_path.h"
#include "media/io/video_decoder.h"

namespace mcj {

namespace fs = std::filesystem;

namespace {

constexpr int kRedSteps = 6;
constexpr int kGreenSteps = 7;
constexpr int kBlueSteps = 6;
constexpr int kMostSidePx = 65535;
constexpr int kMostCentiseconds = 65535;
constexpr int kBayerSide = 8;

/// 0 to 63, every number once: the order in which the pixels of a square get the higher of two
/// neighbouring colours.
int bayerOrder(int x, int y) {
    int order = 0;
    for (int bit = 0; bit < 3; ++bit) {
        const int xBit = (x >> bit) & 1;
        const int yBit = (y >> bit) & 1;
        order = (order << 2) | ((xBit ^ yBit) << 1) | yBit;
    }
    return order;
}

/// The step of `value` among `steps`, rounded up where the matrix has a number below the rest.
int stepOf(int value, int steps, int order) {
    constexpr int kOrders = kBayerSide * kBayerSide;
    const int scaled = value * (steps - 1) * kOrders;
    return std::min((scaled + order * 255 + 127) / (255 * kOrders), steps - 1);
}

std::uint8_t colorIndex(const std::uint8_t* rgb, int order) {
    const int red = stepOf(rgb[0], kRedSteps, order);
    const int green = stepOf(rgb[1], kGreenSteps, order);
    const int blue = stepOf(rgb[2], kBlueSteps, order);
    return static_cast<std::uint8_t>((red * kGreenSteps + green) * kBlueSteps + blue);
}

std::array<std::uint32_t, 256> fixedPalette() {
    std::array<std::uint32_t, 256> palette{};
    palette.fill(0xFF000000U);
    std::size_t index = 0;
    for (int red = 0; red < kRedSteps; ++red) {
        for (int green = 0; green < kGreenSteps; ++green) {
            for (int blue = 0; blue < kBlueSteps; ++blue) {
                const auto level = [](int step, int steps) {
                    return static_cast<std::uint32_t>(step * 255 / (steps - 1));
                };
                palette[index++] = 0xFF000000U | level(red, kRedSteps) << 16U |
                                   level(green, kGreenSteps) << 8U | level(blue, kBlueSteps);
            }
        }
    }
    return palette;
}

// The muxer's file is closed here; format contexts for reading are closed otherwise.
struct OutputDeleter {
    void operator()(AVFormatContext* context) const {
        if (context->pb != nullptr) avio_closep(&context->pb);
        avformat_free_context(context);
    }
};

}  // namespace

struct GifWriter::Impl {
    fs::path path;
    fs::path partial;
    SizePx size;
    std::unique_ptr<AVFormatContext, OutputDeleter> output;
    std::unique_ptr<AVCodecContext, CodecContextDeleter> codec;
    AvFramePtr picture;
    std::unique_ptr<AVPacket, AvPacketDeleter> packet;
    AVStream* stream = nullptr;
    std::array<std::uint32_t, 256> palette = fixedPalette();
    std::int64_t time = 0;  ///< of the next picture, centiseconds
    int lastDelay = 0;
    bool finished = false;

    Impl(fs::path target, SizePx frameSize);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void open();
    void fill(const Raster<std::uint8_t>& rgb);
    void encode(const AVFrame* frame);
    [[noreturn]] void fail(int code) const;
};

GifWriter::Impl::Impl(fs::path target, SizePx frameSize)
    : path(std::move(target)), size(frameSize), picture(av_frame_alloc()),
      packet(av_packet_alloc()) {
    if (size.empty() || size.width > kMostSidePx || size.height > kMostSidePx) {
        throw Error(ErrorCode::Usage, "\"" + path.string() + "\" cannot have pictures of " +
                                          std::to_string(size.width) + " x " +
                                          std::to_string(size.height) + " pixels");
    }
    if (!picture || !packet) throw std::bad_alloc();
    av_log_set_level(AV_LOG_QUIET);
    partial = partialPath(path, ".", "." + std::to_string(::getpid()) + ".part");
    try {
        open();
    } catch (...) {
        output.reset();
        std::error_code ignored;
        fs::remove(partial, ignored);
        throw;
    }
}

GifWriter::Impl::~Impl() {
    if (finished) return;
    output.reset();
    std::error_code ignored;
    fs::remove(partial, ignored);
}

void GifWriter::Impl::fail(int code) const {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(code, text.data(), text.size());
    throw Error(ErrorCode::Input, "\"" + path.string() + "\" cannot be written: " + text.data(),
                "Check that the folder exists, may be written to and has room left.");
}

void GifWriter::Impl::open() {
    const AVCodec* encoder = avcodec_find_encoder(AV_CODEC_ID_GIF);
    if (encoder == nullptr) fail(AVERROR_ENCODER_NOT_FOUND);
    codec.reset(avcodec_alloc_context3(encoder));
    if (!codec) throw std::bad_alloc();
    codec->width = size.width;
    codec->height = size.height;
    codec->pix_fmt = AV_PIX_FMT_PAL8;
    codec->time_base = {1, 100};
    int result = avcodec_open2(codec.get(), encoder, nullptr);
    if (result < 0) fail(result);
    picture->format = AV_PIX_FMT_PAL8;
    picture->width = size.width;
    picture->height = size.height;
    if (av_frame_get_buffer(picture.get(), 0) < 0) throw std::bad_alloc();

    AVFormatContext* context = nullptr;
    const std::string url = "file:" + fs::absolute(partial).string();
    result = avformat_alloc_output_context2(&context, nullptr, "gif", url.c_str());
    if (result < 0) fail(result);
    output.reset(context);
    stream = avformat_new_stream(context, nullptr);
    if (stream == nullptr) throw std::bad_alloc();
    avcodec_parameters_from_context(stream->codecpar, codec.get());
    stream->time_base = codec->time_base;
    result = avio_open(&context->pb, url.c_str(), AVIO_FLAG_WRITE);
    if (result < 0) fail(result);
    AVDictionary* settings = nullptr;
    av_dict_set_int(&settings, "loop", 0, 0);
    result = avformat_write_header(context, &settings);
    av_dict_free(&settings);
    if (result < 0) fail(result);
}

void GifWriter::Impl::fill(const Raster<std::uint8_t>& rgb) {
    if (av_frame_make_writable(picture.get()) < 0) throw std::bad_alloc();
    std::array<std::array<int, kBayerSide>, kBayerSide> orders{};
    for (int y = 0; y < kBayerSide; ++y) {
        for (int x = 0; x < kBayerSide; ++x) {
            orders[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] = bayerOrder(x, y);
        }
    }
    for (int y = 0; y < size.height; ++y) {
        const auto& row = orders[static_cast<std::size_t>(y % kBayerSide)];
        std::uint8_t* to = picture->data[0] + std::ptrdiff_t{y} * picture->linesize[0];
        const std::uint8_t* from = rgb.row(y);
        for (int x = 0; x < size.width; ++x, from += 3) {
            to[x] = colorIndex(from, row[static_cast<std::size_t>(x % kBayerSide)]);
        }
    }
    std::memcpy(picture->data[1], palette.data(), sizeof(palette));
}

void GifWriter::Impl::encode(const AVFrame* frame) {
    int result = avcodec_send_frame(codec.get(), frame);
    if (result < 0) fail(result);
    for (;;) {
        result = avcodec_receive_packet(codec.get(), packet.get());
        if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
        if (result < 0) fail(result);
        packet->stream_index = stream->index;
        packet->duration = lastDelay;
        av_packet_rescale_ts(packet.get(), codec->time_base, stream->time_base);
        result = av_interleaved_write_frame(output.get(), packet.get());
        if (result < 0) fail(result);
    }
}

GifWriter::GifWriter(fs::path path, SizePx size)
    : impl_(std::make_unique<Impl>(std::move(path), size)) {}

GifWriter::~GifWriter() = default;

void GifWriter::add(const Raster<std::uint8_t>& rgb, int centiseconds) {
    Impl& impl = *impl_;
    const bool fits = rgb.size() == impl.size && rgb.channels() == 3;
    if (!fits || centiseconds < 1 || centiseconds > kMostCentiseconds) {
        throw Error(ErrorCode::Internal,
                    "a picture of another size or without a duration was "
                    "added to \"" +
                        impl.path.string() + "\"");
    }
    impl.fill(rgb);
    impl.picture->pts = impl.time;
    impl.lastDelay = centiseconds;
    impl.time += centiseconds;
    impl.encode(impl.picture.get());
}

void GifWriter::finish() {
    Impl& impl = *impl_;
    if (impl.finished) return;
    if (impl.time == 0) {
        throw Error(ErrorCode::Internal, "no picture was added to \"" + impl.path.string() + "\"");
    }
    impl.encode(nullptr);
    // No picture follows from whose time the muxer would know it.
    av_opt_set_int(impl.output->priv_data, "final_delay", impl.lastDelay, 0);
    int result = av_write_trailer(impl.output.get());
    if (result < 0) impl.fail(result);
    result = avio_closep(&impl.output->pb);
    if (result < 0) impl.fail(result);
    std::error_code failure;
    fs::rename(impl.partial, impl.path, failure);
    if (failure) {
        throw Error(ErrorCode::Input,
                    "\"" + impl.path.string() + "\" cannot be written: " + failure.message());
    }
    impl.finished = true;
}

}  // namespace mcj
