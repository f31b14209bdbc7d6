#include "segmentation/packed_mask.h"

#include "segmentation/rle.h"

namespace mcj {

PackedMask::PackedMask(SizePx size, std::vector<std::uint8_t> bytes)
    : size_(size), bytes_(std::move(bytes)), objects_(rleLabels(bytes_)) {
    objects_.reset(kBackground);
    objects_.reset(kVoid);
}

PackedMaskPtr PackedMask::pack(const Mask& mask) {
    return PackedMaskPtr(new PackedMask(mask.size(), encodeRle(mask.labels)));
}

PackedMaskPtr PackedMask::fromBytes(std::vector<std::uint8_t> bytes) {
    // Decoding is the check: what is in a track always unpacks.
    const SizePx size = decodeRle(bytes).size();
    return PackedMaskPtr(new PackedMask(size, std::move(bytes)));
}

MaskPtr PackedMask::unpack() const { return std::make_shared<const Mask>(decodeRle(bytes_)); }

}  // namespace mcj
