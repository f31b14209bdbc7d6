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

// The 2x2 part of a display matrix as -1, 0, 1; false where it is not a quarter turn.
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

/// By the size where the file states nothing, as most players do.
int usualMatrix(const AVFrame& picture) {
    return picture.height >= 720 || picture.width >= 1280 ? SWS_CS_ITU709 : SWS_CS_ITU601;
}

/// The matrix that follows from the primaries alone (H.273, matrix 12); -1 where swscale has none.
int matrixOfPrimaries(AVColorPrimaries primaries) {
    switch (primaries) {
    case AVCOL_PRI_BT709: return SWS_CS_ITU709;
    case AVCOL_PRI_BT470M: return SWS_CS_FCC;
    case AVCOL_PRI_SMPTE170M:
    case AVCOL_PRI_SMPTE240M: return SWS_CS_SMPTE240M;
    case AVCOL_PRI_BT2020: return SWS_CS_BT2020;
    default: return -1;
    }
}

/// Fills in matrix and planes of `rule`; true where the picture states nothing.
bool chooseMatrix(const AVFrame& picture, bool subsampled, ColorRule& rule) {
    rule.swsMatrix = usualMatrix(picture);
    bool supported = true;
    switch (picture.colorspace) {
    case AVCOL_SPC_UNSPECIFIED:
    case AVCOL_SPC_RESERVED: return true;
    case AVCOL_SPC_RGB:
        supported = !subsampled;
        if (supported) rule.planes = PlaneRule::Identity;
        break;
    case AVCOL_SPC_BT709: rule.swsMatrix = SWS_CS_ITU709; break;
    case AVCOL_SPC_FCC: rule.swsMatrix = SWS_CS_FCC; break;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M: rule.swsMatrix = SWS_CS_ITU601; break;
    case AVCOL_SPC_SMPTE240M: rule.swsMatrix = SWS_CS_SMPTE240M; break;
    case AVCOL_SPC_YCGCO: rule.planes = PlaneRule::YCgCo; break;
    case AVCOL_SPC_BT2020_NCL: rule.swsMatrix = SWS_CS_BT2020; break;
    case AVCOL_SPC_CHROMA_DERIVED_NCL: {
        const int derived = matrixOfPrimaries(picture.color_primaries);
        supported = derived >= 0;
        if (supported) rule.swsMatrix = derived;
        break;
    }
    case AVCOL_SPC_BT2020_CL:
    case AVCOL_SPC_ICTCP:
        rule.swsMatrix = SWS_CS_BT2020;
        supported = false;
        break;
    default: supported = false;
    }
    if (!supported) {
        const char* name = av_color_space_name(picture.colorspace);
        rule.unsupported = name != nullptr ? name : std::to_string(picture.colorspace);
    }
    return false;
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
    // swscale treats grey as full range, regardless of its settings.
    const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
    return description != nullptr && description->nb_components <= 2;
}

}  // namespace

Orientation orientationOf(const AVStream& stream, const AVFrame& first,
                          std::vector<std::string>& warnings) {
    std::size_t bytes = 0;
    const std::uint8_t* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &bytes);
    if (const auto* side = av_frame_get_side_data(&first, AV_FRAME_DATA_DISPLAYMATRIX)) {
        data = side->data;
        bytes = side->size;
    }
    if (data == nullptr || bytes < 9 * sizeof(std::int32_t)) return {};
    std::array<std::int32_t, 9> matrix{};
    std::memcpy(matrix.data(), data, sizeof(matrix));
    Matrix2 turn;
    if (!quarterTurn(matrix.data(), turn)) {
        warnings.emplace_back(
            "the file specifies a rotation that is not a multiple of 90 degrees: frames are shown "
            "as stored");
        return {};
    }
    Orientation orientation;
    if (turn.xx * turn.yy - turn.xy * turn.yx < 0) {
        // A mirrored matrix: the rotation that remains after mirroring the stored picture
        // left-right.
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
        rule.matrix = "rgb";
        rule.text = "rgb full";
        return rule;
    }
    const bool subsampled = description != nullptr &&
                            (description->log2_chroma_w > 0 || description->log2_chroma_h > 0);
    // A grey picture has no colours to convert; some decoders call it RGB.
    const bool grey = description != nullptr && description->nb_components < 3;
    if (grey) rule.swsMatrix = usualMatrix(picture);
    const bool assumed = grey || chooseMatrix(picture, subsampled, rule);
    if (formatIsFullRange(format) || picture.color_range == AVCOL_RANGE_JPEG) rule.sourceIsFull = 1;
    rule.matrix = rule.planes == PlaneRule::YCgCo      ? "ycgco"
                  : rule.planes == PlaneRule::Identity ? "gbr"
                                                       : matrixName(rule.swsMatrix);
    rule.text = rule.matrix + (rule.sourceIsFull != 0 ? " full" : " limited");
    if (assumed) rule.text += " (assumed)";
    if (!rule.unsupported.empty()) rule.text += " (instead of " + rule.unsupported + ")";
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
    const bool byPlanes = rule.planes != PlaneRule::Matrix;
    const AVPixelFormat target = byPlanes ? AV_PIX_FMT_YUV444P : AV_PIX_FMT_RGB24;
    const int flags =
        SWS_BILINEAR | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP;
    scaler_.reset(sws_getContext(size.width, size.height, format, storedSize_.width,
                                 storedSize_.height, target, flags, nullptr, nullptr, nullptr));
    if (!scaler_) {
        const char* name = av_get_pix_fmt_name(format);
        throw Error(ErrorCode::Input,
                    std::string("frames of the pixel format ") + (name ? name : "unknown") +
                        " cannot be converted to RGB",
                    "Convert the video to the pixel format yuv420p with another program.");
    }
    constexpr int kUnit = 1 << 16;
    // Planes keep matrix and range: only depth, size and subsampling change.
    sws_setColorspaceDetails(scaler_.get(), sws_getCoefficients(rule.swsMatrix), rule.sourceIsFull,
                             sws_getCoefficients(byPlanes ? rule.swsMatrix : SWS_CS_DEFAULT),
                             byPlanes ? rule.sourceIsFull : 1, 0, kUnit, kUnit);
    planes_.reset();
    if (byPlanes) {
        planes_.reset(av_frame_alloc());
        if (!planes_) throw std::bad_alloc();
        planes_->format = target;
        planes_->width = storedSize_.width;
        planes_->height = storedSize_.height;
        if (av_frame_get_buffer(planes_.get(), 0) < 0) throw std::bad_alloc();
    }
    scalerFormat_ = picture.format;
    scalerSize_ = size;
    scalerRule_ = std::move(rule);
}

const std::uint8_t* FrameConverter::convertStored(const AVFrame& picture, std::size_t rowBytes) {
    const std::size_t bytes = rowBytes * static_cast<std::size_t>(storedSize_.height);
    scratch_.resize(bytes + kRowAlignment);
    void* start = scratch_.data();
    std::size_t space = scratch_.size();
    std::align(kRowAlignment, bytes, start, space);
    auto* const pixels = static_cast<std::uint8_t*>(start);
    if (planes_) {
        sws_scale(scaler_.get(), picture.data, picture.linesize, 0, picture.height, planes_->data,
                  planes_->linesize);
        Planes planes;
        for (int i = 0; i < 3; ++i) {
            planes.data[i] = planes_->data[i];
            planes.strides[i] = planes_->linesize[i];
        }
        convertPlanes(planes, storedSize_, scalerRule_.planes, scalerRule_.sourceIsFull != 0,
                      pixels, rowBytes);
        return pixels;
    }
    std::uint8_t* targets[4] = {pixels, nullptr, nullptr, nullptr};
    const int strides[4] = {static_cast<int>(rowBytes), 0, 0, 0};
    sws_scale(scaler_.get(), picture.data, picture.linesize, 0, picture.height, targets, strides);
    return pixels;
}

Raster<std::uint8_t> FrameConverter::convert(const AVFrame& picture) {
    prepare(picture);
    const int width = storedSize_.width;
    const int height = storedSize_.height;
    const std::size_t rowBytes = (static_cast<std::size_t>(width) * 3 + 2 * kRowAlignment - 1) /
                                 kRowAlignment * kRowAlignment;
    const std::uint8_t* const pixels = convertStored(picture, rowBytes);
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
