#include "media/io/picture_codec_library.h"

#include <opencv2/imgcodecs.hpp>

void mcjDecodePicture(const std::vector<std::uint8_t>& bytes, cv::Mat& picture) {
    picture = cv::imdecode(bytes, cv::IMREAD_COLOR | cv::IMREAD_ANYDEPTH);
}

void mcjEncodeJpeg(const cv::Mat& bgr, int quality, std::vector<std::uint8_t>& jpeg) {
    cv::imencode(".jpg", bgr, jpeg, {cv::IMWRITE_JPEG_QUALITY, quality});
}
