#include "media/io/picture_codec_library.h"

#include <opencv2/imgcodecs.hpp>

#include "media/io/picture_header.h"
#include "media/io/tiff_pages.h"
#include "media/io/webp_frames.h"

void mcjDecodePicture(const std::vector<std::uint8_t>& bytes, cv::Mat& picture) {
    picture =
        cv::imdecode(bytes, cv::IMREAD_COLOR | cv::IMREAD_ANYDEPTH | cv::IMREAD_IGNORE_ORIENTATION);
}

void mcjEncodeJpeg(const cv::Mat& bgr, int quality, std::vector<std::uint8_t>& jpeg) {
    cv::imencode(".jpg", bgr, jpeg, {cv::IMWRITE_JPEG_QUALITY, quality});
}

void mcjOpenPictureStack(const std::filesystem::path& path,
                         std::unique_ptr<mcj::PictureStack>& stack) {
    stack = mcj::pictureKindOf(path) == mcj::PictureKind::WebP ? mcj::openWebPFrames(path)
                                                               : mcj::openTiffPages(path);
}
