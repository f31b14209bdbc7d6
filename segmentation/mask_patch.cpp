#include "segmentation/mask_patch.h"

#include <algorithm>
#include <cstring>

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

BoxPx differingBox(const Mask& before, const Mask& after, BoxPx within) {
    BoxPx box{within.x1, within.y1, within.x0, within.y0};
    const int width = within.x1 - within.x0;
    for (int y = within.y0; y < within.y1; ++y) {
        const ObjectId* a = before.labels.row(y) + within.x0;
        const ObjectId* b = after.labels.row(y) + within.x0;
        if (std::memcmp(a, b, static_cast<std::size_t>(width)) == 0) continue;
        int left = 0;
        while (a[left] == b[left]) ++left;
        int right = width;
        while (a[right - 1] == b[right - 1]) --right;
        box.x0 = std::min(box.x0, within.x0 + left);
        box.x1 = std::max(box.x1, within.x0 + right);
        box.y0 = std::min(box.y0, y);
        box.y1 = y + 1;
    }
    return box.empty() ? BoxPx{} : box;
}

std::vector<std::uint8_t> packBox(const Mask& mask, BoxPx box) {
    Raster<std::uint8_t> part(box.size(), 1);
    for (int y = 0; y < part.height(); ++y) {
        std::copy_n(mask.labels.row(box.y0 + y) + box.x0, part.width(), part.row(y));
    }
    return encodeRle(part);
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

MaskPatch diffMasks(const Mask& before, const Mask& after) {
    return diffMasks(before, after, {0, 0, before.size().width, before.size().height});
}

MaskPatch diffMasks(const Mask& before, const Mask& after, BoxPx within) {
    if (before.size() != after.size()) {
        throw Error(ErrorCode::Input, "masks of different sizes cannot be compared",
                    "Give masks of the size of the video's frames.");
    }
    MaskPatch patch;
    patch.maskSize = before.size();
    within = clipTo(within, before.size());
    if (within.empty()) return patch;
    patch.box = differingBox(before, after, within);
    if (patch.empty()) return patch;
    patch.before = packBox(before, patch.box);
    patch.after = packBox(after, patch.box);
    return patch;
}

Mask applyPatch(Mask mask, const MaskPatch& patch) {
    return putBox(std::move(mask), patch, patch.after);
}

Mask revertPatch(Mask mask, const MaskPatch& patch) {
    return putBox(std::move(mask), patch, patch.before);
}

std::vector<std::uint8_t> encodePatch(const MaskPatch& patch) {
    ByteWriter writer;
    for (const int value : {patch.maskSize.width, patch.maskSize.height, patch.box.x0, patch.box.y0,
                            patch.box.size().width, patch.box.size().height}) {
        writer.number(static_cast<std::uint64_t>(value));
    }
    if (!patch.empty()) {
        writer.block(patch.before);
        writer.block(patch.after);
    }
    return writer.take();
}

MaskPatch decodePatch(std::span<const std::uint8_t> bytes) {
    ByteReader reader(bytes, "a stored change");
    const auto side = [&reader](int limit) {
        return static_cast<int>(reader.number(static_cast<std::uint64_t>(limit)));
    };
    MaskPatch patch;
    patch.maskSize.width = side(kMaxSidePx);
    patch.maskSize.height = side(kMaxSidePx);
    if (patch.maskSize.area() > kRleMaxPixels) reader.fail("asks for a mask that is too large");
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
