#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "media/base/raster.h"
#include "media/io/picture_stack.h"

namespace mcj {

/// The facts about a picture file that are known without decoding it.
struct PictureLook {
    std::optional<SizePx> size;  ///< upright; none where only decoding tells
    std::string damage;          ///< why it cannot be read; empty where nothing was found
    int pictures = 1;            ///< in the file
};

/// Reads the file. Throws `Error{Input}` where that fails.
[[nodiscard]] PictureLook lookAtPictureFile(const std::filesystem::path& file);

/// Whether the picture has an alpha channel or a transparent colour.
[[nodiscard]] bool hasTransparency(const std::filesystem::path& file);

/// Whether the file is a PNG whose pictures are an animation.
[[nodiscard]] bool isAnimatedPng(const std::filesystem::path& file);

/// Whether a JPEG is followed by another one: motion JPEG without a container.
[[nodiscard]] bool holdsSeveralJpegs(const std::filesystem::path& file);

/// The stack of a TIFF with several pages or an animated WebP; null for every other file.
[[nodiscard]] std::unique_ptr<PictureStack> severalPicturesOf(const std::filesystem::path& file);

}  // namespace mcj
