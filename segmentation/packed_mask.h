#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "segmentation/layered_mask.h"
#include "segmentation/mask.h"

namespace mcj {

class PackedMask;
using PackedMaskPtr = std::shared_ptr<const PackedMask>;

/// A mask as row-major run lengths (rle.h): some kilobytes instead of the raster's megabytes, so
/// that a track of thousands of frames and its undo steps fit in memory. Unpacking a 1080p mask
/// takes well under a millisecond. The label per pixel is what lies on top; where objects overlap,
/// the pixels of each that lie under others follow as run lengths of their own. Immutable; any
/// thread may read it.
class PackedMask {
public:
    [[nodiscard]] static PackedMaskPtr pack(const Mask& mask);
    [[nodiscard]] static PackedMaskPtr pack(const LayeredMask& mask);
    /// Takes bytes from a file and checks them without unpacking; throws `Error{Input}` where they
    /// are not a complete mask.
    [[nodiscard]] static PackedMaskPtr fromBytes(std::vector<std::uint8_t> bytes);

    /// What is on top.
    [[nodiscard]] MaskPtr unpack() const;
    [[nodiscard]] LayeredMask unpackLayers() const;
    [[nodiscard]] SizePx size() const noexcept { return size_; }
    /// The objects that are seen, as `objectsIn` of the unpacked mask.
    [[nodiscard]] const ObjectSet& objects() const noexcept { return objects_; }
    /// The objects with pixels that lie under others.
    [[nodiscard]] const ObjectSet& coveredObjects() const noexcept { return covered_; }
    /// Both: some objects may be covered as a whole.
    [[nodiscard]] ObjectSet allObjects() const noexcept { return objects_ | covered_; }
    [[nodiscard]] bool layered() const noexcept { return covered_.any(); }
    /// Every pixel is background: neither an object nor void.
    [[nodiscard]] bool blank() const noexcept { return objects_.none() && !labels_.test(kVoid); }
    [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return bytes_; }
    /// The same mask without `object`: what lies below appears, or background. Works on the runs
    /// without unpacking and takes some microseconds where nothing is covered.
    [[nodiscard]] PackedMaskPtr without(ObjectId object, const ObjectOrder& order = {}) const;

    friend bool operator==(const PackedMask&, const PackedMask&) = default;

private:
    PackedMask(SizePx size, std::vector<std::uint8_t> bytes, const ObjectSet& labels);
    /// The runs of what is on top.
    [[nodiscard]] std::span<const std::uint8_t> topBytes() const noexcept {
        return bytes().first(topBytes_);
    }

    SizePx size_;
    std::vector<std::uint8_t> bytes_;
    std::size_t topBytes_ = 0;  ///< the others are those of covered parts
    ObjectSet labels_;
    ObjectSet objects_;
    ObjectSet covered_;
};

/// The frame's mask after a tool has changed a copy of what is on top to `after`; `before` may be
/// null for a frame without a mask. See `LayeredMask::draw`.
[[nodiscard]] PackedMaskPtr packDrawn(const PackedMaskPtr& before, const Mask& after,
                                      const DrawingRules& rules);

/// The frame's mask after a region was given to an object or, to erase, taken from it
/// (`EraseObject`) or from whatever is on top (`EraseAll`). Null where nothing changes.
[[nodiscard]] PackedMaskPtr packRegion(const PackedMaskPtr& before, const Region& region,
                                       BrushAction action, ObjectId object,
                                       const DrawingRules& rules);

}  // namespace mcj
