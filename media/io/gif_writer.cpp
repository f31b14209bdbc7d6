#include "media/io/gif_writer.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
}

#include "media/base/error.h"
#include "media/base/size_text.h"
#include "media/io/encoded_file.h"

namespace mcj {

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

}  // namespace

struct GifWriter::Impl {
    EncodedFile file;
    SizePx size;
    std::array<std::uint32_t, 256> palette = fixedPalette();
    std::int64_t time = 0;  ///< of the next picture, centiseconds
    int lastDelay = 0;

    Impl(std::filesystem::path target, SizePx frameSize);

    void fill(const Raster<std::uint8_t>& rgb);
};

GifWriter::Impl::Impl(std::filesystem::path target, SizePx frameSize)
    : file(std::move(target)), size(frameSize) {
    if (size.empty() || size.width > kMostSidePx || size.height > kMostSidePx) {
        throw Error(ErrorCode::Usage, "\"" + file.path().string() + "\" cannot have pictures of " +
                                          sizeText(size) + " pixels");
    }
    AVCodecContext& codec = file.choose(avcodec_find_encoder(AV_CODEC_ID_GIF));
    codec.width = size.width;
    codec.height = size.height;
    codec.pix_fmt = AV_PIX_FMT_PAL8;
    codec.time_base = {1, 100};
    AVDictionary* settings = nullptr;
    av_dict_set_int(&settings, "loop", 0, 0);
    file.open("gif", settings);
}

void GifWriter::Impl::fill(const Raster<std::uint8_t>& rgb) {
    AVFrame& picture = file.picture();
    std::array<std::array<int, kBayerSide>, kBayerSide> orders{};
    for (int y = 0; y < kBayerSide; ++y) {
        for (int x = 0; x < kBayerSide; ++x) {
            orders[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] = bayerOrder(x, y);
        }
    }
    for (int y = 0; y < size.height; ++y) {
        const auto& row = orders[static_cast<std::size_t>(y % kBayerSide)];
        std::uint8_t* to = picture.data[0] + std::ptrdiff_t{y} * picture.linesize[0];
        const std::uint8_t* from = rgb.row(y);
        for (int x = 0; x < size.width; ++x, from += 3) {
            to[x] = colorIndex(from, row[static_cast<std::size_t>(x % kBayerSide)]);
        }
    }
    std::memcpy(picture.data[1], palette.data(), sizeof(palette));
}

GifWriter::GifWriter(std::filesystem::path path, SizePx size)
    : impl_(std::make_unique<Impl>(std::move(path), size)) {}

GifWriter::~GifWriter() = default;

void GifWriter::add(const Raster<std::uint8_t>& rgb, int centiseconds) {
    Impl& impl = *impl_;
    const bool fits = rgb.size() == impl.size && rgb.channels() == 3;
    if (!fits || centiseconds < 1 || centiseconds > kMostCentiseconds) {
        throw Error(ErrorCode::Internal,
                    "a picture of another size or without a duration was "
                    "added to \"" +
                        impl.file.path().string() + "\"");
    }
    impl.fill(rgb);
    const std::int64_t begin = impl.time;
    impl.lastDelay = centiseconds;
    impl.time += centiseconds;
    impl.file.encode(begin, centiseconds);
}

void GifWriter::finish() {
    Impl& impl = *impl_;
    if (impl.time == 0) {
        throw Error(ErrorCode::Internal,
                    "no picture was added to \"" + impl.file.path().string() + "\"");
    }
    // No picture follows from whose time the muxer would know it.
    av_opt_set_int(impl.file.output().priv_data, "final_delay", impl.lastDelay, 0);
    impl.file.finish(impl.lastDelay);
}

}  // namespace mcj
