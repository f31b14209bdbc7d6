#include "segmentation/packed_mask.h"

#include "segmentation/rle.h"

namespace mcj {

PackedMask::PackedMask(SizePx size, std::vector<std::uint8_t> bytes, const ObjectSet& labels)
    : size_(size), bytes_(std::move(bytes)), labels_(labels), objects_(labels) {
    objects_.reset(kBackground);
    objects_.reset(kVoid);
}

PackedMaskPtr PackedMask::pack(const Mask& mask) { return fromBytes(encodeRle(mask.labels)); }

PackedMaskPtr PackedMask::fromBytes(std::vector<std::uint8_t> bytes) {
    const RleSummary summary = checkRle(bytes);
    return PackedMaskPtr(new PackedMask(summary.size, std::move(bytes), summary.labels));
}

PackedMaskPtr PackedMask::without(ObjectId object) const {
    return fromBytes(relabelRle(bytes_, object, kBackground));
}

MaskPtr PackedMask::unpack() const { return std::make_shared<const Mask>(decodeRle(bytes_)); }

}  // namespace mcj
