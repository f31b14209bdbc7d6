#include "segmentation/mask_patch.h"

#include <algorithm>

#include "media/base/error.h"
#include "segmentation/byte_codec.h"
#include "segmentation/rle.h"

namespace mcj {
namespace {

constexpr std::uint64_t kMaxSidePx = 1 << 20;

BoxPx clipTo(BoxPx box, SizePx size) {
    return {std::clamp(box.x0, 0, size.width), std::clamp(box.y0, 0, size.height),
            std::clamp(box.x1, 0, size.width), std::clamp(box.y1, 0, size.height)};
}

Mask putBox(Mask mask, const MaskPatch& patch, const std::vector<std::uint8_t>& labels) {
    if (mask.size() != patch.maskSize) {
        throw Error(ErrorCode::Input, "a stored change belongs to masks of a different size");
    }
    if (patch.empty()) return mask;
    const Raster<std::uint8_t> part = decodeRle(labels, patch.box.size().area());
    if (part.size() != patch.box.size() || clipTo(patch.box, patch.maskSize) != patch.box) {
        throw Error(ErrorCode::Input, "a stored change is damaged: its box does not match");
    }
    for (int y = 0; y < part.height(); ++y) {
        std::copy_n(part.row(y), part.width(), mask.labels.row(patch.box.y0 + y) + patch.box.x0);
    }
    return mask;
}

}  // namespace

Mask applyPatch(Mask mask, const MaskPatch& patch) {
    return putBox(std::move(mask), patch, patch.after);
}

Mask revertPatch(Mask mask, const MaskPatch& patch) {
    return putBox(std::move(mask), patch, patch.before);
}

MaskPatch decodePatch(std::span<const std::uint8_t> bytes) {
    ByteReader reader(bytes, "a stored change");
    const auto side = [&reader](int limit) {
        return static_cast<int>(reader.number(static_cast<std::uint64_t>(limit)));
    };
    MaskPatch patch;
    patch.maskSize.width = side(kMaxSidePx);
    patch.maskSize.height = side(kMaxSidePx);
    if (patch.maskSize.area() > kRleMaxPixels) reader.fail("describes a mask that is too large");
    patch.box.x0 = side(patch.maskSize.width);
    patch.box.y0 = side(patch.maskSize.height);
    patch.box.x1 = patch.box.x0 + side(patch.maskSize.width - patch.box.x0);
    patch.box.y1 = patch.box.y0 + side(patch.maskSize.height - patch.box.y0);
    if (patch.empty()) {
        if (patch.box != BoxPx{}) reader.fail("has an empty box with coordinates");
    } else {
        for (auto* labels : {&patch.before, &patch.after}) {
            const auto block = reader.block();
            labels->assign(block.begin(), block.end());
            if (decodeRle(*labels, patch.box.size().area()).size() != patch.box.size()) {
                reader.fail("has labels that do not match its box");
            }
        }
    }
    if (!reader.atEnd()) reader.fail("has extra bytes at its end");
    return patch;
}

}  // namespace mcj
