#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "segmentation/mask.h"

namespace mcj {

class PackedMask;
using PackedMaskPtr = std::shared_ptr<const PackedMask>;

/// A mask as row-major run lengths (rle.h): some kilobytes instead of the raster's megabytes, so
/// that a track of thousands of frames and its undo steps fit in memory. Unpacking a 1080p mask
/// takes well under a millisecond. Immutable; any thread may read it.
class PackedMask {
public:
    [[nodiscard]] static PackedMaskPtr pack(const Mask& mask);
    /// Takes bytes from a file and checks them without unpacking; throws `Error{Input}` where they
    /// are not a complete mask.
    [[nodiscard]] static PackedMaskPtr fromBytes(std::vector<std::uint8_t> bytes);

    [[nodiscard]] MaskPtr unpack() const;
    [[nodiscard]] SizePx size() const noexcept { return size_; }
    /// The objects that occur, as `objectsIn` of the unpacked mask.
    [[nodiscard]] const ObjectSet& objects() const noexcept { return objects_; }
    /// Every pixel is background: neither an object nor void.
    [[nodiscard]] bool blank() const noexcept { return objects_.none() && !labels_.test(kVoid); }
    [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return bytes_; }
    /// The same mask with the pixels of `object` set to background. Works on the runs without
    /// unpacking and takes some microseconds.
    [[nodiscard]] PackedMaskPtr without(ObjectId object) const;

    friend bool operator==(const PackedMask&, const PackedMask&) = default;

private:
    PackedMask(SizePx size, std::vector<std::uint8_t> bytes, const ObjectSet& labels);

    SizePx size_;
    std::vector<std::uint8_t> bytes_;
    ObjectSet labels_;
    ObjectSet objects_;
};

}  // namespace mcj
