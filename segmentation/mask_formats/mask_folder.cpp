#include "segmentation/mask_formats/mask_folder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "media/base/error.h"

namespace mcj {

MaskFolder::MaskFolder(std::vector<std::filesystem::path> files, MaskReading reading)
    : files_(std::move(files)), reading_(reading) {
    std::vector<MaskPictureFacts> facts;
    facts.reserve(files_.size());
    for (const std::filesystem::path& file : files_) {
        facts.push_back(judgeMaskPicture(readMaskPng(file), file.string()));
        if (facts.back().notLabels.empty() || reading_.threshold) continue;
        throw Error(
            ErrorCode::Input, facts.back().notLabels,
            "Pass --mask-threshold T (1 to 255) to read all pixels of at least this brightness as "
            "one object, or save the labels as an indexed PNG, one value per object.");
    }
    const bool anyShades = std::ranges::any_of(
        facts, [](const MaskPictureFacts& one) { return !one.notLabels.empty(); });
    for (const MaskPictureFacts& one : facts) {
        const bool shades = anyShades && (!one.notLabels.empty() || one.softEdges);
        meanings_.push_back(shades ? Meaning::Shades : Meaning::Labels);
        if (one.davisColors) greyAsRgb_ = GreyAsRgb::PaletteWhereItFits;
        if (one.alphaShape) shadeSource_ = ShadeSource::Alpha;
    }
    for (std::size_t i = 0; i < facts.size(); ++i) {
        if (meanings_[i] == Meaning::Shades) continue;
        ObjectSet labels =
            greyAsRgb_ == GreyAsRgb::Value ? facts[i].labelsByValue : facts[i].labels;
        const bool hasVoid = labels.test(kVoid);
        labels.reset(kVoid);
        labels.reset(kBackground);
        voidBesideObjects_ = voidBesideObjects_ || (hasVoid && labels.any());
    }
}

Mask MaskFolder::read(std::size_t index) const {
    const std::filesystem::path& file = files_.at(index);
    PngImage png = readMaskPng(file);
    const bool hasAlpha = png.kind == PngKind::GreyAlpha || png.kind == PngKind::RgbAlpha;
    const bool byAlpha = shadeSource_ == ShadeSource::Alpha && hasAlpha;
    if (meanings_[index] == Meaning::Shades || byAlpha) {
        return thresholded(shadesOf(png, byAlpha ? ShadeSource::Alpha : ShadeSource::Colors),
                           *reading_.threshold);
    }
    Mask mask(indexedFrom(std::move(png), file.string(), greyAsRgb_).indices);
    return voidBesideObjects_ ? mask : normalizeImportedMask(std::move(mask));
}

}  // namespace mcj
