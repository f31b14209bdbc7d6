#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "media/io/picture_stack.h"

namespace cv {
class Mat;
}

// What libmcj_pictures.so exports to picture_codec.cpp.
extern "C" {
void mcjDecodePicture(const std::vector<std::uint8_t>& bytes, cv::Mat& picture);
void mcjEncodeJpeg(const cv::Mat& bgr, int quality, std::vector<std::uint8_t>& jpeg);
void mcjOpenPictureStack(const std::filesystem::path& path,
                         std::unique_ptr<mcj::PictureStack>& stack);
}
