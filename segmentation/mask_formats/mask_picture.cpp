#include "segmentation/mask_formats/mask_picture.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "media/base/error.h"
#include "media/io/atomic_file.h"

namespace mcj {
namespace {

constexpr int kShades = 256;
constexpr int kFewestSoftShades = 3;
constexpr int kFewestShadesOfPhoto = 16;
/// A tenth; see the header.
constexpr std::int64_t kGradualOneIn = 10;

/// Statistics of how the shades of a picture are arranged.
struct ShadeStudy {
    int shades = 0;   ///< how many occur
    int between = 0;  ///< of these, neither the darkest nor the lightest
    int soft = 0;     ///< of those, only on edges between others
    std::int64_t triples = 0;
    std::int64_t gradual = 0;  ///< triples that rise or fall strictly

    [[nodiscard]] bool hasSoftEdges() const noexcept {
        return soft >= kFewestSoftShades && 2 * soft >= between;
    }
    [[nodiscard]] bool isGradual() const noexcept {
        return shades >= kFewestShadesOfPhoto && gradual * kGradualOneIn >= triples;
    }
};

class ShadeStudent {
public:
    explicit ShadeStudent(const Raster<std::uint8_t>& shades) : shades_(shades) {}

    ShadeStudy study() {
        for (int y = 0; y < shades_.height(); ++y) {
            for (int x = 0; x < shades_.width(); ++x) look(y, x);
        }
        int darkest = 0;
        while (darkest < kShades - 1 && pixels_[index(darkest)] == 0) ++darkest;
        int lightest = kShades - 1;
        while (lightest > 0 && pixels_[index(lightest)] == 0) --lightest;
        for (int shade = 0; shade < kShades; ++shade) {
            if (pixels_[index(shade)] == 0) continue;
            ++study_.shades;
            if (shade == darkest || shade == lightest) continue;
            ++study_.between;
            const bool onEdges = 2 * edgePixels_[index(shade)] > pixels_[index(shade)];
            if (onEdges && !hasBody_[index(shade)]) ++study_.soft;
        }
        return study_;
    }

private:
    static std::size_t index(int shade) { return static_cast<std::size_t>(shade); }

    void look(int y, int x) {
        const std::uint8_t shade = shades_.at(y, x);
        ++pixels_[shade];
        const bool right = x + 1 < shades_.width();
        const bool down = y + 1 < shades_.height();
        if (right && down && shades_.at(y, x + 1) == shade && shades_.at(y + 1, x) == shade &&
            shades_.at(y + 1, x + 1) == shade) {
            hasBody_[shade] = true;
        }
        const bool across = right && x > 0;
        const bool along = down && y > 0;
        bool between = across && liesBetween(shade, shades_.at(y, x - 1), shades_.at(y, x + 1));
        if (between) ++study_.gradual;
        if (along && liesBetween(shade, shades_.at(y - 1, x), shades_.at(y + 1, x))) {
            ++study_.gradual;
            between = true;
        }
        if (across && along) {
            between = between ||
                      isBetween(shade, shades_.at(y - 1, x - 1), shades_.at(y + 1, x + 1)) ||
                      isBetween(shade, shades_.at(y - 1, x + 1), shades_.at(y + 1, x - 1));
        }
        if (between) ++edgePixels_[shade];
    }

    static bool isBetween(std::uint8_t shade, std::uint8_t a, std::uint8_t b) {
        return (a < shade && shade < b) || (b < shade && shade < a);
    }

    /// Counts the triple as well.
    bool liesBetween(std::uint8_t shade, std::uint8_t a, std::uint8_t b) {
        if (a != shade || b != shade) ++study_.triples;
        return isBetween(shade, a, b);
    }

    const Raster<std::uint8_t>& shades_;
    ShadeStudy study_;
    std::array<std::int64_t, kShades> pixels_{};
    std::array<std::int64_t, kShades> edgePixels_{};
    std::array<bool, kShades> hasBody_{};
};

/// ITU-R BT.601, rounded.
std::uint8_t lumaOf(int red, int green, int blue) {
    return static_cast<std::uint8_t>((299 * red + 587 * green + 114 * blue + 500) / 1000);
}

/// A stored value of `bits` bits as one of 8.
std::uint8_t toEightBits(int value, int bits) {
    const int most = (1 << bits) - 1;
    return static_cast<std::uint8_t>((value * 255 + most / 2) / most);
}

bool hasAlpha(PngKind kind) { return kind == PngKind::GreyAlpha || kind == PngKind::RgbAlpha; }

/// The value of a channel as 8 bits; palette indices stay as they are.
int channelAt(const PngImage& png, int y, int x, int channel) {
    if (png.bitDepth == 16) return toEightBits(png.values16.at(y, x, channel), 16);
    const int value = png.values8.at(y, x, channel);
    return png.kind == PngKind::Palette ? value : toEightBits(value, png.bitDepth);
}

/// Whether a channel has more than one value.
bool varies(const PngImage& png, int channel) {
    const int first = channelAt(png, 0, 0, channel);
    for (int y = 0; y < png.size().height; ++y) {
        for (int x = 0; x < png.size().width; ++x) {
            if (channelAt(png, y, x, channel) != first) return true;
        }
    }
    return false;
}

bool shapeLiesInAlpha(const PngImage& png) {
    if (!hasAlpha(png.kind)) return false;
    const int alpha = pngChannels(png.kind) - 1;
    for (int channel = 0; channel < alpha; ++channel) {
        if (varies(png, channel)) return false;
    }
    return varies(png, alpha);
}

bool isRgb(PngKind kind) { return kind == PngKind::Rgb || kind == PngKind::RgbAlpha; }

ObjectSet labelsIn(const Raster<std::uint8_t>& indices) {
    ObjectSet labels;
    for (const std::uint8_t label : indices.values()) labels.set(label);
    return labels;
}

bool isGrey(const Rgb8& color) { return color[0] == color[1] && color[1] == color[2]; }

/// True where every label has its colour of DAVIS's palette.
bool hasDavisPalette(const PngImage& png, const ObjectSet& labels) {
    if (png.kind != PngKind::Palette) return false;
    for (std::size_t label = 0; label < labels.size(); ++label) {
        if (!labels.test(label)) continue;
        if (label >= png.palette.size() || png.palette[label] != davisPalette()[label]) {
            return false;
        }
    }
    return true;
}

/// Sets both interpretations of the labels. Throws where the pixels cannot be labels.
void readLabels(const PngImage& png, const std::string& name, MaskPictureFacts& facts) {
    const IndexedImage image = indexedFrom(png, name, GreyAsRgb::PaletteWhereItFits);
    facts.labels = labelsIn(image.indices);
    facts.labelsByValue = facts.labels;
    if (!isRgb(png.kind) || image.palette.empty()) return;
    ObjectSet values;
    for (std::size_t label = 0; label < facts.labels.size(); ++label) {
        if (!facts.labels.test(label)) continue;
        const Rgb8& color = davisPalette()[label];
        facts.davisColors = facts.davisColors || !isGrey(color);
        values.set(color[0]);
    }
    if (!facts.davisColors) facts.labelsByValue = values;
}

}  // namespace

PngImage readMaskPng(const std::filesystem::path& path) {
    const auto bytes = readFileBytes(path);
    const std::string kind = otherPictureKind(bytes);
    if (!kind.empty()) {
        throw Error(ErrorCode::Input,
                    "'" + path.string() + "' is a " + kind + " image, but masks must be PNG",
                    "Save the mask as an indexed or grey PNG, one value per object.");
    }
    return decodePng(bytes, path.string());
}

MaskPictureFacts judgeMaskPicture(const PngImage& png, const std::string& name) {
    MaskPictureFacts facts;
    facts.alphaShape = shapeLiesInAlpha(png);
    if (facts.alphaShape) {
        facts.notLabels =
            "'" + name +
            "' is not a label map: it has a single colour and its shape is in the alpha channel";
        return facts;
    }
    try {
        readLabels(png, name, facts);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::Input) throw;
        facts.notLabels = error.what();
        facts.softEdges = true;
        return facts;
    }
    if (hasDavisPalette(png, facts.labels)) return facts;
    const ShadeStudy study = ShadeStudent(shadesOf(png, ShadeSource::Colors)).study();
    facts.softEdges = study.soft > 0;
    if (!study.hasSoftEdges() && !study.isGradual()) return facts;
    facts.softEdges = true;
    facts.notLabels = "'" + name +
                      "' is an image with soft edges or continuous shades, not a label map: its " +
                      std::to_string(study.shades) + " shades blend into each other";
    return facts;
}

Raster<std::uint8_t> shadesOf(const PngImage& png, ShadeSource source) {
    Raster<std::uint8_t> shades(png.size(), 1, 255);
    const int last = pngChannels(png.kind) - 1;
    if (source == ShadeSource::Alpha && !hasAlpha(png.kind)) return shades;
    for (int y = 0; y < shades.height(); ++y) {
        for (int x = 0; x < shades.width(); ++x) {
            std::uint8_t& shade = shades.at(y, x);
            if (source == ShadeSource::Alpha) {
                shade = static_cast<std::uint8_t>(channelAt(png, y, x, last));
            } else if (isRgb(png.kind)) {
                shade = lumaOf(channelAt(png, y, x, 0), channelAt(png, y, x, 1),
                               channelAt(png, y, x, 2));
            } else if (png.kind == PngKind::Palette) {
                const auto label = static_cast<std::size_t>(png.values8.at(y, x));
                const Rgb8 color = label < png.palette.size() ? png.palette[label] : Rgb8{};
                shade = lumaOf(color[0], color[1], color[2]);
            } else {
                shade = static_cast<std::uint8_t>(channelAt(png, y, x, 0));
            }
        }
    }
    return shades;
}

Mask thresholded(const Raster<std::uint8_t>& shades, int threshold) {
    Mask mask(shades.size());
    const auto from = shades.values();
    const auto to = mask.labels.values();
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = from[i] >= threshold ? 1 : kBackground;
    return mask;
}

std::optional<std::string> reasonAgainstLabels(const std::filesystem::path& path) {
    const MaskPictureFacts facts = judgeMaskPicture(readMaskPng(path), path.string());
    if (facts.notLabels.empty()) return std::nullopt;
    return facts.notLabels;
}

}  // namespace mcj
