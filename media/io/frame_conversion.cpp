#include "media/io/frame_conversion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include "media/base/error.h"

namespace mcj {

namespace {

// swscale writes whole vectors: rows of the scratch picture are padded and aligned.
constexpr std::size_t kRowAlignment = 64;

struct Matrix2 {
    int xx = 1;  // new x from old x, and so on
    int xy = 0;
    int yx = 0;
    int yy = 1;
};

// The 2x2 part of a display matrix as -1, 0, 1; false where it is no quarter turn.
bool quarterTurn(const std::int32_t* matrix, Matrix2& out) {
    const std::array<double, 4> parts = {
        static_cast<double>(matrix[0]), static_cast<double>(matrix[1]),
        static_cast<double>(matrix[3]), static_cast<double>(matrix[4])};
    const double scale = std::max({std::abs(parts[0]), std::abs(parts[1]), 1.0});
    std::array<int, 4> unit{};
    for (std::size_t i = 0; i < 4; ++i) {
        const double value = parts[i] / scale;
        unit[i] = static_cast<int>(std::lround(value));
        if (std::abs(value - unit[i]) > 0.01) return false;
    }
    // FFmpeg multiplies row vectors: x' = a x + c y, y' = b x + d y for [a b; c d].
    out = {unit[0], unit[2], unit[1], unit[3]};
    return std::abs(out.xx * out.yy - out.xy * out.yx) == 1;
}

const char* matrixName(int swsMatrix) {
    switch (swsMatrix) {
    case SWS_CS_ITU709: return "bt709";
    case SWS_CS_FCC: return "fcc";
    case SWS_CS_SMPTE240M: return "smpte240m";
    case SWS_CS_BT2020: return "bt2020";
    default: return "bt601";
    }
}

bool formatIsFullRange(AVPixelFormat format) {
    switch (format) {
    case AV_PIX_FMT_YUVJ411P:
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ444P: return true;
    default: break;
    }
    // swscale takes grey as full range, whatever it is told.
    const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
    return description != nullptr && description->nb_components <= 2;
}

}  // namespace

Orientation orientationOf(const AVStream& stream, std::vector<std::string>& warnings) {
    std::size_t bytes = 0;
    const std::uint8_t* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &bytes);
    if (data == nullptr || bytes < 9 * sizeof(std::int32_t)) return {};
    std::array<std::int32_t, 9> matrix{};
    std::memcpy(matrix.data(), data, sizeof(matrix));
    Matrix2 turn;
    if (!quarterTurn(matrix.data(), turn)) {
        warnings.emplace_back(
            "the file asks for a rotation by other than quarter turns: it is shown as stored");
        return {};
    }
    Orientation orientation;
    if (turn.xx * turn.yy - turn.xy * turn.yx < 0) {
        // A mirrored matrix: what is left after a left-right mirror of the stored picture.
        orientation.mirror = Orientation::Mirror::LeftRight;
        turn.xx = -turn.xx;
        turn.yx = -turn.yx;
    }
    if (turn.xx == 1)
        orientation.clockwiseDeg = 0;
    else if (turn.xx == -1)
        orientation.clockwiseDeg = 180;
    else
        orientation.clockwiseDeg = turn.yx == 1 ? 90 : 270;
    return orientation;
}

ColorRule colorRuleOf(const AVFrame& picture) {
    ColorRule rule;
    const auto format = static_cast<AVPixelFormat>(picture.format);
    const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
    rule.isRgb = description != nullptr &&
                 (description->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0;
    if (rule.isRgb) {
        rule.swsMatrix = SWS_CS_DEFAULT;
        rule.sourceIsFull = 1;
        rule.text = "rgb full";
        return rule;
    }
    bool assumed = false;
    switch (picture.colorspace) {
    case AVCOL_SPC_BT709: rule.swsMatrix = SWS_CS_ITU709; break;
    case AVCOL_SPC_FCC: rule.swsMatrix = SWS_CS_FCC; break;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M: rule.swsMatrix = SWS_CS_ITU601; break;
    case AVCOL_SPC_SMPTE240M: rule.swsMatrix = SWS_CS_SMPTE240M; break;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL: rule.swsMatrix = SWS_CS_BT2020; break;
    default:
        assumed = true;
        rule.swsMatrix =
            picture.height >= 720 || picture.width >= 1280 ? SWS_CS_ITU709 : SWS_CS_ITU601;
    }
    if (formatIsFullRange(format) || picture.color_range == AVCOL_RANGE_JPEG) rule.sourceIsFull = 1;
    rule.text = matrixName(rule.swsMatrix);
    rule.text += rule.sourceIsFull != 0 ? " full" : " limited";
    if (assumed) rule.text += " (assumed)";
    return rule;
}

FrameConverter::FrameConverter(SizePx storedSize, Orientation orientation)
    : storedSize_(storedSize), orientation_(orientation) {}

FrameConverter::~FrameConverter() = default;

void FrameConverter::SwsDeleter::operator()(SwsContext* context) const { sws_freeContext(context); }

void FrameConverter::prepare(const AVFrame& picture) {
    const SizePx size{picture.width, picture.height};
    ColorRule rule = colorRuleOf(picture);
    if (scaler_ && scalerFormat_ == picture.format && scalerSize_ == size && scalerRule_ == rule) {
        return;
    }
    const auto format = static_cast<AVPixelFormat>(picture.format);
    const int flags =
        SWS_BILINEAR | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP;
    scaler_.reset(sws_getContext(size.width, size.height, format, storedSize_.width,
                                 storedSize_.height, AV_PIX_FMT_RGB24, flags, nullptr, nullptr,
                                 nullptr));
    if (!scaler_) {
        const char* name = av_get_pix_fmt_name(format);
        throw Error(ErrorCode::Input,
                    std::string("pictures of the pixel format ") + (name ? name : "unknown") +
                        " cannot be converted to RGB",
                    "Convert the video to yuv420p with another program.");
    }
    constexpr int kUnit = 1 << 16;
    sws_setColorspaceDetails(scaler_.get(), sws_getCoefficients(rule.swsMatrix), rule.sourceIsFull,
                             sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, kUnit, kUnit);
    scalerFormat_ = picture.format;
    scalerSize_ = size;
    scalerRule_ = std::move(rule);
}

Raster<std::uint8_t> FrameConverter::convert(const AVFrame& picture) {
    prepare(picture);
    const int width = storedSize_.width;
    const int height = storedSize_.height;
    const std::size_t rowBytes = (static_cast<std::size_t>(width) * 3 + 2 * kRowAlignment - 1) /
                                 kRowAlignment * kRowAlignment;
    scratch_.resize(rowBytes * static_cast<std::size_t>(height) + kRowAlignment);
    void* start = scratch_.data();
    std::size_t space = scratch_.size();
    std::align(kRowAlignment, rowBytes * static_cast<std::size_t>(height), start, space);
    auto* const pixels = static_cast<std::uint8_t*>(start);
    std::uint8_t* planes[4] = {pixels, nullptr, nullptr, nullptr};
    const int strides[4] = {static_cast<int>(rowBytes), 0, 0, 0};
    sws_scale(scaler_.get(), picture.data, picture.linesize, 0, picture.height, planes, strides);

    Raster<std::uint8_t> rgb(orientation_.apply(storedSize_), 3);
    // Each output row walks through the stored picture from `first` in steps of `step` bytes.
    const bool mirrored = orientation_.mirror == Orientation::Mirror::LeftRight;
    const auto pixelAt = [&](int x, int y) {
        return pixels + static_cast<std::ptrdiff_t>(y) * static_cast<std::ptrdiff_t>(rowBytes) +
               (mirrored ? width - 1 - x : x) * 3;
    };
    const std::ptrdiff_t right = mirrored ? -3 : 3;
    const auto down = static_cast<std::ptrdiff_t>(rowBytes);
    for (int y = 0; y < rgb.height(); ++y) {
        const std::uint8_t* from = nullptr;
        std::ptrdiff_t step = 0;
        switch (orientation_.clockwiseDeg) {
        case 90:
            from = pixelAt(y, height - 1);
            step = -down;
            break;
        case 180:
            from = pixelAt(width - 1, height - 1 - y);
            step = -right;
            break;
        case 270:
            from = pixelAt(width - 1 - y, 0);
            step = down;
            break;
        default:
            from = pixelAt(0, y);
            step = right;
            break;
        }
        std::uint8_t* to = rgb.row(y);
        if (step == 3) {
            std::memcpy(to, from, static_cast<std::size_t>(rgb.width()) * 3);
            continue;
        }
        for (int x = 0; x < rgb.width(); ++x, from += step, to += 3) {
            to[0] = from[0];
            to[1] = from[1];
            to[2] = from[2];
        }
    }
    return rgb;
}

}  // namespace mcj
