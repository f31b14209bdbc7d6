#pragma once

#include <cstdint>
#include <vector>

namespace cv {
class Mat;
}

namespace mcj {

// OpenCV's picture codecs, loaded on first use: they depend on seventy libraries, GDAL among them,
// and would delay every program's start by 0.16 s, even where only videos are read.

/// BGR in the file's depth and as it is stored (the EXIF orientation is not applied); empty where
/// the bytes are not a picture. Throws `cv::Exception`, and `Error{Device}` where the codecs cannot
/// be loaded.
[[nodiscard]] cv::Mat decodePicture(const std::vector<std::uint8_t>& bytes);

/// quality: 0 to 100. bgr: 8 bits. Throws as `decodePicture`.
[[nodiscard]] std::vector<std::uint8_t> encodeJpeg(const cv::Mat& bgr, int quality);

}  // namespace mcj
