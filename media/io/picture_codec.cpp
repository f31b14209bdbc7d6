#include "media/io/picture_codec.h"

#include <dlfcn.h>

#include <opencv2/core/mat.hpp>

#include "media/base/error.h"
#include "media/base/shared_library.h"
#include "media/io/picture_codec_library.h"

namespace mcj {
namespace {

struct Codecs {
    decltype(&mcjDecodePicture) decode = nullptr;
    decltype(&mcjEncodeJpeg) encodeJpeg = nullptr;
    decltype(&mcjOpenPictureStack) openStack = nullptr;
};

Codecs openCodecs() {
    constexpr const char* kHint = "Run ./start build, which builds it.";
    const OpenedLibrary library =
        openOwnLibrary("libmcj_pictures.so", "MCJ_PICTURES_LIBRARY", RTLD_NOW | RTLD_LOCAL, kHint);
    const Codecs codecs{
        reinterpret_cast<decltype(&mcjDecodePicture)>(::dlsym(library.handle, "mcjDecodePicture")),
        reinterpret_cast<decltype(&mcjEncodeJpeg)>(::dlsym(library.handle, "mcjEncodeJpeg")),
        reinterpret_cast<decltype(&mcjOpenPictureStack)>(
            ::dlsym(library.handle, "mcjOpenPictureStack"))};
    if (codecs.decode == nullptr || codecs.encodeJpeg == nullptr || codecs.openStack == nullptr) {
        throw Error(ErrorCode::Device, library.path.string() + " does not belong to this program",
                    kHint);
    }
    return codecs;
}

const Codecs& codecs() {
    static const Codecs opened = openCodecs();
    return opened;
}

}  // namespace

cv::Mat decodePicture(const std::vector<std::uint8_t>& bytes) {
    cv::Mat picture;
    codecs().decode(bytes, picture);
    return picture;
}

std::vector<std::uint8_t> encodeJpeg(const cv::Mat& bgr, int quality) {
    std::vector<std::uint8_t> jpeg;
    codecs().encodeJpeg(bgr, quality, jpeg);
    return jpeg;
}

std::unique_ptr<PictureStack> openPictureStack(const std::filesystem::path& path) {
    std::unique_ptr<PictureStack> stack;
    codecs().openStack(path, stack);
    return stack;
}

}  // namespace mcj
