#include "segmentation/mask_formats/soft_pictures.h"

#include <algorithm>
#include <cmath>

#include "media/base/error.h"
#include "media/io/exr_file.h"
#include "media/io/png_file.h"
#include "segmentation/mask_formats/object_folders.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr float kWhole = 65535.0F;
constexpr float kHalf = 0.5F;

/// A comparison with NaN is false: it counts as 0.
float clamped(float probability) { return probability > 0.0F ? std::min(probability, 1.0F) : 0.0F; }

PngImage pngOf(const Raster<float>& probability) {
    PngImage png;
    png.bitDepth = 16;
    png.values16 = Raster<std::uint16_t>(probability.size(), 1);
    const auto to = png.values16.values();
    const auto from = probability.values();
    for (std::size_t i = 0; i < to.size(); ++i) {
        to[i] = static_cast<std::uint16_t>(std::lround(clamped(from[i]) * kWhole));
    }
    return png;
}

Raster<float> readPng(const fs::path& path) {
    const PngImage png = decodePng(readFileBytes(path), path.string());
    if (png.kind != PngKind::Grey || png.bitDepth != 16) {
        throw Error(ErrorCode::Input, path.string() + " is not a grey PNG of 16 bits",
                    "Soft masks have one; a mask of labels is read with another format.");
    }
    Raster<float> probability(png.size(), 1);
    const auto from = png.values16.values();
    for (std::size_t i = 0; i < from.size(); ++i) {
        probability.values()[i] = static_cast<float>(from[i]) / kWhole;
    }
    return probability;
}

Raster<float> readExr(const fs::path& path) {
    ExrPicture picture = decodeExr(readFileBytes(path), path.string(), {{"Y"}, {"A"}, {"R"}});
    for (float& value : picture.values.values()) value = clamped(value);
    return std::move(picture.values);
}

template <SoftFormat format>
void writeInside(const fs::path& path, const Raster<std::uint8_t>& inside) {
    Raster<float> probability(inside.size(), 1);
    const auto from = inside.values();
    for (std::size_t i = 0; i < from.size(); ++i) {
        probability.values()[i] = from[i] != 0 ? 1.0F : 0.0F;
    }
    writeSoftPicture(path, format, probability, Flush::WithFolder);
}

template <SoftFormat format>
Raster<std::uint8_t> readInside(const fs::path& path) {
    const Raster<float> probability = readSoftPicture(path, format);
    Raster<std::uint8_t> inside(probability.size(), 1);
    const auto from = probability.values();
    for (std::size_t i = 0; i < from.size(); ++i) {
        inside.values()[i] = from[i] >= kHalf ? 1 : 0;
    }
    return inside;
}

template <SoftFormat format>
ObjectPictures pictures() {
    return {softExtension(format), writeInside<format>, readInside<format>};
}

}  // namespace

const char* softFormatId(SoftFormat format) noexcept {
    return format == SoftFormat::Png16 ? "soft-png" : "soft-exr";
}

const char* softExtension(SoftFormat format) noexcept {
    return format == SoftFormat::Png16 ? ".png" : ".exr";
}

void writeSoftPicture(const fs::path& path, SoftFormat format, const Raster<float>& probability,
                      Flush flush) {
    if (format == SoftFormat::Png16) {
        writePng(path, pngOf(probability), flush);
        return;
    }
    ExrPicture picture{.values = probability, .channels = {"Y"}, .text = {}};
    for (float& value : picture.values.values()) value = clamped(value);
    writeExr(path, picture, flush);
}

Raster<float> readSoftPicture(const fs::path& path, SoftFormat format) {
    return format == SoftFormat::Png16 ? readPng(path) : readExr(path);
}

std::vector<std::string> writeSoftPngSet(const MaskSet& set, const fs::path& folder,
                                         const Progress& progress) {
    return writeObjectFolders(set, folder, pictures<SoftFormat::Png16>(), progress);
}

MaskSet readSoftPngSet(const MaskReadRequest& request) {
    return readObjectFolders(request, pictures<SoftFormat::Png16>());
}

bool looksLikeSoftPng(const fs::path& path) {
    const std::string_view extension = softExtension(SoftFormat::Png16);
    if (!looksLikeObjectFolders(path, extension)) return false;
    const fs::path first = picturesIn(foldersIn(path).front(), extension).front();
    const auto outcome = runGuarded([&first] {
        const PngImage png = decodePng(readFileBytes(first), first.string());
        return png.kind == PngKind::Grey && png.bitDepth == 16;
    });
    return outcome.ok() && outcome.value();
}

std::vector<std::string> writeSoftExrSet(const MaskSet& set, const fs::path& folder,
                                         const Progress& progress) {
    return writeObjectFolders(set, folder, pictures<SoftFormat::Exr>(), progress);
}

MaskSet readSoftExrSet(const MaskReadRequest& request) {
    return readObjectFolders(request, pictures<SoftFormat::Exr>());
}

bool looksLikeSoftExr(const fs::path& path) {
    return looksLikeObjectFolders(path, softExtension(SoftFormat::Exr));
}

}  // namespace mcj
