#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "media/base/raster.h"
#include "media/io/plane_colours.h"
#include "media/io/video_decoder.h"

struct SwsContext;

namespace mcj {

/// How a stored picture is turned upright: mirrored left-right first, then turned clockwise.
struct Orientation {
    enum class Mirror { None, LeftRight };
    Mirror mirror = Mirror::None;
    int clockwiseDeg = 0;  ///< 0, 90, 180 or 270

    [[nodiscard]] SizePx apply(SizePx stored) const noexcept {
        return clockwiseDeg % 180 == 0 ? stored : SizePx{stored.height, stored.width};
    }
};

/// The rotation in the display matrix: the first picture's (H.264 and HEVC SEI, EXIF of motion
/// JPEG), else that of `stream`. A matrix that is not a multiple of a quarter turn is not applied
/// and adds a line to `warnings`.
[[nodiscard]] Orientation orientationOf(const AVStream& stream, const AVFrame& first,
                                        std::vector<std::string>& warnings);

/// Matrix and range that turn a picture's samples into RGB.
struct ColorRule {
    int swsMatrix = 0;     ///< one of FFmpeg's SWS_CS_*
    int sourceIsFull = 0;  ///< 1: samples use the full range
    bool isRgb = false;    ///< no matrix is applied
    PlaneRule planes = PlaneRule::Matrix;
    std::string matrix;       ///< the name of what is applied, "bt709"
    std::string unsupported;  ///< the matrix that the file states, if another one is used instead
    std::string text;  ///< "bt709 limited", "rgb full"; "(assumed)" if the file states nothing

    friend bool operator==(const ColorRule&, const ColorRule&) = default;
};

/// The matrix and range that the frame states. Where it states none, or one that cannot be
/// converted: bt709 from 720 lines or 1280 columns on, else bt601, and the limited range unless the
/// pixel format implies full.
[[nodiscard]] ColorRule colorRuleOf(const AVFrame& picture);

/// Turns decoded pictures into upright 8-bit RGB, the same bits on every processor: full chroma
/// interpolation, accurate rounding. Pictures of another size than the first are scaled to it.
class FrameConverter {
public:
    /// `storedSize`: before rotation.
    FrameConverter(SizePx storedSize, Orientation orientation);
    ~FrameConverter();

    /// H x W x 3. Throws `Error{Input}` for a pixel format that cannot be converted.
    [[nodiscard]] Raster<std::uint8_t> convert(const AVFrame& picture);

private:
    struct SwsDeleter {
        void operator()(SwsContext* context) const;
    };
    void prepare(const AVFrame& picture);
    /// The stored picture as RGB in `scratch_`; returns its first row.
    const std::uint8_t* convertStored(const AVFrame& picture, std::size_t rowBytes);

    SizePx storedSize_;
    Orientation orientation_;
    std::unique_ptr<SwsContext, SwsDeleter> scaler_;
    int scalerFormat_ = -1;
    SizePx scalerSize_;
    ColorRule scalerRule_;
    std::vector<std::uint8_t> scratch_;
    AvFramePtr planes_;  ///< for matrices that swscale does not have
};

}  // namespace mcj
