#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "media/base/error.h"
#include "segmentation/byte_codec.h"
#include "segmentation/frame_change.h"
#include "segmentation/rle.h"

namespace mcj {

// Writes what project files of format 1 had in their log: the program only reads them.

inline BoxPx clippedTo(BoxPx box, SizePx size) {
    return {std::clamp(box.x0, 0, size.width), std::clamp(box.y0, 0, size.height),
            std::clamp(box.x1, 0, size.width), std::clamp(box.y1, 0, size.height)};
}

inline BoxPx differingBox(const Mask& before, const Mask& after, BoxPx within) {
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

inline std::vector<std::uint8_t> packBox(const Mask& mask, BoxPx box) {
    Raster<std::uint8_t> part(box.size(), 1);
    for (int y = 0; y < part.height(); ++y) {
        std::copy_n(mask.labels.row(box.y0 + y) + box.x0, part.width(), part.row(y));
    }
    return encodeRle(part);
}

inline MaskPatch diffMasks(const Mask& before, const Mask& after, BoxPx within) {
    if (before.size() != after.size()) {
        throw Error(ErrorCode::Input, "masks of different sizes cannot be compared",
                    "Give masks of the size of the video's frames.");
    }
    MaskPatch patch;
    patch.maskSize = before.size();
    within = clippedTo(within, before.size());
    if (within.empty()) return patch;
    patch.box = differingBox(before, after, within);
    if (patch.empty()) return patch;
    patch.before = packBox(before, patch.box);
    patch.after = packBox(after, patch.box);
    return patch;
}

inline MaskPatch diffMasks(const Mask& before, const Mask& after) {
    return diffMasks(before, after, {0, 0, before.size().width, before.size().height});
}

inline std::vector<std::uint8_t> encodePatch(const MaskPatch& patch) {
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

inline void encodeFacts(ByteWriter& writer, const std::optional<MaskFacts>& facts) {
    writer.byte(facts ? 1 : 0);
    if (!facts) return;
    writer.byte(static_cast<std::uint8_t>(facts->origin));
    writer.byte(static_cast<std::uint8_t>((facts->locked ? 1 : 0) | (facts->partial ? 2 : 0)));
    writer.real(facts->confidence);
}

inline std::vector<std::uint8_t> encodeChange(const FrameChange& change) {
    ByteWriter writer;
    writer.number(static_cast<std::uint64_t>(change.frame));
    encodeFacts(writer, change.before);
    encodeFacts(writer, change.after);
    writer.block(encodePatch(change.patch));
    return writer.take();
}

}  // namespace mcj
