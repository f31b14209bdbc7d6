#pragma once

#include <cstdint>
#include <vector>

namespace cv {
class Mat;
}

namespace mcj {

// OpenCV's picture codecs, opened on first need: they bring seventy libraries with them, GDAL among
// those, and would make every program start 0.16 s later, also where only videos are read.

/// BGR of the depth that the file has, as it is stored (EXIF does not turn it); empty where the
/// bytes are no picture. Throws `cv::Exception`, and `Error{Device}` where the codecs cannot be
/// opened.
[[nodiscard]] cv::Mat decodePicture(const std::vector<std::uint8_t>& bytes);

/// quality: 0 to 100. bgr: 8 bits. Throws as `decodePicture`.
[[nodiscard]] std::vector<std::uint8_t> encodeJpeg(const cv::Mat& bgr, int quality);

}  // namespace mcj
