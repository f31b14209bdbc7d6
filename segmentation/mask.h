#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <utility>

#include "media/base/raster.h"

namespace mcj {

/// An object's id in a mask: 0 is background, 1..254 are objects, 255 is void (no opinion).
using ObjectId = std::uint8_t;
constexpr ObjectId kBackground = 0;
constexpr ObjectId kVoid = 255;

/// A set of labels; bit `id` is the object's.
using ObjectSet = std::bitset<256>;

/// One label a pixel on the grid of its frame. Immutable once shared.
struct Mask {
    Mask() = default;
    explicit Mask(SizePx size) : labels(size, 1) {}
    explicit Mask(Raster<std::uint8_t> values) : labels(std::move(values)) {}

    Raster<std::uint8_t> labels;  ///< H x W x 1

    [[nodiscard]] SizePx size() const noexcept { return labels.size(); }
    friend bool operator==(const Mask&, const Mask&) = default;
};
using MaskPtr = std::shared_ptr<const Mask>;

/// The highest object id that occurs (void left out); 0 for an empty mask.
[[nodiscard]] ObjectId highestObject(const Mask& mask);

/// A mask whose only non-zero value is 255 means one object: it becomes 1. Else 255 stays void.
[[nodiscard]] Mask normalizeImportedMask(Mask mask);

/// The objects that occur; background and void left out.
[[nodiscard]] ObjectSet objectsIn(const Mask& mask);

/// How many pixels carry `object`.
[[nodiscard]] std::int64_t areaOf(const Mask& mask, ObjectId object);

/// The smallest box around the pixels of `object`; empty where there are none.
[[nodiscard]] BoxPx boundsOf(const Mask& mask, ObjectId object);

/// `given` laid over `carried`, both of one size: an object that occurs in `given` lies exactly
/// where `given` says (its carried pixels go), the other objects stay as carried where `given` is
/// background. This is how an object joins a propagation that does not know it yet.
[[nodiscard]] Mask mergeObjects(const Mask& carried, const Mask& given);

}  // namespace mcj
