#include "segmentation/mask_export.h"

#include <algorithm>

#include "media/base/error.h"
#include "media/io/image_file.h"
#include "segmentation/mask_manifest.h"

namespace mcj {
namespace {

constexpr Rgb8 kVoidGrey{128, 128, 128};

/// Pixels of `mask` within `width` of a pixel with a different label, along rows and columns.
bool onContour(const Mask& mask, int y, int x, int width) {
    const SizePx size = mask.size();
    const ObjectId label = mask.labels.at(y, x);
    for (int step = 1; step <= width; ++step) {
        if (x >= step && mask.labels.at(y, x - step) != label) return true;
        if (x + step < size.width && mask.labels.at(y, x + step) != label) return true;
        if (y >= step && mask.labels.at(y - step, x) != label) return true;
        if (y + step < size.height && mask.labels.at(y + step, x) != label) return true;
    }
    return false;
}

}  // namespace

MaskExportReport exportMasks(const MaskTrack& track, const MaskExportRequest& request,
                             const Progress& progress) {
    MaskSet set = maskSetOf(track, request.objects, request.size, request.begin, request.end);
    set.source = request.manifest.source;
    MaskSetExport wanted{request.folder, &maskFormat(request.format), request.existing,
                         request.loss, request.manifest};
    describeMasks(track, request.begin, request.end, wanted.manifest);
    return exportMaskSet(set, wanted, progress);
}

Raster<std::uint8_t> blendMask(const Raster<std::uint8_t>& rgb, const Mask& mask,
                               const BlendOptions& options) {
    if (rgb.size() != mask.size() || rgb.channels() != 3) {
        throw Error(ErrorCode::Input, "a mask can only be drawn over a picture of its size");
    }
    const std::vector<Rgb8>& palette = davisPalette();
    const int weight = static_cast<int>(std::clamp(options.opacity, 0.0F, 1.0F) * 256.0F + 0.5F);
    Raster<std::uint8_t> blended = rgb;
    for (int y = 0; y < rgb.height(); ++y) {
        for (int x = 0; x < rgb.width(); ++x) {
            const ObjectId label = mask.labels.at(y, x);
            if (label == kBackground) continue;
            const Rgb8 color = label == kVoid ? kVoidGrey : palette[label];
            const bool outline = label != kVoid && onContour(mask, y, x, options.contourPx);
            const int share = outline ? 256 : weight;
            for (int c = 0; c < 3; ++c) {
                std::uint8_t& value = blended.at(y, x, c);
                value = static_cast<std::uint8_t>(
                    (value * (256 - share) + color[static_cast<std::size_t>(c)] * share + 128) >>
                    8);
            }
        }
    }
    return blended;
}

Raster<std::uint8_t> withAlpha(const Raster<std::uint8_t>& rgb, const Mask& mask,
                               std::optional<ObjectId> object) {
    if (rgb.size() != mask.size() || rgb.channels() != 3) {
        throw Error(ErrorCode::Input, "a mask can only be the alpha of a picture of its size");
    }
    Raster<std::uint8_t> picture(rgb.size(), 4);
    const auto from = rgb.values();
    const auto to = picture.values();
    const auto labels = mask.labels.values();
    for (std::size_t i = 0; i < labels.size(); ++i) {
        for (std::size_t c = 0; c < 3; ++c) to[4 * i + c] = from[3 * i + c];
        const bool any = labels[i] != kBackground && labels[i] != kVoid;
        to[4 * i + 3] = (object ? labels[i] == *object : any) ? 255 : 0;
    }
    return picture;
}

}  // namespace mcj
