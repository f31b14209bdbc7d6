#include "inference/analysis/scalar_export.h"

#include <array>
#include <cstdio>

#include "media/io/array_file.h"
#include "media/io/image_file.h"

namespace mcj {

bool holdsScalars(MapFormat format) noexcept {
    return format != MapFormat::Flo && format != MapFormat::Kitti;
}

std::set<MapFormat> scalarFormats(const std::set<MapFormat>& wanted) {
    std::set<MapFormat> formats;
    for (const MapFormat format : wanted) {
        if (holdsScalars(format)) formats.insert(format);
    }
    if (formats.empty()) formats.insert(MapFormat::Png);
    return formats;
}

void writeScalarMap(const std::filesystem::path& path, const ScalarMap& map, MapFormat format,
                    Colormap colors) {
    switch (format) {
    case MapFormat::Npy: writeScalarNpy(path, map); return;
    case MapFormat::Exr: writeScalarExr(path, map); return;
    case MapFormat::Pfm: writeScalarPfm(path, map); return;
    default: break;
    }
    writeRgbPng(path, colorizeScalar(map, colors));
}

std::string similarityFile(FrameIndex frame, MapFormat format) {
    std::array<char, 32> number{};
    std::snprintf(number.data(), number.size(), "/%06lld.", static_cast<long long>(frame));
    return std::string(kSimilarityFolder) + number.data() + mapFormatName(format);
}

}  // namespace mcj
