#include "segmentation/mask_formats/picture_labels.h"

#include <bitset>
#include <cstddef>

#include "media/base/error.h"

namespace mcj {
namespace {

constexpr std::uint8_t kWhite = 255;

bool isRgb(PngKind kind) { return kind == PngKind::Rgb || kind == PngKind::RgbAlpha; }

bool isGrey(const PictureLabels::Value& value) {
    return value[0] == value[1] && value[1] == value[2];
}

PictureLabels::Value valueAt(const PngImage& picture, int y, int x) {
    PictureLabels::Value value{};
    const auto channels = static_cast<std::size_t>(pngChannels(picture.kind));
    const std::uint8_t* const pixel = &picture.values8.at(y, x);
    for (std::size_t c = 0; c < channels; ++c) value[c] = pixel[c];
    return value;
}

void put(PngImage& picture, int y, int x, const PictureLabels::Value& value) {
    const auto channels = static_cast<std::size_t>(pngChannels(picture.kind));
    std::uint8_t* const pixel = &picture.values8.at(y, x);
    for (std::size_t c = 0; c < channels; ++c) pixel[c] = value[c];
}

/// Throws where the value of a label does not fit into the picture.
void requireRoom(const PngImage& picture, ObjectId label, const PictureLabels::Value& value,
                 const std::string& name) {
    const std::string what =
        label == kVoid ? std::string("void pixels") : "object " + std::to_string(label);
    const auto refuse = [&](const std::string& why) {
        throw Error(ErrorCode::Usage, name + " cannot hold " + what + ": " + why,
                    "Export the masks to another folder instead.");
    };
    if (picture.kind == PngKind::Palette && value[0] >= picture.palette.size()) {
        refuse("its palette has " + std::to_string(picture.palette.size()) + " colors");
    }
    if (picture.bitDepth < 8 && value[0] >= (1 << picture.bitDepth)) {
        refuse("it has " + std::to_string(picture.bitDepth) + " bits per pixel");
    }
}

/// Whether the pictures have the only object as white, which beside others would be void.
bool onlyObjectIsWhite(PngKind kind, const PictureLabels& values) {
    return values.knows(kind, 1) && values.valueOf(kind, 1)[0] == kWhite;
}

}  // namespace

void PictureLabels::learn(const PngImage& picture, const Mask& labels) {
    if (picture.bitDepth > 8 || picture.size() != labels.size()) return;
    std::bitset<256> seen;
    for (int y = 0; y < labels.size().height; ++y) {
        for (int x = 0; x < labels.size().width; ++x) {
            const ObjectId label = labels.labels.at(y, x);
            if (seen.test(label)) continue;
            seen.set(label);
            const Value value = valueAt(picture, y, x);
            values_.emplace(std::pair(picture.kind, label), value);
            if (label == kBackground || !isRgb(picture.kind)) continue;
            (isGrey(value) ? grey_ : colored_) = true;
        }
    }
}

bool PictureLabels::knows(PngKind kind, ObjectId label) const {
    return values_.contains(std::pair(kind, label));
}

PictureLabels::Value PictureLabels::valueOf(PngKind kind, ObjectId label) const {
    const auto found = values_.find(std::pair(kind, label));
    if (found != values_.end()) return found->second;
    switch (kind) {
    case PngKind::Grey:
    case PngKind::Palette: return {label, 0, 0, 0};
    case PngKind::GreyAlpha: return {label, kWhite, 0, 0};
    case PngKind::Rgb:
    case PngKind::RgbAlpha: break;
    }
    const std::uint8_t alpha = kind == PngKind::RgbAlpha ? kWhite : 0;
    if (grey_ && !colored_) return {label, label, label, alpha};
    const Rgb8& color = davisPalette()[label];
    return {color[0], color[1], color[2], alpha};
}

PngImage relabeled(PngImage picture, const Mask& from, const Mask& to, const PictureLabels& values,
                   const std::string& name) {
    if (picture.bitDepth > 8 || picture.size() != from.size() || from.size() != to.size()) {
        throw Error(ErrorCode::Usage, name + " is not a label picture of the size of the masks");
    }
    // A value that this picture uses comes before one of other pictures.
    PictureLabels own;
    own.learn(picture, from);
    const PngKind kind = picture.kind;
    std::array<std::optional<PictureLabels::Value>, 256> chosen{};
    for (int y = 0; y < to.size().height; ++y) {
        for (int x = 0; x < to.size().width; ++x) {
            const ObjectId label = to.labels.at(y, x);
            if (from.labels.at(y, x) == label) continue;
            auto& value = chosen.at(label);
            if (!value) {
                value =
                    own.knows(kind, label) ? own.valueOf(kind, label) : values.valueOf(kind, label);
                if (label > 1 &&
                    (onlyObjectIsWhite(kind, own) || onlyObjectIsWhite(kind, values))) {
                    throw Error(ErrorCode::Usage,
                                name + " stores one object as white and cannot hold another one",
                                "Export the masks to another folder instead.");
                }
                requireRoom(picture, label, *value, name);
            }
            put(picture, y, x, *value);
        }
    }
    return picture;
}

PngImage blankLike(const PngImage& like, const PictureLabels& values) {
    PngImage picture = like;
    const PictureLabels::Value background = values.valueOf(like.kind, kBackground);
    for (int y = 0; y < picture.size().height; ++y) {
        for (int x = 0; x < picture.size().width; ++x) put(picture, y, x, background);
    }
    return picture;
}

}  // namespace mcj
