#include "media/io/image_file.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "media/base/error.h"
#include "media/io/atomic_file.h"
#include "media/io/picture_codec.h"
#include "media/io/picture_header.h"
#include "media/io/picture_stack.h"
#include "media/io/png_file.h"

namespace mcj {
namespace {

/// 8 bits per channel from the depth that OpenCV decoded.
cv::Mat toEightBits(const cv::Mat& picture) {
    cv::Mat bytes;
    switch (picture.depth()) {
    case CV_8U: return picture;
    case CV_16U: picture.convertTo(bytes, CV_8U, 1.0 / 257.0); break;  // rounds
    default: picture.convertTo(bytes, CV_8U, 255.0); break;            // floats in [0, 1]
    }
    return bytes;
}

}  // namespace

Raster<std::uint8_t> readRgbImage(const std::filesystem::path& path,
                                  std::vector<std::string>* notes) {
    const PictureKind kind = pictureKindOf(path);
    std::vector<std::string> unwanted;
    if (kind == PictureKind::Tiff) {
        return openPictureStack(path)->read(0, notes != nullptr ? *notes : unwanted);
    }
    const std::vector<std::uint8_t> bytes = readFileBytes(path);
    const auto fail = [&path](const std::string& why) {
        throw Error(ErrorCode::Input, "cannot read the image '" + path.string() + "': " + why,
                    "Supported image formats are PNG, JPEG, TIFF, BMP, WebP and PNM.");
    };
    if (bytes.empty()) fail("the file is empty");
    // Decoders silently fill missing parts with grey.
    const PictureHeader header = lookAtPicture(bytes);
    if (!header.damage.empty()) fail(header.damage);
    if (kind == PictureKind::WebP && header.isAnimated) {
        return openPictureStack(path)->read(0, unwanted);
    }
    cv::Mat picture;
    try {
        picture = decodePicture(bytes);
        if (!picture.empty()) cv::cvtColor(toEightBits(picture), picture, cv::COLOR_BGR2RGB);
    } catch (const cv::Exception&) {
        picture.release();
    }
    if (picture.empty()) fail("it is damaged or of an unknown format");
    Raster<std::uint8_t> rgb({picture.cols, picture.rows}, 3);
    for (int y = 0; y < picture.rows; ++y) {
        std::copy_n(picture.ptr<std::uint8_t>(y), static_cast<std::size_t>(picture.cols) * 3,
                    rgb.row(y));
    }
    return turnUpright(std::move(rgb), header.orientation);
}

void writeRgbPng(const std::filesystem::path& path, const Raster<std::uint8_t>& rgb) {
    writePng(path, {.kind = PngKind::Rgb, .bitDepth = 8, .values8 = rgb});
}

void writePng16(const std::filesystem::path& path, const Raster<std::uint16_t>& values) {
    if (values.channels() != 1 && values.channels() != 3) {
        throw Error(ErrorCode::Internal,
                    "a 16-bit PNG has 1 or 3 channels, not " + std::to_string(values.channels()));
    }
    writePng(path, {.kind = values.channels() == 3 ? PngKind::Rgb : PngKind::Grey,
                    .bitDepth = 16,
                    .values16 = values});
}

Raster<std::uint16_t> readPng16(const std::filesystem::path& path) {
    PngImage png = decodePng(readFileBytes(path), path.string());
    if (png.bitDepth != 16) {
        throw Error(ErrorCode::Input, "'" + path.string() + "' has " +
                                          std::to_string(png.bitDepth) +
                                          " bits per channel, not 16");
    }
    return std::move(png.values16);
}

}  // namespace mcj
