#include "media/io/picture_look.h"

#include <algorithm>
#include <array>

#include "media/io/atomic_file.h"
#include "media/io/file_bytes.h"
#include "media/io/picture_header.h"

namespace mcj {

PictureLook lookAtPictureFile(const std::filesystem::path& file) {
    PictureLook look;
    if (pictureKindOf(file) == PictureKind::Tiff) {
        const auto pages = openPictureStack(file);
        look.size = pages->size(0);
        look.damage = pages->damage(0);
        look.pictures = pages->count();
        return look;
    }
    const auto bytes = readFileBytes(file);
    if (bytes.empty()) {
        look.damage = "the file is empty";
        return look;
    }
    const PictureHeader header = lookAtPicture(bytes);
    look.size = header.size();
    look.damage = header.damage;
    if (header.kind == PictureKind::WebP && header.isAnimated && header.damage.empty()) {
        look.pictures = openPictureStack(file)->count();
    }
    return look;
}

bool hasTransparency(const std::filesystem::path& file) {
    if (pictureKindOf(file) == PictureKind::Tiff) return openPictureStack(file)->hasTransparency();
    return lookAtPicture(readFileBytes(file)).hasTransparency;
}

bool isAnimatedPng(const std::filesystem::path& file) {
    return pictureKindOf(file) == PictureKind::Png && lookAtPicture(readFileBytes(file)).isAnimated;
}

bool holdsSeveralJpegs(const std::filesystem::path& file) {
    constexpr std::size_t kMostOfOne = std::size_t{64} << 20;
    const auto bytes = FileBytes(file).read(0, kMostOfOne);
    constexpr std::array<std::uint8_t, 5> kEndAndStart = {0xFF, 0xD9, 0xFF, 0xD8, 0xFF};
    return std::search(bytes.begin(), bytes.end(), kEndAndStart.begin(), kEndAndStart.end()) !=
           bytes.end();
}

std::unique_ptr<PictureStack> severalPicturesOf(const std::filesystem::path& file) {
    const PictureKind kind = pictureKindOf(file);
    const bool animated =
        kind == PictureKind::WebP && lookAtPicture(readFileBytes(file)).isAnimated;
    if (kind != PictureKind::Tiff && !animated) return nullptr;
    auto stack = openPictureStack(file);
    return animated || stack->count() > 1 ? std::move(stack) : nullptr;
}

}  // namespace mcj
