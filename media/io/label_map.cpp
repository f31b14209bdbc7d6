#include "media/io/label_map.h"

#include <algorithm>
#include <string>
#include <utility>

#include "media/base/error.h"
#include "media/base/label_runs.h"
#include "media/io/atomic_file.h"
#include "media/io/png_file.h"

namespace mcj {

Raster<std::uint8_t> readLabelMap(const std::filesystem::path& path, std::span<const int> voids) {
    const auto bytes = readFileBytes(path);
    PngImage png = decodePng(bytes, path.string());
    if ((png.kind != PngKind::Palette && png.kind != PngKind::Grey) || png.bitDepth > 8) {
        throw Error(ErrorCode::Input,
                    "'" + path.string() + "' is not a label map: its pixels are colours",
                    "Store labels as indices in a palette or grey PNG with up to 8 bits.");
    }
    for (std::uint8_t& label : png.values8.values()) {
        if (std::find(voids.begin(), voids.end(), int{label}) != voids.end()) {
            label = kVoidLabel;
        } else if (label == kVoidLabel) {
            throw Error(ErrorCode::Input,
                        "'" + path.string() + "' has the label 255, but classes are 0 to 254",
                        "Add 255 to --void if it marks pixels without a class.");
        }
    }
    return std::move(png.values8);
}

Raster<std::uint8_t> resizeLabels(const Raster<std::uint8_t>& labels, SizePx size) {
    // The source pixel whose square holds the middle of pixel `i` of `count`.
    const auto under = [](int i, int count, int from) {
        return static_cast<int>((2LL * i + 1) * from / (2LL * count));
    };
    Raster<std::uint8_t> resized(size, 1);
    for (int y = 0; y < size.height; ++y) {
        const std::uint8_t* row = labels.row(under(y, size.height, labels.height()));
        for (int x = 0; x < size.width; ++x) {
            resized.at(y, x) = row[under(x, size.width, labels.width())];
        }
    }
    return resized;
}

}  // namespace mcj
