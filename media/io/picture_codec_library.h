#pragma once

#include <cstdint>
#include <vector>

namespace cv {
class Mat;
}

// What libmcj_pictures.so exports to picture_codec.cpp.
extern "C" {
void mcjDecodePicture(const std::vector<std::uint8_t>& bytes, cv::Mat& picture);
void mcjEncodeJpeg(const cv::Mat& bgr, int quality, std::vector<std::uint8_t>& jpeg);
}
