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

/// One label per pixel on the grid of its frame. Immutable once shared.
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

/// If 255 is the only non-zero value of a mask, it means one object and becomes 1. Otherwise 255
/// stays void.
[[nodiscard]] Mask normalizeImportedMask(Mask mask);

/// The objects that occur; background and void left out.
[[nodiscard]] ObjectSet objectsIn(const Mask& mask);

/// The number of pixels with the label `object`.
[[nodiscard]] std::int64_t areaOf(const Mask& mask, ObjectId object);

/// The smallest box around the pixels of `object`; empty if it has none.
[[nodiscard]] BoxPx boundsOf(const Mask& mask, ObjectId object);

/// `given` laid over `carried`, both of the same size: an object that occurs in `given` has exactly
/// the pixels it has there (its carried pixels are removed); the other objects stay as carried
/// where `given` is background. This adds a new object to a running propagation.
[[nodiscard]] Mask mergeObjects(const Mask& carried, const Mask& given);

}  // namespace mcj
